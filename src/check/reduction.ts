/**
 * Partial-order reduction: in many states one delivery may be taken alone, as every order of it with the rest leads to the
 * same (an ample set). It must
 * - commute with all that can happen before it: nobody else touches what it reads and writes, and nothing that does can
 *   become possible before it is taken;
 * - not be seen by a property;
 * - not be put first for ever, which would leave the rest out. Each such delivery takes a message out of a channel, and what it
 *   may put into one (a refusal, an answer to the arbiter) only such a delivery, or none, takes out in turn. So no cycle is made
 *   of them alone, and on every cycle there is a state with all of its steps.
 *
 * For liveness it must not be put off for ever either: that channels are read is what a fair run is. What guests do of their
 * own accord they may put off for ever, so that is never taken alone.
 *
 * Messages that arrive at once never pile up: how much a channel holds is not seen in a reduced search.
 */
import {
  ARBITER_TO_GUEST,
  blockOf,
  GUEST_TO_NIC,
  type Handoff,
  NIC,
  NIC_TO_GUEST,
  TO_NIC,
} from "./handoff.ts";
import type { Outcome } from "./tables.ts";

/** What a search is for: safety speaks of the card, liveness only of guests that wait. */
export type Purpose = "safety" | "liveness";

export class Reduction {
  readonly #system: Handoff;
  readonly #purpose: Purpose;
  /** By the number of a guest's data, and of a message from the arbiter. */
  readonly #settled: (boolean | undefined)[][] = [];

  constructor(system: Handoff, purpose: Purpose) {
    this.#system = system;
    this.#purpose = purpose;
  }

  /** The word of a channel whose delivery may be taken alone; -1: there is none. */
  loneDelivery(state: Int32Array): number {
    for (let guest = 0; guest < this.#system.bounds.guests; guest++) {
      const block = blockOf(guest);
      const toNic = state[block + GUEST_TO_NIC] ?? 0;
      const fromNic = state[block + NIC_TO_GUEST] ?? 0;
      const fromArbiter = state[block + ARBITER_TO_GUEST] ?? 0;
      if (toNic + fromNic + fromArbiter === 0) continue;
      if (toNic !== 0 && this.#isRefusedForGood(state, toNic)) return block + GUEST_TO_NIC;
      if (toNic !== 0) continue;
      if (fromNic !== 0 && this.#isOver(state[block] ?? 0)) return block + NIC_TO_GUEST;
      if (fromNic === 0 && fromArbiter !== 0 && this.#isSettled(state[block] ?? 0, fromArbiter))
        return block + ARBITER_TO_GUEST;
    }
    return this.#purpose === "liveness" && this.#hearsOnlyTheArbiter(state) ? TO_NIC : -1;
  }

  #isOver(id: number): boolean {
    return this.#system.isOver(this.#system.guests.named.item(id));
  }

  /** With nothing between a guest and the card only the arbiter can reach it: is what it says first settled? */
  #isSettled(id: number, channel: number): boolean {
    const head = this.#system.channels.head(channel);
    this.#settled[id] ??= [];
    const row = this.#settled[id];
    row[head] ??= this.#commutes(id, head);
    return row[head];
  }

  /**
   * True when the guest, whatever it does of its own accord, once or again and again, comes to the same before the message as
   * after it, and sends the same, and nothing to the card, which would answer.
   */
  #commutes(first: number, head: number): boolean {
    const system = this.#system;
    const met = new Set([first]);
    for (const id of met) {
      const steps = system.ownSteps(0, id).map(({ outcome }) => outcome);
      if (steps.length === 0) continue;
      const after = this.#silentlyTo(id, head);
      if (after < 0 || steps.some(({ sent }) => sent.some(({ to }) => to !== "arbiter"))) return false;
      const orders = steps.map((step) => spelled(step, this.#silentlyTo(step.next, head)));
      const others = system.ownSteps(0, after).map(({ outcome }) => spelled(outcome, outcome.next));
      if (orders.toSorted().join() !== others.toSorted().join()) return false;
      for (const { next } of steps) met.add(next);
    }
    return true;
  }

  /** What the message makes of the guest; -1: it may make this or that of it, or break something, or the guest says something. */
  #silentlyTo(id: number, head: number): number {
    const [outcome, ...others] = this.#system.received(0, id, "arbiter", head);
    if (outcome === undefined || others.length > 0) return -1;
    return outcome.sent.length > 0 || outcome.broken !== undefined ? -1 : outcome.next;
  }

  /** The oldest message to the NIC is refused, and no fence that is under way would let it through. */
  #isRefusedForGood(state: Int32Array, channel: number): boolean {
    const system = this.#system;
    const { epoch, fence, dead } = system.nic(state);
    if (dead || system.bounds.cardLoss) return false;
    const io = system.channels.messages.item(system.channels.head(channel));
    if (io.type !== "io" || io.epoch === epoch || io.epoch === system.arbiter(state).epoch) return false;
    if (fence !== null && fence.epoch === io.epoch) return false;
    return !system
      .channel(state, TO_NIC)
      .some((message) => message.type === "fence" && message.epoch === io.epoch);
  }

  /** Guests pass nothing through, and nothing happens at the card by itself. */
  #hearsOnlyTheArbiter(state: Int32Array): boolean {
    const { bounds } = this.#system;
    if (bounds.passed > 0 || (state[TO_NIC] ?? 0) === 0) return false;
    return this.#system.ownSteps("nic", state[NIC] ?? 0).length === 0;
  }
}

/** What a step sends, and what is left of the guest after it. */
const spelled = ({ sentIds }: Outcome, next: number): string => `${sentIds.join("+")}>${next}`;
