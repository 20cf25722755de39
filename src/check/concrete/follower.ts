/**
 * A scheduler that makes a run of the seeded engine follow an abstract trace: deliveries and moves of the same actors, in the
 * same order. What the trace has no steps for happens in between: the wire, hooked lists, and the operations that one of
 * the VMM's sequences is made of. Where the run cannot follow, the follower says at which step, and why.
 */
import { VpioError } from "../../base/errors.ts";
import { cardId, guestId } from "../../base/ids.ts";
import { describeMove, type Move, moverOf, type Scheduler } from "../../engine/scheduler.ts";
import type { SeededRun } from "../../engine/seeded-run.ts";
import {
  type Address,
  arbiterAddress,
  guestAddress,
  nicAddress,
  roleOf,
  WIRE,
} from "../../protocol/address.ts";
import type { MessageType } from "../../protocol/messages.ts";
import type { FaultKind, FaultPlan, Strike } from "../../stress/fault-plan.ts";
import type { Msg } from "../messages.ts";
import type { TraceStep } from "../trace.ts";
import type { Peer } from "../turn.ts";

/** Moves that let time pass, or the wire work, before a step counts as one that does not come. */
const PATIENCE_MOVES = 100_000;
/** Moves behind the trace in which what it has done may show. */
const AFTERMATH_MOVES = 20_000;

/** A posted write and its publication are two steps of a guest's (src/check/concrete/stage.ts). */
const POSTING_STEPS = 2;

const CARD = cardId(0);
const NIC = nicAddress(CARD);
const ARBITER = arbiterAddress(CARD);

/** Where the run departs from the trace. */
export interface Departure {
  /** From 1. */
  readonly step: number;
  readonly why: string;
}

/** What is to be done about a step: a move; nothing, it is over; or nothing can be done, and why. */
type Choice = number | "over" | { readonly why: string };

const isMove = (choice: Choice): choice is number => typeof choice === "number";

export class Follower implements Scheduler {
  readonly name = "follower";
  readonly #trace: readonly TraceStep[];
  readonly #guests: number;
  #run: SeededRun | undefined;
  /** The step that is followed now; a part of it is done. */
  #at = 0;
  #begun = false;
  #spent = 0;
  #aftermath = 0;
  /** Guests whose programs have begun. */
  readonly #ready = new Set<number>();
  #last: Move | undefined;
  /** The arbiter's state when the step began. */
  #arbiterState = "";
  readonly #opportunities = new Map<FaultKind, number>();
  readonly #strikes: Strike[] = [];
  /** What strikes at the next move. */
  #strike: FaultKind | undefined;
  #doomed: { readonly kind: FaultKind; readonly victim: Address } | undefined;
  /** Whose death the arbiter should have heard of. */
  #awaited: Address | undefined;
  departure: Departure | undefined;

  /** `guests`: those of the trace; the one behind them lets time pass. */
  constructor(trace: readonly TraceStep[], guests: number) {
    this.#trace = trace;
    this.#guests = guests;
  }

  attend(run: SeededRun): void {
    this.#run = run;
  }

  /** The faults that have struck. */
  get strikes(): readonly Strike[] {
    return this.#strikes;
  }

  /** Workers die when the trace says so. */
  readonly faults: FaultPlan = (kind): Strike | undefined => {
    const at = (this.#opportunities.get(kind) ?? 0) + 1;
    this.#opportunities.set(kind, at);
    if (kind !== this.#strike) return undefined;
    this.#strike = undefined;
    const strike = { kind, at, forNs: 0 };
    this.#strikes.push(strike);
    return strike;
  };

  /** Throws DIVERGED when the run cannot follow, or when it has followed to the end and nothing more has come of it. */
  choose(moves: readonly Move[]): number {
    const aside = this.#death(moves) ?? this.#news(moves);
    if (aside !== undefined) return aside;
    const index = this.#prelude(moves) ?? this.#follow(moves);
    this.#last = moves[index];
    return index;
  }

  /** Each guest finds its card on the bus, up to its program's first step. */
  #prelude(moves: readonly Move[]): number | undefined {
    for (let guest = 0; guest < this.#guests; guest++) {
      if (this.#ready.has(guest)) continue;
      const address = guestAddress(guestId(guest));
      const stepped = this.#last?.kind === "step" && moverOf(this.#last) === address;
      if (stepped && this.#guestState(guest).startsWith("cpu.running")) {
        this.#ready.add(guest);
        continue;
      }
      const own = this.#first(moves, [
        (move) => move.kind === "step" && move.actor === address,
        (move) => move.kind === "deliver" && move.to === address,
        (move) => move.kind === "deliver" && move.from === address,
      ]);
      return own >= 0 ? own : this.#letTimePass(moves);
    }
    return undefined;
  }

  /** Word of a death that came later than in the trace. */
  #news(moves: readonly Move[]): number | undefined {
    if (this.#awaited === undefined) return undefined;
    const victim = this.#awaited;
    const found = moves.findIndex((move) => move.kind === "deliver" && move.from === victim && isNews(move));
    if (found < 0) return undefined;
    this.#awaited = undefined;
    return found;
  }

  #follow(moves: readonly Move[]): number {
    for (let taken = this.#trace[this.#at]; taken !== undefined; taken = this.#trace[this.#at]) {
      if (!this.#begun) this.#arbiterState = this.#run?.arbiters.actors[0]?.stateName ?? "";
      const choice = this.#forStep(taken, moves);
      if (isMove(choice)) {
        this.#begun = true;
        if (++this.#spent < PATIENCE_MOVES) return choice;
        return this.#depart("what should happen does not come", moves);
      }
      if (choice !== "over") return this.#depart(choice.why, moves);
      this.#at++;
      this.#begun = false;
      this.#spent = 0;
    }
    if (++this.#aftermath > AFTERMATH_MOVES) throw new VpioError("DIVERGED", "the trace is over");
    return this.#aftermath % moves.length;
  }

  #depart(why: string, moves: readonly Move[]): never {
    const possible = moves.map(describeMove).join(", ");
    this.departure = { step: this.#at + 1, why: `${why}; possible is: ${possible}` };
    throw new VpioError("DIVERGED", this.departure.why);
  }

  #forStep({ step }: TraceStep, moves: readonly Move[]): Choice {
    if (step.message !== undefined && step.from !== undefined)
      return this.#forDelivery(step.from, step.actor, step.message, moves);
    if (step.actor === "arbiter") return this.#forTime(moves);
    if (step.actor === "nic") return this.#forNic(step.move, moves);
    const posts = step.outcome.sent.some(({ message }) => message.type === "io" && message.posted);
    return this.#forGuest(step.actor, step.move, posts ? POSTING_STEPS : 1, moves);
  }

  #forDelivery(from: Peer, to: Peer, message: Msg, moves: readonly Move[]): Choice {
    const [source, target] = [addressOf(from), addressOf(to)];
    const isHead = (move: Move, types: readonly MessageType[]): boolean =>
      move.kind === "deliver" && move.from === source && move.to === target && types.includes(move.type);
    if (message.type === "ioDone" && to === "arbiter") return this.#forSequence(moves);
    const wanted: MessageType = message.type === "vmm" ? "io" : message.type;
    if (this.#begun && this.#last !== undefined && isHead(this.#last, [wanted])) return "over";
    const found = moves.findIndex((move) => isHead(move, [wanted]));
    if (found >= 0) return found;
    // When the line moves, and whether one of the VMM's sequences is one or two, is another matter for real.
    if (message.type === "irq" || message.type === "injectIrq" || message.type === "vmm") return "over";
    if (this.#doomed?.victim === source) {
      this.#awaited = source;
      return "over";
    }
    const other = moves.findIndex((move) => isHead(move, ["hooks", "irq", "injectIrq"]));
    return other >= 0 ? other : { why: `${wanted} is not under way from ${nameOf(from)} to ${nameOf(to)}` };
  }

  /** The rest of the operations with which the VMM works at the card. */
  #forSequence(moves: readonly Move[]): Choice {
    const next = this.#first(moves, [
      (move) => move.kind === "deliver" && move.from === NIC && move.to === ARBITER,
      (move) => move.kind === "deliver" && move.from === ARBITER && move.to === NIC && move.type === "io",
    ]);
    return next >= 0 ? next : "over";
  }

  /** A deadline of the arbiter's: until it has done something. */
  #forTime(moves: readonly Move[]): Choice {
    if (this.#begun && this.#run?.arbiters.actors[0]?.stateName !== this.#arbiterState) return "over";
    const timer = moves.findIndex((move) => move.kind === "timer" && move.actor === ARBITER);
    return timer >= 0 ? timer : this.#letTimePass(moves);
  }

  #forNic(move: string, moves: readonly Move[]): Choice {
    if (move === "die") return this.#forDeath("card-lost", NIC, moves);
    const type: MessageType = move === "sent" ? "frameSent" : "frame";
    const arrives = (one: Move): boolean =>
      one.kind === "deliver" && one.from === WIRE && one.to === NIC && one.type === type;
    if (this.#begun && this.#last !== undefined && arrives(this.#last)) return "over";
    const found = this.#first(moves, [arrives, (one) => isWireWork(one)]);
    return found >= 0 ? found : this.#letTimePass(moves);
  }

  #forGuest(guest: number, move: string, steps: number, moves: readonly Move[]): Choice {
    const address = guestAddress(guestId(guest));
    if (move === "crash") return this.#forDeath("guest-crash", address, moves);
    const isOwn = (one: Move): boolean =>
      moverOf(one) === address && (move === "step" ? one.kind === "step" : one.kind === "timer");
    if (this.#spent >= steps) return "over";
    const found = moves.findIndex(isOwn);
    return found >= 0 ? found : { why: `guest ${guest} cannot ${move}` };
  }

  /** A fault strikes in place of a move. Who has none to make dies as soon as there is one: nobody sees a difference. */
  #forDeath(kind: FaultKind, victim: Address, moves: readonly Move[]): Choice {
    if (this.#run?.deathOf(victim) !== undefined) return "over";
    this.#doomed = { kind, victim };
    return this.#death(moves) ?? "over";
  }

  #death(moves: readonly Move[]): number | undefined {
    if (this.#doomed === undefined) return undefined;
    const { kind, victim } = this.#doomed;
    const found = moves.findIndex((move) => moverOf(move) === victim);
    if (found < 0) return undefined;
    this.#doomed = undefined;
    this.#strike = kind;
    return found;
  }

  #letTimePass(moves: readonly Move[]): number {
    const clock = guestAddress(guestId(this.#guests));
    const found = this.#first(moves, [
      (move) => move.kind === "step" && move.actor === clock,
      (move) => moverOf(move) === clock || isWireWork(move),
      (move) => move.kind === "deliver" && move.from === clock,
      () => true,
    ]);
    return Math.max(0, found);
  }

  #first(moves: readonly Move[], kinds: readonly ((move: Move) => boolean)[]): number {
    for (const isKind of kinds) {
      const found = moves.findIndex(isKind);
      if (found >= 0) return found;
    }
    return -1;
  }

  #guestState(guest: number): string {
    return this.#run?.guests[guest]?.actor.stateName ?? "";
  }
}

const isNews = (move: Move): boolean =>
  move.kind === "deliver" && (move.type === "ended" || move.type === "cardLost");

const isWireWork = (move: Move): boolean =>
  roleOf(moverOf(move)) === "wire" || (move.kind === "timer" && roleOf(move.actor) === "nic");

const addressOf = (peer: Peer): Address =>
  peer === "arbiter" ? ARBITER : peer === "nic" ? NIC : guestAddress(guestId(peer));

const nameOf = (peer: Peer): string => (typeof peer === "number" ? `guest ${peer}` : `the ${peer}`);
