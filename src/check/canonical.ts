/**
 * One state for all that differ only in names. Guests are interchangeable, and so are the names of epochs: actors only
 * compare them for equality. Any member of such a class may stand for it, as its futures are those of the others with
 * other names. Of each class exactly one is kept: the number of classes depends on nothing else.
 */
import type { ArbiterData } from "./bodies/arbiter.ts";
import { ARBITER, BLOCK, blockOf, type Handoff, NIC, TO_ARBITER, TO_NIC } from "./handoff.ts";
import { FRESH_EPOCH } from "./messages.ts";
import type { Named } from "./tables.ts";

/** Epochs that a state can name, and the fresh one. */
const EPOCHS_MAX = FRESH_EPOCH + 1;

export class Canonical {
  readonly #system: Handoff;
  readonly #fixed: number;
  /** By epoch: the name it gets; and which have one, how many they are, and whether any has changed. */
  readonly #names: number[] = new Array<number>(EPOCHS_MAX).fill(0);
  readonly #met: number[] = [];
  #count = 0;
  #changed = false;
  /** The guest that comes to each place; the place of each guest. */
  readonly #order: number[];
  readonly #places: number[];
  readonly #copy: Int32Array;
  readonly #attempt: Int32Array;
  readonly #views: (readonly number[])[] = [];
  /** Guests that a NIC, or a channel to it, speaks of: bits. */
  readonly #nicGuests: number[] = [];
  readonly #toNicGuests: number[] = [];

  /** The first `fixed` guests keep their places; the others are interchangeable. */
  constructor(system: Handoff, fixed = 0) {
    this.#system = system;
    this.#fixed = fixed;
    this.#order = Array.from({ length: system.bounds.guests }, (_, guest) => guest);
    this.#places = [...this.#order];
    this.#copy = new Int32Array(system.width);
    this.#attempt = new Int32Array(system.width);
  }

  /** Puts the state's representative in its place. */
  apply(state: Int32Array): void {
    if (this.#fixed + 1 >= this.#order.length) return this.#nameEpochs(state);
    const tied = this.#sortGuests(state);
    if (tied) this.#settleTies(state);
    else this.#nameEpochs(state);
  }

  /** Gives fresh epochs the name `name` and leaves all others: for traces, where epochs count up. */
  nameFresh(state: Int32Array, name: number): void {
    for (let epoch = 0; epoch < FRESH_EPOCH; epoch++) this.#names[epoch] = epoch;
    this.#names[FRESH_EPOCH] = name;
    this.#rename(state);
    this.#names.fill(0);
    this.#count = 0;
  }

  /** Puts guests in the order of what is known of them but for names of epochs; true when that leaves it open. */
  #sortGuests(state: Int32Array): boolean {
    const { guests } = this.#system.bounds;
    const order = this.#order;
    const views = this.viewsOf(state);
    let sorted = true;
    let tied = false;
    for (let guest = 0; guest < guests; guest++) {
      order[guest] = guest;
      if (guest <= this.#fixed) continue;
      const difference = this.#compare(state, views, guest - 1, guest);
      sorted &&= difference <= 0;
      tied ||= difference === 0 && this.#namesEpochs(state, guest);
    }
    if (sorted) return tied;
    const head = order.slice(0, this.#fixed);
    const tail = order.slice(this.#fixed).sort((a, b) => this.#compare(state, views, a, b));
    for (let i = 0; i < guests; i++) order[i] = (i < head.length ? head[i] : tail[i - head.length]) ?? 0;
    tied = tail.some((guest, i) => {
      const before = tail[i - 1];
      if (before === undefined || this.#compare(state, views, before, guest) !== 0) return false;
      return this.#namesEpochs(state, guest);
    });
    this.#arrange(state, order);
    return tied;
  }

  /** Guests in places `from` .. are alike but for their epochs: of all their orders the least state is taken. */
  #settleTies(state: Int32Array): void {
    const { guests } = this.#system.bounds;
    const views = [...this.viewsOf(state)];
    const group: number[] = [];
    for (let guest = 0; guest < guests; guest++) {
      const before = group[guest - 1] ?? 0;
      const alike = guest > this.#fixed && this.#compare(state, views, guest - 1, guest) === 0;
      group[guest] = alike ? before : guest;
    }
    const sorted = state.slice();
    let first = true;
    for (const order of ordersWithin(group)) {
      const attempt = this.#attempt;
      attempt.set(sorted);
      this.#arrange(attempt, order);
      this.#nameEpochs(attempt);
      if (first || this.#isLess(attempt, state)) state.set(attempt);
      first = false;
    }
  }

  /** Guest `order[i]` comes to place i. */
  #arrange(state: Int32Array, order: readonly number[]): void {
    const copy = this.#copy;
    copy.set(state);
    let moved = false;
    for (let place = 0; place < order.length; place++) {
      const guest = order[place] ?? 0;
      this.#places[guest] = place;
      if (guest === place) continue;
      moved = true;
      const from = blockOf(guest);
      const to = blockOf(place);
      for (let i = 0; i < BLOCK; i++) state[to + i] = copy[from + i] ?? 0;
    }
    if (!moved) return;
    const { arbiters, nics, channels } = this.#system;
    state[ARBITER] = arbiters.named.withGuests(state[ARBITER] ?? 0, this.#places);
    state[NIC] = nics.named.withGuests(state[NIC] ?? 0, this.#places);
    if (state[TO_NIC] !== 0) state[TO_NIC] = channels.named.withGuests(state[TO_NIC] ?? 0, this.#places);
  }

  #compare(state: Int32Array, views: readonly number[], a: number, b: number): number {
    const view = (views[b] ?? 0) - (views[a] ?? 0);
    if (view !== 0) return view;
    const { guests, channels } = this.#system;
    const [left, right] = [blockOf(a), blockOf(b)];
    const guest = compareShapes(guests.named, state[left] ?? 0, state[right] ?? 0);
    if (guest !== 0) return guest;
    for (let i = 1; i < BLOCK; i++) {
      const channel = compareShapes(channels.named, state[left + i] ?? 0, state[right + i] ?? 0);
      if (channel !== 0) return channel;
    }
    return 0;
  }

  #isLess(a: Int32Array, b: Int32Array): boolean {
    const { arbiters, nics, guests, channels } = this.#system;
    for (let at = 0; at < a.length; at++) {
      const [one, other] = [a[at] ?? 0, b[at] ?? 0];
      if (one === other) continue;
      if (at === ARBITER) return compareHashes(arbiters.named, one, other) < 0;
      if (at === NIC) return compareHashes(nics.named, one, other) < 0;
      const isGuest = at >= blockOf(0) && (at - blockOf(0)) % BLOCK === 0;
      return (
        (isGuest ? compareHashes(guests.named, one, other) : compareHashes(channels.named, one, other)) < 0
      );
    }
    return false;
  }

  #namesEpochs(state: Int32Array, guest: number): boolean {
    const { guests, channels } = this.#system;
    const at = blockOf(guest);
    if (guests.named.epochs(state[at] ?? 0).length > 0) return true;
    for (let i = 1; i < BLOCK; i++) if (channels.named.epochs(state[at + i] ?? 0).length > 0) return true;
    return false;
  }

  /** What the arbiter and the NIC know of each guest, as one number that depends on no names. */
  viewsOf(state: Int32Array): readonly number[] {
    const arbiter = state[ARBITER] ?? 0;
    this.#views[arbiter] ??= viewsOf(this.#system.arbiters.named.item(arbiter));
    const views = this.#views[arbiter];
    const nic = this.#guestsOfNic(state[NIC] ?? 0);
    const toNic = this.#guestsOfChannel(state[TO_NIC] ?? 0);
    if (nic + toNic === 0) return views;
    return views.map((view, guest) => view + 2 * ((nic >> guest) & 1) + ((toNic >> guest) & 1));
  }

  #guestsOfNic(nic: number): number {
    const { armedFor } = this.#system.nics.named.item(nic);
    this.#nicGuests[nic] ??= armedFor < 0 ? 0 : 1 << armedFor;
    return this.#nicGuests[nic];
  }

  #guestsOfChannel(channel: number): number {
    this.#toNicGuests[channel] ??= this.#system.channels
      .list(channel)
      .reduce(
        (all, message) => (message.type === "vmm" && message.guest >= 0 ? all | (1 << message.guest) : all),
        0,
      );
    return this.#toNicGuests[channel];
  }

  /** Epochs are named from 1 in the order in which they stand in the state. */
  #nameEpochs(state: Int32Array): void {
    const { arbiters, nics, guests, channels } = this.#system;
    for (let i = 0; i < this.#count; i++) this.#names[this.#met[i] ?? 0] = 0;
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
      this.#met[this.#count] = epoch;
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

function viewsOf({ owner, wants, ordered, turns, desks }: ArbiterData): readonly number[] {
  return desks.map(({ exit, ended, interrupt, injected, silent }, guest) => {
    const flags = [owner === guest, exit, ended, interrupt, injected, silent].reduce(
      (all, flag) => 2 * all + Number(flag),
      0,
    );
    const wanted = ordered ? wants.indexOf(guest) + 1 : Number(wants.includes(guest));
    const place = 16 * (turns.indexOf(guest) + 1) + wanted;
    return 4 * (256 * flags + place);
  });
}

/** Every order in which the members of each group keep to their group's places; `group[i]` is that of place i. */
function ordersWithin(group: readonly number[]): readonly (readonly number[])[] {
  let orders: readonly (readonly number[])[] = [[]];
  for (const own of group) {
    orders = orders.flatMap((order) =>
      group.flatMap((other, guest) => (other === own && !order.includes(guest) ? [[...order, guest]] : [])),
    );
  }
  return orders;
}

/** An order that depends on nobody's numbers, but for two things with the same hash. */
const compareHashes = <T>(named: Named<T>, a: number, b: number): number =>
  a === b ? 0 : named.hash(a) - named.hash(b) || a - b;

/** Of things but for the names of their epochs. */
const compareShapes = <T>(named: Named<T>, a: number, b: number): number =>
  a === b ? 0 : compareHashes(named, named.shape(a), named.shape(b));
