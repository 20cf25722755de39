/**
 * Does to a run what a fault plan says: workers that die, stalls, and messages that are lost, doubled, late or made up.
 * Nobody but the engine is touched, so what the actors make of it is what they would make of it on real hardware.
 */
import { type Move, moverOf } from "../engine/scheduler.ts";
import type { Middleware } from "../engine/seeded.ts";
import type { SeededRun } from "../engine/seeded-run.ts";
import { type Address, cardOf, guestOf, roleOf } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import { answerToLost, MessageFaults } from "../transport/message-faults.ts";
import type { FaultKind, FaultPlan, Strike } from "./fault-plan.ts";

/** Cells of a ring that a doubled frame must leave free. */
const ROOM_KEPT = 4;

export interface FaultsOptions {
  readonly run: SeededRun;
  readonly plan: FaultPlan;
  /** `victim`: who is struck. */
  readonly onStrike: (strike: Strike, victim: Address) => void;
}

export class Faults implements Middleware {
  readonly #options: FaultsOptions;
  readonly #messages: MessageFaults;
  /** Interrupts under way that are late, by their NIC, with those behind them. */
  readonly #late = new Map<Address, Message[]>();

  constructor(options: FaultsOptions) {
    this.#options = options;
    const { engine } = options.run;
    this.#messages = new MessageFaults({
      strike: (kind, victim) => this.#strike(kind, victim),
      hasRoom: (from, to) => engine.portsFor(from).room(to) > ROOM_KEPT,
    });
  }

  readonly pass = (from: Address, to: Address, message: Message): readonly Message[] => {
    const fate = this.#messages.fate(from, to, message);
    switch (fate.kind) {
      case "arrives":
        return [message];
      case "disturbed":
        return [message, ...fate.levels.map((level): Message => ({ type: "irq", level }))];
      case "twice":
        return [message, message];
      case "lost":
        this.#answerLost(from, to);
        return [];
      case "late":
        this.#delay(from, to, message, fate.forNs);
        return [];
      case "behind":
        this.#late.get(from)?.push(message);
        return [];
    }
  };

  readonly strikes = (move: Move): boolean => {
    const mover = moverOf(move);
    const { run } = this.#options;
    switch (roleOf(mover)) {
      case "guest":
        if (this.#strike("guest-crash", mover)) {
          run.crashGuest(guestOf(mover), "a fault has killed it");
          return true;
        }
        return this.#stalls("slow-guest", mover);
      case "nic":
        if (!this.#strike("card-lost", mover)) return false;
        run.loseCard(cardOf(mover), "a fault has killed it");
        return true;
      case "arbiter":
        return this.#stalls("slow-arbiter", mover);
      case "wire":
      case "uplink":
        return false;
    }
  };

  #stalls(kind: FaultKind, mover: Address): boolean {
    const strike = this.#strike(kind, mover);
    if (strike === undefined) return false;
    const { engine } = this.#options.run;
    engine.stall(mover, engine.nowNs + strike.forNs);
    return true;
  }

  #answerLost(from: Address, to: Address): void {
    const answer = answerToLost(to);
    if (answer !== undefined) this.#options.run.engine.inject(to, from, answer);
  }

  #delay(from: Address, to: Address, message: Message, forNs: number): void {
    const { engine } = this.#options.run;
    this.#late.set(from, [message]);
    engine.at(engine.nowNs + forNs, () => {
      for (const one of this.#late.get(from) ?? []) engine.inject(from, to, one);
      this.#late.delete(from);
      this.#messages.caughtUp(from);
    });
  }

  #strike(kind: FaultKind, victim: Address): Strike | undefined {
    const strike = this.#options.plan(kind);
    if (strike !== undefined) this.#options.onStrike(strike, victim);
    return strike;
  }
}
