/**
 * Does to a run what a fault plan says: workers that die, stalls, and messages that are lost, doubled, late or made up.
 * Nobody but the engine is touched, so what the actors make of it is what they would make of it on real hardware.
 */
import { type Move, moverOf } from "../engine/scheduler.ts";
import type { Middleware } from "../engine/seeded.ts";
import type { SeededRun } from "../engine/seeded-run.ts";
import { type Address, cardOf, guestOf, roleOf, WIRE } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
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
  /** Interrupts under way that are late, by their NIC; what its line does meanwhile queues behind them. */
  readonly #late = new Map<Address, Message[]>();
  /** The line of each NIC, as it last said. */
  readonly #levels = new Map<Address, number>();

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  readonly pass = (from: Address, to: Address, message: Message): readonly Message[] => {
    if (message.type === "frame") return this.#passFrame(from, to, message);
    if (roleOf(from) !== "nic" || roleOf(to) !== "arbiter") return [message];
    return message.type === "irq" ? this.#passInterrupt(from, to, message) : this.#disturb(from, to, message);
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

  #passInterrupt(
    from: Address,
    to: Address,
    message: Message & { readonly type: "irq" },
  ): readonly Message[] {
    this.#levels.set(from, message.level);
    const late = this.#late.get(from);
    if (late !== undefined) {
      late.push(message);
      return [];
    }
    if (message.level !== 0 && this.#strike("irq-lost", from)) return [];
    const strike = this.#strike("irq-late", from);
    if (strike === undefined) return [message];
    this.#late.set(from, [message]);
    const { engine } = this.#options.run;
    engine.at(engine.nowNs + strike.forNs, () => {
      for (const one of this.#late.get(from) ?? []) engine.inject(from, to, one);
      this.#late.delete(from);
    });
    return [];
  }

  /** Puts an interrupt behind another message of the card; if its line is low, that shows at once. */
  #disturb(from: Address, to: Address, message: Message): readonly Message[] {
    if (this.#late.has(from) || !this.#hasRoom(from, to) || !this.#strike("irq-spurious", from))
      return [message];
    const raised: Message = { type: "irq", level: 1 };
    return this.#levels.get(from) ? [message, raised] : [message, raised, { type: "irq", level: 0 }];
  }

  #passFrame(from: Address, to: Address, message: Message): readonly Message[] {
    if (this.#strike("frame-lost", to)) {
      // The card has sent it all the same: it is the medium that has lost it.
      if (to === WIRE) this.#options.run.engine.inject(WIRE, from, { type: "frameSent" });
      return [];
    }
    const doubles = from === WIRE && this.#hasRoom(from, to) && this.#strike("frame-doubled", to);
    return doubles ? [message, message] : [message];
  }

  #hasRoom(from: Address, to: Address): boolean {
    return this.#options.run.engine.portsFor(from).room(to) > ROOM_KEPT;
  }

  #strike(kind: FaultKind, victim: Address): Strike | undefined {
    const strike = this.#options.plan(kind);
    if (strike !== undefined) this.#options.onStrike(strike, victim);
    return strike;
  }
}
