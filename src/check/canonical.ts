/**
 * One state for all that differ only in names. Guests are interchangeable, and so are the names of epochs:
 * actors only compare them for equality. Any member of such a class may stand for it, as its futures are
 * those of the others with other names. Of each class exactly one is kept: the number of classes depends on
 * nothing else. States are collapsed (src/check/pieces.ts).
 */
import type { ArbiterData } from "./bodies/arbiter-data.ts";
import type { Handoff } from "./handoff.ts";
import { FRESH_EPOCH, type Msg, NO_EPOCH } from "./messages.ts";
import type { Pieces, PieceTable } from "./pieces.ts";

/** Names of epochs, and the fresh one's. */
const EPOCHS_MAX = FRESH_EPOCH + 1;

export class Canonical {
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #fixed: number;
  /** By epoch: the name it gets; and which have one, and how many they are. */
  readonly #names: number[] = new Array<number>(EPOCHS_MAX).fill(0);
  readonly #met: number[] = [];
  #count = 0;
  /** The guest that comes to each place; the place of each guest. */
  readonly #order: number[];
  readonly #places: number[];
  readonly #copy: Int32Array;
  /**
   * How many epochs have names, after a head; before a block, and after it; -1: they have others than the
   * next ones.
   */
  readonly #namedHeads: number[] = [];
  readonly #namedBlocks: number[][] = [];
  /** By head. */
  readonly #views: (readonly number[])[] = [];

  /** The first `fixed` guests keep their places; the others are interchangeable. */
  constructor(system: Handoff, pieces: Pieces, fixed = 0) {
    this.#system = system;
    this.#pieces = pieces;
    this.#fixed = fixed;
    this.#order = Array.from({ length: system.bounds.guests }, (_, guest) => guest);
    this.#places = [...this.#order];
    this.#copy = new Int32Array(1 + system.bounds.guests);
  }

  /** The representative of a state that is not collapsed. */
  of(words: Int32Array): Int32Array {
    const state = new Int32Array(1 + this.#system.bounds.guests);
    this.#pieces.collapse(words, state);
    this.apply(state);
    return state;
  }

  /** Puts the state's representative in its place. */
  apply(state: Int32Array): void {
    if (this.#fixed + 1 < this.#order.length && this.#sortGuests(state)) this.#settleTies(state);
    else this.#nameEpochs(state);
  }

  /**
   * Puts guests in the order of what is known of them but for names of epochs; true when that leaves it open.
   */
  #sortGuests(state: Int32Array): boolean {
    const views = this.viewsOf(state);
    let sorted = true;
    let alike = false;
    for (let guest = this.#fixed + 1; guest < this.#order.length; guest++) {
      const difference = this.#compare(state, views, guest - 1, guest);
      sorted &&= difference <= 0;
      alike ||= difference === 0;
    }
    if (!sorted) alike = this.#rearrange(state, views);
    return alike && this.#sharesEpochs(state);
  }

  /** True when some are alike. */
  #rearrange(state: Int32Array, views: readonly number[]): boolean {
    const order = this.#order;
    for (let guest = 0; guest < order.length; guest++) order[guest] = guest;
    this.#insert(order, (a, b) => this.#compare(state, views, a, b));
    let alike = false;
    for (let i = this.#fixed + 1; i < order.length; i++)
      alike ||= this.#compare(state, views, order[i - 1] ?? 0, order[i] ?? 0) === 0;
    this.#arrange(state, order);
    return alike;
  }

  /**
   * True when guests are alike that name epochs which others name too; else any order of them makes the same
   * state.
   */
  #sharesEpochs(state: Int32Array): boolean {
    const { heads, blocks } = this.#pieces;
    let once = heads.epochBits(state[0] ?? 0);
    let twice = 0;
    for (let i = 1; i < state.length; i++) {
      const bits = blocks.epochBits(state[i] ?? 0);
      twice |= once & bits;
      once |= bits;
    }
    if (twice === 0) return false;
    const views = this.viewsOf(state);
    for (let guest = this.#fixed + 1; guest + 1 < state.length; guest++) {
      const bits = blocks.epochBits(state[guest] ?? 0) | blocks.epochBits(state[1 + guest] ?? 0);
      if ((bits & twice) !== 0 && this.#compare(state, views, guest - 1, guest) === 0) return true;
    }
    return false;
  }

  /** Sorts the guests that are not fixed, in their place: they are few. */
  #insert(order: number[], compare: (a: number, b: number) => number): void {
    for (let i = this.#fixed + 1; i < order.length; i++) {
      const guest = order[i] ?? 0;
      let place = i;
      for (; place > this.#fixed && compare(order[place - 1] ?? 0, guest) > 0; place--)
        order[place] = order[place - 1] ?? 0;
      order[place] = guest;
    }
  }

  /** Guests stand in order, but some are alike: of all orders of these the least state is taken. */
  #settleTies(state: Int32Array): void {
    const views = this.viewsOf(state);
    const group: number[] = [];
    for (let guest = 0; guest < this.#order.length; guest++) {
      const alike = guest > this.#fixed && this.#compare(state, views, guest - 1, guest) === 0;
      group[guest] = alike ? (group[guest - 1] ?? 0) : guest;
    }
    const sorted = state.slice();
    let first = true;
    for (const order of ordersWithin(group)) {
      const attempt = sorted.slice();
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
      moved ||= guest !== place;
      state[1 + place] = copy[1 + guest] ?? 0;
    }
    if (moved) state[0] = this.#pieces.heads.withGuests(state[0] ?? 0, this.#places);
  }

  #compare(state: Int32Array, views: readonly number[], a: number, b: number): number {
    const view = (views[b] ?? 0) - (views[a] ?? 0);
    if (view !== 0) return view;
    const { blocks } = this.#pieces;
    return compareHashes(blocks, blocks.pattern(state[1 + a] ?? 0), blocks.pattern(state[1 + b] ?? 0));
  }

  #isLess(a: Int32Array, b: Int32Array): boolean {
    const { heads, blocks } = this.#pieces;
    let difference = compareHashes(heads, a[0] ?? 0, b[0] ?? 0);
    for (let i = 1; i < a.length && difference === 0; i++)
      difference = compareHashes(blocks, a[i] ?? 0, b[i] ?? 0);
    return difference < 0;
  }

  /** What the head knows of each guest, as one number that depends on no names. */
  viewsOf(state: Int32Array): readonly number[] {
    const head = state[0] ?? 0;
    this.#views[head] ??= this.#newViewsOf(head);
    return this.#views[head];
  }

  #newViewsOf(head: number): readonly number[] {
    const [arbiter = 0, nic = 0, toNic = 0] = this.#pieces.heads.words(head);
    const { armedFor } = this.#system.nics.named.item(nic);
    const spokenOf = this.#system.channels.list(toNic).map(guestOf);
    return viewsOf(this.#system.arbiters.named.item(arbiter)).map(
      (view, guest) => 4 * view + 2 * Number(armedFor === guest) + Number(spokenOf.includes(guest)),
    );
  }

  /** Epochs are named from 1 in the order in which they stand in the state. */
  #nameEpochs(state: Int32Array): void {
    let named = this.#namedHeads[state[0] ?? 0] ?? this.#namedAfterHead(state[0] ?? 0);
    for (let i = 1; i < state.length && named >= 0; i++) {
      const block = state[i] ?? 0;
      named = this.#namedBlocks[named]?.[block] ?? this.#namedAfterBlock(block, named);
    }
    if (named < 0) this.#renameEpochs(state);
  }

  #namedAfterHead(head: number): number {
    const named = namedUpTo(this.#pieces.heads.epochs(head), 0);
    this.#namedHeads[head] = named;
    return named;
  }

  #namedAfterBlock(block: number, before: number): number {
    const named = namedUpTo(this.#pieces.blocks.epochs(block), before);
    this.#namedBlocks[before] ??= [];
    this.#namedBlocks[before][block] = named;
    return named;
  }

  #renameEpochs(state: Int32Array): void {
    const { heads, blocks } = this.#pieces;
    for (let i = 0; i < this.#count; i++) this.#names[this.#met[i] ?? 0] = 0;
    this.#count = 0;
    this.#meet(heads.epochs(state[0] ?? 0));
    for (let i = 1; i < state.length; i++) this.#meet(blocks.epochs(state[i] ?? 0));
    state[0] = heads.withEpochs(state[0] ?? 0, this.#names);
    for (let i = 1; i < state.length; i++) state[i] = blocks.withEpochs(state[i] ?? 0, this.#names);
  }

  #meet(epochs: readonly number[]): void {
    for (let i = 0; i < epochs.length; i++) {
      const epoch = epochs[i] ?? 0;
      if (this.#names[epoch] !== 0) continue;
      this.#met[this.#count] = epoch;
      this.#names[epoch] = ++this.#count;
    }
  }
}

/**
 * With the first `named` names given: how many are, when these epochs have the next ones; -1: they have
 * others.
 */
function namedUpTo(epochs: readonly number[], named: number): number {
  let count = named;
  for (let i = 0; i < epochs.length; i++) {
    const epoch = epochs[i] ?? 0;
    if (epoch > count + 1) return -1;
    if (epoch > count) count = epoch;
  }
  return count;
}

const guestOf = (message: Msg): number => (message.type === "vmm" ? message.guest : -1);

function viewsOf({ owner, wants, ordered, turns, desks }: ArbiterData): readonly number[] {
  return desks.map(({ transmits, frail, exit, ended, interrupt, injected, silent }, guest) => {
    const flags = [
      owner === guest,
      transmits,
      frail,
      exit,
      ended,
      interrupt,
      injected,
      silent !== NO_EPOCH,
    ].reduce((all, flag) => 2 * all + Number(flag), 0);
    const wanted = ordered ? wants.indexOf(guest) + 1 : Number(wants.includes(guest));
    const place = 16 * (turns.indexOf(guest) + 1) + wanted;
    return 256 * flags + place;
  });
}

/**
 * Every order in which the members of each group keep to their group's places; `group[i]` is that of place i.
 */
export function ordersWithin(group: readonly number[]): readonly (readonly number[])[] {
  let orders: readonly (readonly number[])[] = [[]];
  for (const own of group) {
    orders = orders.flatMap((order) =>
      group.flatMap((other, guest) => (other === own && !order.includes(guest) ? [[...order, guest]] : [])),
    );
  }
  return orders;
}

/** An order that depends on nobody's numbers, but for two things with the same hash. */
const compareHashes = (pieces: PieceTable, a: number, b: number): number =>
  a === b ? 0 : pieces.hash(a) - pieces.hash(b) || a - b;
