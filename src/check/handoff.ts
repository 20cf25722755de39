/**
 * The handoff protocol as a transition system: the arbiter, the NIC and the guests, each a statechart with an abstract
 * body, and a FIFO channel for each pair that talks. A global state is a tuple of small integers:
 *
 *   arbiter, nic, arbiter->nic, nic->arbiter, and for each guest: guest, ->nic, nic->, ->arbiter, arbiter->
 */
import { arbiterAutomaton } from "../../actors/arbiter.ts";
import { guestAutomaton } from "../../actors/guest.ts";
import { nicAutomaton } from "../../actors/nic.ts";
import { ArbiterBody, type ArbiterMove } from "./bodies/arbiter.ts";
import { type ArbiterData, newArbiter, renameArbiter } from "./bodies/arbiter-data.ts";
import type { Bounds, Charts } from "./bodies/contract.ts";
import { GuestBody, type GuestData, type GuestMove, newGuest, renameGuest } from "./bodies/guest.ts";
import { NicBody, type NicData, type NicMove, newNic, renameNic } from "./bodies/nic.ts";
import { everyWay } from "./choices.ts";
import type { Msg } from "./messages.ts";
import { Channels, type Outcome, StepTable } from "./tables.ts";
import { Broken, type Coverage, type Peer, type Sent, Turn } from "./turn.ts";

/** The machines and bodies under check; tests put defects in. */
export interface Parts {
  readonly charts: Charts;
  readonly Guest: typeof GuestBody;
  readonly Nic: typeof NicBody;
  readonly Arbiter: typeof ArbiterBody;
}

export const REAL_PARTS: Parts = {
  charts: { guest: guestAutomaton, nic: nicAutomaton, arbiter: arbiterAutomaton },
  Guest: GuestBody,
  Nic: NicBody,
  Arbiter: ArbiterBody,
};

export const ARBITER = 0;
export const NIC = 1;
export const TO_NIC = 2;
export const TO_ARBITER = 3;
/** Words of a guest's block, and where in it what stands. */
export const BLOCK = 5;
export const blockOf = (guest: number): number => 4 + BLOCK * guest;
export const GUEST_TO_NIC = 1;
export const NIC_TO_GUEST = 2;
export const GUEST_TO_ARBITER = 3;
export const ARBITER_TO_GUEST = 4;

/** A step of the system: who did it, with what; for a delivery, from whom. */
export interface Step {
  readonly actor: Peer;
  readonly from: Peer | undefined;
  readonly message: Msg | undefined;
  /** What the actor does when it is no delivery. */
  readonly move: string;
  readonly outcome: Outcome;
}

/** What an actor does of its own accord. */
export interface OwnStep {
  readonly move: string;
  readonly outcome: Outcome;
}

/** Deliveries are numbered by sender and message. */
const MESSAGES_MAX = 1 << 12;

interface Body {
  result(): unknown;
}

export class Handoff {
  readonly bounds: Bounds;
  readonly parts: Parts;
  readonly width: number;
  readonly channels = new Channels();
  readonly guests: StepTable<GuestData>;
  readonly nics: StepTable<NicData>;
  readonly arbiters: StepTable<ArbiterData>;
  /** (role, state, event) that some step has met. */
  readonly coverage: Coverage = new Set();
  readonly #next: Int32Array;
  /** By kind of actor and actor. */
  readonly #own: readonly (readonly OwnStep[])[][] = [[], [], []];

  constructor(bounds: Bounds, parts: Parts = REAL_PARTS) {
    this.bounds = bounds;
    this.parts = parts;
    const { guest, nic, arbiter } = parts.charts;
    this.guests = new StepTable<GuestData>(renameGuest, ({ state }) => guest.name(state));
    this.nics = new StepTable<NicData>(renameNic, ({ state }) => nic.name(state));
    this.arbiters = new StepTable<ArbiterData>(renameArbiter, ({ state }) => arbiter.name(state));
    this.width = blockOf(bounds.guests);
    this.#next = new Int32Array(this.width);
  }

  arbiter(state: Int32Array): ArbiterData {
    return this.arbiters.named.item(state[ARBITER] ?? 0);
  }

  nic(state: Int32Array): NicData {
    return this.nics.named.item(state[NIC] ?? 0);
  }

  guest(state: Int32Array, guest: number): GuestData {
    return this.guests.named.item(state[blockOf(guest)] ?? 0);
  }

  /** The messages in the channel at word `at`. */
  channel(state: Int32Array, at: number): readonly Msg[] {
    return this.channels.list(state[at] ?? 0);
  }

  /** True when the guest needs nothing any more. */
  isOver(guest: GuestData): boolean {
    return guest.dead || this.parts.charts.guest.hasTag(guest.state, "over");
  }

  /** Where a run begins; of guests that take turns the first one comes first. */
  initial(): Int32Array {
    const { bounds, parts } = this;
    const state = new Int32Array(this.width);
    state[NIC] = this.nics.named.id(newNic(parts.charts));
    for (let guest = 0; guest < bounds.guests; guest++)
      state[blockOf(guest)] = this.guests.named.id(newGuest(parts.charts, guest < bounds.frail));
    const fresh = newArbiter(parts.charts, bounds);
    const [first] = this.#outcomes("arbiter", (turn) => {
      const body = new parts.Arbiter(parts.charts, bounds, fresh, turn);
      body.start();
      return body;
    });
    if (first !== undefined) this.#apply(state, ARBITER, first, "arbiter");
    return state;
  }

  /** Calls `visit` for every step that `state` allows. The state handed over is only valid during the call. */
  successors(state: Int32Array, visit: (next: Int32Array, step: Step) => void): void {
    this.#deliver(state, TO_ARBITER, "nic", "arbiter", visit);
    this.#deliver(state, TO_NIC, "arbiter", "nic", visit);
    for (let guest = 0; guest < this.bounds.guests; guest++) {
      const block = blockOf(guest);
      this.#deliver(state, block + GUEST_TO_ARBITER, guest, "arbiter", visit);
      this.#deliver(state, block + GUEST_TO_NIC, guest, "nic", visit);
      this.#deliver(state, block + ARBITER_TO_GUEST, "arbiter", guest, visit);
      this.#deliver(state, block + NIC_TO_GUEST, "nic", guest, visit);
    }
    this.moves(state, "arbiter", visit);
    this.moves(state, "nic", visit);
    for (let guest = 0; guest < this.bounds.guests; guest++) this.moves(state, guest, visit);
  }

  /** As `successors`, but only the delivery from the channel at word `at`. */
  delivery(state: Int32Array, at: number, visit: (next: Int32Array, step: Step) => void): void {
    if (at === TO_ARBITER) return this.#deliver(state, at, "nic", "arbiter", visit);
    if (at === TO_NIC) return this.#deliver(state, at, "arbiter", "nic", visit);
    const guest = Math.floor((at - blockOf(0)) / BLOCK);
    switch (at - blockOf(guest)) {
      case GUEST_TO_NIC:
        return this.#deliver(state, at, guest, "nic", visit);
      case NIC_TO_GUEST:
        return this.#deliver(state, at, "nic", guest, visit);
      case GUEST_TO_ARBITER:
        return this.#deliver(state, at, guest, "arbiter", visit);
      default:
        return this.#deliver(state, at, "arbiter", guest, visit);
    }
  }

  #deliver(
    state: Int32Array,
    at: number,
    from: Peer,
    to: Peer,
    visit: (next: Int32Array, step: Step) => void,
  ): void {
    const channel = state[at] ?? 0;
    if (channel === 0) return;
    const head = this.channels.head(channel);
    const message = this.channels.messages.item(head);
    for (const outcome of this.received(to, state[slotOf(to)] ?? 0, from, head)) {
      const next = this.#next;
      next.set(state);
      next[at] = this.channels.pop(channel);
      this.#apply(next, slotOf(to), outcome, to);
      visit(next, { actor: to, from, message, move: "", outcome });
    }
  }

  /** What message number `head` makes of an actor whose data is number `actor`. */
  received(to: Peer, actor: number, from: Peer, head: number): readonly Outcome[] {
    const input = (from === "arbiter" ? 0 : from === "nic" ? 1 : 2 + from) * MESSAGES_MAX + head;
    const message = this.channels.messages.item(head);
    const { bounds, parts } = this;
    if (to === "arbiter") {
      return this.arbiters.outcomes(actor, input, (data) =>
        this.#outcomes(to, (turn) => {
          const body = new parts.Arbiter(parts.charts, bounds, data, turn);
          body.deliver(from, message);
          return body;
        }),
      );
    }
    if (to === "nic") {
      return this.nics.outcomes(actor, input, (data) =>
        this.#outcomes(to, (turn) => {
          const body = new parts.Nic(parts.charts, bounds, data, turn);
          body.deliver(from, message);
          return body;
        }),
      );
    }
    return this.guests.outcomes(actor, input, (data) =>
      this.#outcomes(to, (turn) => {
        const body = new parts.Guest(parts.charts, bounds, data, turn);
        body.deliver(message);
        return body;
      }),
    );
  }

  /** As `successors`, but only what the actor does of its own accord. */
  moves(state: Int32Array, actor: Peer, visit: (next: Int32Array, step: Step) => void): void {
    const slot = slotOf(actor);
    const id = state[slot] ?? 0;
    for (const { move, outcome } of this.ownSteps(actor, id)) {
      const next = this.#next;
      next.set(state);
      this.#apply(next, slot, outcome, actor);
      visit(next, { actor, from: undefined, message: undefined, move, outcome });
    }
  }

  /** What an actor with data number `id` can do of its own accord, without what changes nothing. */
  ownSteps(actor: Peer, id: number): readonly OwnStep[] {
    const known = this.#own[actor === "arbiter" ? 0 : actor === "nic" ? 1 : 2] as (readonly OwnStep[])[];
    known[id] ??= this.#movesOf(actor, id).flatMap((move) =>
      this.#moved(actor, id, move)
        .filter(({ next, sent, broken }) => next !== id || sent.length > 0 || broken !== undefined)
        .map((outcome) => ({ move, outcome })),
    );
    return known[id];
  }

  #movesOf(actor: Peer, id: number): readonly string[] {
    const { bounds, parts } = this;
    if (actor === "arbiter") return parts.Arbiter.moves(parts.charts, bounds, this.arbiters.named.item(id));
    if (actor === "nic") return parts.Nic.moves(parts.charts, bounds, this.nics.named.item(id));
    return parts.Guest.moves(parts.charts, bounds, this.guests.named.item(id));
  }

  #moved(actor: Peer, id: number, move: string): readonly Outcome[] {
    const { bounds, parts } = this;
    return this.#outcomes(actor, (turn) => {
      if (actor === "arbiter") {
        const body = new parts.Arbiter(parts.charts, bounds, this.arbiters.named.item(id), turn);
        body.move(move as ArbiterMove);
        return body;
      }
      if (actor === "nic") {
        const body = new parts.Nic(parts.charts, bounds, this.nics.named.item(id), turn);
        body.move(move as NicMove);
        return body;
      }
      const body = new parts.Guest(parts.charts, bounds, this.guests.named.item(id), turn);
      body.move(move as GuestMove);
      return body;
    });
  }

  /** Every way in which the body's turn can go. */
  #outcomes(actor: Peer, act: (turn: Turn) => Body): readonly Outcome[] {
    return everyWay((choose) => {
      const turn = new Turn(choose, this.coverage);
      const { sent, marks, notes } = turn;
      try {
        const next = this.#idOf(actor, act(turn).result());
        return { next, sent, sentIds: this.#idsOf(sent), marks, notes, broken: undefined };
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        return { next: 0, sent, sentIds: [], marks, notes, broken: error };
      }
    });
  }

  #idsOf(sent: readonly Sent[]): readonly number[] {
    return sent.map(({ message }) => this.channels.messages.id(message));
  }

  #idOf(actor: Peer, data: unknown): number {
    if (actor === "arbiter") return this.arbiters.named.id(data as ArbiterData);
    if (actor === "nic") return this.nics.named.id(data as NicData);
    return this.guests.named.id(data as GuestData);
  }

  #apply(next: Int32Array, slot: number, { next: data, sent, sentIds }: Outcome, actor: Peer): void {
    next[slot] = data;
    for (let i = 0; i < sent.length; i++) {
      const at = channelAt(actor, sent[i]?.to ?? "nic");
      next[at] = this.channels.push(next[at] ?? 0, sentIds[i] ?? 0);
    }
  }
}

export const slotOf = (actor: Peer): number =>
  actor === "arbiter" ? ARBITER : actor === "nic" ? NIC : blockOf(actor);

/** The word of the channel between two actors. */
export function channelAt(from: Peer, to: Peer): number {
  if (from === "arbiter") return to === "nic" ? TO_NIC : blockOf(Number(to)) + ARBITER_TO_GUEST;
  if (from === "nic") return to === "arbiter" ? TO_ARBITER : blockOf(Number(to)) + NIC_TO_GUEST;
  return blockOf(from) + (to === "nic" ? GUEST_TO_NIC : GUEST_TO_ARBITER);
}
