/**
 * Steps of collapsed states. A guest by itself changes its block and reads nothing else; the arbiter and the
 * NIC change the head, and of a block only what its channels hold. So what a step makes of a piece is worked
 * out once for each piece, and a step of a state replaces a few numbers: a leap.
 */
import {
  ARBITER_TO_GUEST,
  BLOCK,
  blockOf,
  channelAt,
  GUEST_TO_ARBITER,
  GUEST_TO_NIC,
  type Handoff,
  NIC_TO_GUEST,
  type Step,
  TO_ARBITER,
  TO_NIC,
} from "./handoff.ts";
import { Interner } from "./interner.ts";
import type { Pieces } from "./pieces.ts";
import { isOverfull, mayBreak } from "./properties.ts";
import { type Purpose, Reduction } from "./reduction.ts";

/** A letter that goes into a guest's block. */
interface Put {
  readonly guest: number;
  readonly letter: number;
}

/**
 * Steps as what they replace in a state, side by side: a search goes through very many, and needs little of
 * each.
 */
interface Leaps {
  /** The piece afterwards: the head, or the block of the guest that acts. */
  readonly to: readonly number[];
  /** What each puts into guests' blocks; undefined: none does. */
  readonly puts: readonly (readonly Put[])[] | undefined;
  /** Whether a property has to look at it; undefined: at none. */
  readonly watched: readonly boolean[] | undefined;
  readonly steps: readonly Step[];
}

const NOTHING: readonly Put[] = [];

type Visit = (next: Int32Array, step: Step) => void;

/** What is known of a block. */
interface BlockFacts {
  /**
   * The oldest message to the arbiter, as a letter (-1: there is none), and the block without it; and to the
   * NIC.
   */
  readonly toArbiter: number;
  readonly restOfArbiter: number;
  readonly toNic: number;
  readonly restOfNic: number;
  /** By guest: all that it does and receives. */
  readonly own: (Leaps | undefined)[];
  /** By guest and channel: only what it receives from there. */
  readonly alone: (Leaps | undefined)[];
  /** With one more message, by letter. */
  readonly grown: number[];
  readonly overfull: boolean;
}

/** What is known of a head. */
interface HeadFacts {
  /** What the arbiter and the NIC do, and receive of each other. */
  readonly own: Leaps;
  /** Only what the NIC receives of the arbiter. */
  aloneToNic: Leaps | undefined;
  /** What comes of a letter from a guest: by letter and guest. */
  readonly received: (Leaps | undefined)[];
  readonly overfull: boolean;
}

/** A message in a channel of a block. */
interface Letter {
  readonly at: number;
  readonly message: number;
}

export class LeapFinder {
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #reduction: Reduction;
  readonly #heads: HeadFacts[] = [];
  readonly #blocks: BlockFacts[] = [];
  readonly #letters = new Interner<Letter>();
  readonly #words: Int32Array;
  /** Where the steps that were found lead to. */
  readonly next: Int32Array[] = [];
  /** Of each: among which leaps it is, and where. */
  readonly #leaps: Leaps[] = [];
  readonly #nth: number[] = [];
  #count = 0;

  constructor(system: Handoff, pieces: Pieces, purpose: Purpose = "safety") {
    this.#system = system;
    this.#pieces = pieces;
    this.#reduction = new Reduction(system, purpose);
    this.#words = new Int32Array(system.width);
  }

  /** Steps found since `clear`. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Finds all steps out of a state, or (`reduce`) one that may be taken alone. */
  find(state: Int32Array, reduce: boolean): void {
    const alone = reduce ? this.#loneDelivery(state) : -1;
    if (alone >= 0) this.#findDelivery(state, alone);
    else this.#findAll(state);
  }

  step(index: number): Step {
    return this.#leaps[index]?.steps[this.#nth[index] ?? 0] as Step;
  }

  /** Whether a property has to look at the step. */
  isWatched(index: number): boolean {
    return this.#leaps[index]?.watched?.[this.#nth[index] ?? 0] === true;
  }

  #findAll(state: Int32Array): void {
    this.#addOfHead(this.#headFacts(state[0] ?? 0).own, state, 0, 0);
    for (let guest = 0; guest + 1 < state.length; guest++) {
      const block = state[1 + guest] ?? 0;
      const facts = this.#blockFacts(block);
      if (facts.toArbiter >= 0) this.#addReceived(state, guest, facts.toArbiter, facts.restOfArbiter);
      if (facts.toNic >= 0) this.#addReceived(state, guest, facts.toNic, facts.restOfNic);
      this.#addOfGuest(facts.own[guest] ?? this.#newOwn(block, guest), state, guest);
    }
  }

  /** True when some channel holds too much. */
  overfull(state: Int32Array): boolean {
    if (this.#headFacts(state[0] ?? 0).overfull) return true;
    for (let i = 1; i < state.length; i++) if (this.#blockFacts(state[i] ?? 0).overfull) return true;
    return false;
  }

  #loneDelivery(state: Int32Array): number {
    this.#pieces.expand(state, this.#words);
    return this.#reduction.loneDelivery(this.#words);
  }

  /** Only those from the channel at word `at`: to the NIC, or to a guest. */
  #findDelivery(state: Int32Array, at: number): void {
    if (at === TO_NIC) return this.#addOfHead(this.#aloneToNic(state[0] ?? 0), state, 0, 0);
    const guest = Math.floor((at - blockOf(0)) / BLOCK);
    const block = state[1 + guest] ?? 0;
    const facts = this.#blockFacts(block);
    const channel = at - blockOf(guest);
    if (channel === GUEST_TO_NIC) return this.#addReceived(state, guest, facts.toNic, facts.restOfNic);
    const key = guest * BLOCK + channel;
    facts.alone[key] ??= this.#leapsOfGuest(block, guest, (words, visit) => {
      this.#system.delivery(words, at, visit);
    });
    this.#addOfGuest(facts.alone[key], state, guest);
  }

  /** The guest's letter is read; its block is `rest` then. */
  #addReceived(state: Int32Array, guest: number, letter: number, rest: number): void {
    const head = state[0] ?? 0;
    const leaps = this.#headFacts(head).received[letter * (state.length - 1) + guest];
    this.#addOfHead(leaps ?? this.#newReceived(head, guest, letter), state, 1 + guest, rest);
  }

  /** The head becomes another; the piece at `place` becomes `piece`, unless that is the head. */
  #addOfHead(leaps: Leaps, state: Int32Array, place: number, piece: number): void {
    const { to, puts } = leaps;
    for (let i = 0; i < to.length; i++) {
      const next = this.#another(state, leaps, i);
      next[place] = piece;
      next[0] = to[i] ?? 0;
      if (puts !== undefined) this.#putAll(next, puts[i] ?? NOTHING);
    }
  }

  #addOfGuest(leaps: Leaps, state: Int32Array, guest: number): void {
    const { to } = leaps;
    for (let i = 0; i < to.length; i++) this.#another(state, leaps, i)[1 + guest] = to[i] ?? 0;
  }

  /** Room for one more successor; it holds the state as it was. */
  #another(state: Int32Array, leaps: Leaps, nth: number): Int32Array {
    const index = this.#count++;
    this.#leaps[index] = leaps;
    this.#nth[index] = nth;
    const next = this.next[index] ?? this.#newRow(index, state.length);
    for (let i = 0; i < state.length; i++) next[i] = state[i] ?? 0;
    return next;
  }

  #newRow(index: number, length: number): Int32Array {
    const row = new Int32Array(length);
    this.next[index] = row;
    return row;
  }

  #putAll(next: Int32Array, puts: readonly Put[]): void {
    for (let i = 0; i < puts.length; i++) this.#put(next, puts[i] as Put);
  }

  #put(next: Int32Array, { guest, letter }: Put): void {
    const block = next[1 + guest] ?? 0;
    const { grown } = this.#blockFacts(block);
    grown[letter] ??= this.#newGrown(block, letter);
    next[1 + guest] = grown[letter];
  }

  #headFacts(head: number): HeadFacts {
    this.#heads[head] ??= this.#newHeadFacts(head);
    return this.#heads[head];
  }

  #blockFacts(block: number): BlockFacts {
    this.#blocks[block] ??= this.#newBlockFacts(block);
    return this.#blocks[block];
  }

  #newHeadFacts(head: number): HeadFacts {
    const words = this.#wordsOf(head);
    const own = this.#leapsOf(
      (visit) => {
        this.#system.delivery(words, TO_ARBITER, visit);
        this.#system.delivery(words, TO_NIC, visit);
        this.#system.moves(words, "arbiter", visit);
        this.#system.moves(words, "nic", visit);
      },
      (next) => this.#pieces.headOf(next),
    );
    return { own, aloneToNic: undefined, received: [], overfull: isOverfull(this.#system, words) };
  }

  #aloneToNic(head: number): Leaps {
    const facts = this.#headFacts(head);
    facts.aloneToNic ??= this.#leapsOf(
      (visit) => this.#system.delivery(this.#wordsOf(head), TO_NIC, visit),
      (next) => this.#pieces.headOf(next),
    );
    return facts.aloneToNic;
  }

  #newReceived(head: number, guest: number, letter: number): Leaps {
    const words = this.#wordsOf(head);
    const { at, message } = this.#letters.item(letter);
    const channel = blockOf(guest) + at;
    words[channel] = this.#system.channels.push(0, message);
    const leaps = this.#leapsOf(
      (visit) => this.#system.delivery(words, channel, visit),
      (next) => this.#pieces.headOf(next),
    );
    this.#headFacts(head).received[letter * this.#system.bounds.guests + guest] = leaps;
    return leaps;
  }

  #newOwn(block: number, guest: number): Leaps {
    const at = blockOf(guest);
    const leaps = this.#leapsOfGuest(block, guest, (words, visit) => {
      this.#system.delivery(words, at + ARBITER_TO_GUEST, visit);
      this.#system.delivery(words, at + NIC_TO_GUEST, visit);
      this.#system.moves(words, guest, visit);
    });
    this.#blockFacts(block).own[guest] = leaps;
    return leaps;
  }

  #leapsOfGuest(block: number, guest: number, run: (words: Int32Array, visit: Visit) => void): Leaps {
    const words = this.#wordsOf(undefined, block, guest);
    return this.#leapsOf(
      (visit) => run(words, visit),
      (next) => this.#pieces.blockOf(next, guest),
    );
  }

  #leapsOf(run: (visit: Visit) => void, pieceOf: (next: Int32Array) => number): Leaps {
    const to: number[] = [];
    const puts: (readonly Put[])[] = [];
    const steps: Step[] = [];
    const watched: boolean[] = [];
    run((next, step) => {
      to.push(pieceOf(next));
      puts.push(this.#putsOf(step));
      steps.push(step);
      watched.push(mayBreak(this.#system, step));
    });
    return {
      to,
      puts: puts.every(({ length }) => length === 0) ? undefined : puts,
      watched: watched.includes(true) ? watched : undefined,
      steps,
    };
  }

  #putsOf({ actor, outcome: { sent, sentIds } }: Step): readonly Put[] {
    return sent.flatMap(({ to }, i): readonly Put[] => {
      if (typeof to !== "number") return [];
      const at = channelAt(actor, to) - blockOf(to);
      return [{ guest: to, letter: this.#letters.id({ at, message: sentIds[i] ?? 0 }) }];
    });
  }

  #newBlockFacts(block: number): BlockFacts {
    const words = this.#wordsOf(undefined, block);
    const arbiter = this.#outbox(words, GUEST_TO_ARBITER);
    const nic = this.#outbox(words, GUEST_TO_NIC);
    return {
      toArbiter: arbiter.letter,
      restOfArbiter: arbiter.rest,
      toNic: nic.letter,
      restOfNic: nic.rest,
      own: [],
      alone: [],
      grown: [],
      overfull: isOverfull(this.#system, words),
    };
  }

  #outbox(words: Int32Array, at: number): { readonly letter: number; readonly rest: number } {
    const { channels } = this.#system;
    const channel = words[blockOf(0) + at] ?? 0;
    if (channel === 0) return { letter: -1, rest: -1 };
    const without = words.slice();
    without[blockOf(0) + at] = channels.pop(channel);
    const letter = this.#letters.id({ at, message: channels.head(channel) });
    return { letter, rest: this.#pieces.blockOf(without, 0) };
  }

  #newGrown(block: number, letter: number): number {
    const words = this.#wordsOf(undefined, block);
    const { at, message } = this.#letters.item(letter);
    const channel = blockOf(0) + at;
    words[channel] = this.#system.channels.push(words[channel] ?? 0, message);
    return this.#pieces.blockOf(words, 0);
  }

  /** A state with this head, or with this block of a guest, and nothing else. */
  #wordsOf(head?: number, block?: number, guest = 0): Int32Array {
    const words = new Int32Array(this.#system.width);
    if (head !== undefined) this.#pieces.heads.read(head, words);
    if (block !== undefined) this.#pieces.blocks.read(block, words, blockOf(guest));
    return words;
  }
}
