/**
 * One state for all that differ only in names. Guests are interchangeable, and so are the names of epochs: actors only
 * compare them for equality. Any member of such a class may stand for it, as its futures are those of the others with
 * other names; so it does no harm that now and then two are kept of one class.
 */
import type { ArbiterData } from "./bodies/arbiter.ts";
import { ARBITER, BLOCK, blockOf, type Handoff, NIC, TO_ARBITER, TO_NIC } from "./handoff.ts";
import { FRESH_EPOCH } from "./messages.ts";

/** Epochs that a state can name, and the fresh one. */
const EPOCHS_MAX = FRESH_EPOCH + 1;

export class Canonical {
  readonly #system: Handoff;
  readonly #symmetry: boolean;
  /** By epoch: the name it gets; and how many have one, and whether any has changed. */
  readonly #names: number[] = new Array<number>(EPOCHS_MAX).fill(0);
  #count = 0;
  #changed = false;
  readonly #order: number[];
  readonly #places: number[];
  readonly #copy: Int32Array;
  readonly #views: (readonly number[])[] = [];

  /** Without `symmetry` guests keep their places. */
  constructor(system: Handoff, symmetry: boolean) {
    this.#system = system;
    this.#symmetry = symmetry && system.bounds.guests > 1;
    this.#order = Array.from({ length: system.bounds.guests }, (_, guest) => guest);
    this.#places = [...this.#order];
    this.#copy = new Int32Array(system.width);
  }

  /** Puts the state's representative in its place. */
  apply(state: Int32Array): void {
    if (this.#symmetry) this.#sortGuests(state);
    this.#nameEpochs(state);
  }

  /** Gives fresh epochs the name `name` and leaves all others: for traces, where epochs count up. */
  nameFresh(state: Int32Array, name: number): void {
    for (let epoch = 0; epoch < FRESH_EPOCH; epoch++) this.#names[epoch] = epoch;
    this.#names[FRESH_EPOCH] = name;
    this.#rename(state);
  }

  #sortGuests(state: Int32Array): void {
    const { guests } = this.#system.bounds;
    const order = this.#order;
    for (let guest = 0; guest < guests; guest++) order[guest] = guest;
    const views = this.#viewsOf(state[ARBITER] ?? 0);
    if (this.#inOrder(state, views)) return;
    order.sort((a, b) => (views[b] ?? 0) - (views[a] ?? 0) || this.#compareBlocks(state, a, b));
    const copy = this.#copy;
    copy.set(state);
    for (let place = 0; place < guests; place++) {
      const guest = order[place] ?? 0;
      this.#places[guest] = place;
      const from = blockOf(guest);
      state.set(copy.subarray(from, from + BLOCK), blockOf(place));
    }
    const { arbiters, nics, channels } = this.#system;
    state[ARBITER] = arbiters.named.withGuests(state[ARBITER] ?? 0, this.#places);
    state[NIC] = nics.named.withGuests(state[NIC] ?? 0, this.#places);
    if (state[TO_NIC] !== 0) state[TO_NIC] = channels.named.withGuests(state[TO_NIC] ?? 0, this.#places);
  }

  #inOrder(state: Int32Array, views: readonly number[]): boolean {
    for (let b = 1; b < this.#order.length; b++) {
      const view = (views[b] ?? 0) - (views[b - 1] ?? 0);
      if (view > 0 || (view === 0 && this.#compareBlocks(state, b - 1, b) > 0)) return false;
    }
    return true;
  }

  #compareBlocks(state: Int32Array, a: number, b: number): number {
    const { guests, channels } = this.#system;
    const [left, right] = [blockOf(a), blockOf(b)];
    const guest = guests.named.shape(state[left] ?? 0) - guests.named.shape(state[right] ?? 0);
    if (guest !== 0) return guest;
    for (let i = 1; i < BLOCK; i++) {
      const channel =
        channels.named.shape(state[left + i] ?? 0) - channels.named.shape(state[right + i] ?? 0);
      if (channel !== 0) return channel;
    }
    for (let i = 0; i < BLOCK; i++) {
      const difference = (state[left + i] ?? 0) - (state[right + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** What the arbiter knows of each guest, as one number. */
  #viewsOf(arbiter: number): readonly number[] {
    this.#views[arbiter] ??= viewsOf(this.#system.arbiters.named.item(arbiter));
    return this.#views[arbiter];
  }

  /** Epochs are named from 1 in the order in which they stand in the state. */
  #nameEpochs(state: Int32Array): void {
    const { arbiters, nics, guests, channels } = this.#system;
    this.#names.fill(0);
    this.#count = 0;
    this.#changed = false;
    this.#meet(arbiters.named.epochs(state[ARBITER] ?? 0));
    this.#meet(nics.named.epochs(state[NIC] ?? 0));
    if (state[TO_NIC] !== 0) this.#meet(channels.named.epochs(state[TO_NIC] ?? 0));
    for (let at = blockOf(0); at < state.length; at += BLOCK) {
      this.#meet(guests.named.epochs(state[at] ?? 0));
      for (let i = 1; i < BLOCK; i++) {
        const channel = state[at + i] ?? 0;
        if (channel !== 0) this.#meet(channels.named.epochs(channel));
      }
    }
    if (this.#changed) this.#rename(state);
  }

  #meet(epochs: readonly number[]): void {
    for (let i = 0; i < epochs.length; i++) {
      const epoch = epochs[i] ?? 0;
      if (this.#names[epoch] !== 0) continue;
      this.#names[epoch] = ++this.#count;
      this.#changed ||= epoch !== this.#count;
    }
  }

  #rename(state: Int32Array): void {
    const { arbiters, nics, guests, channels } = this.#system;
    const names = this.#names;
    state[ARBITER] = arbiters.named.withEpochs(state[ARBITER] ?? 0, names);
    state[NIC] = nics.named.withEpochs(state[NIC] ?? 0, names);
    state[TO_NIC] = channels.named.withEpochs(state[TO_NIC] ?? 0, names);
    state[TO_ARBITER] = channels.named.withEpochs(state[TO_ARBITER] ?? 0, names);
    for (let at = blockOf(0); at < state.length; at += BLOCK) {
      state[at] = guests.named.withEpochs(state[at] ?? 0, names);
      for (let i = 1; i < BLOCK; i++) state[at + i] = channels.named.withEpochs(state[at + i] ?? 0, names);
    }
  }
}

function viewsOf({ owner, wants, desks }: ArbiterData): readonly number[] {
  return desks.map(({ exit, ended, interrupt, injected }, guest) => {
    const flags = [owner === guest, exit, ended, interrupt, injected].reduce(
      (all, flag) => 2 * all + Number(flag),
      0,
    );
    return 16 * flags + wants.indexOf(guest) + 1;
  });
}
