/**
 * A global state in few numbers: one for its head (the arbiter, the NIC, the channels between them), and one
 * for the block of each guest (the guest and its channels). The same few heads and blocks occur in very many
 * states, so each is kept once, and what is to be known of it is worked out once. A state written this way is
 * `collapsed`: [head, block, ...].
 */
import { ARBITER, blockOf, type Handoff } from "./handoff.ts";
import type { Renaming } from "./messages.ts";
import { hashOf, type Named, Renames } from "./tables.ts";
import { TupleSet } from "./tuple-set.ts";

/** Heads, or blocks: tuples of words, which have numbers of their own. */
export class PieceTable {
  /** What each word is a number of. */
  readonly #kinds: readonly Named<unknown>[];
  readonly #guests: readonly number[];
  readonly #tuples: TupleSet;
  readonly #words: Int32Array;
  readonly #epochs: (readonly number[] | undefined)[] = [];
  readonly #epochBits: number[] = [];
  readonly #patterns: number[] = [];
  readonly #hashes: number[] = [];
  readonly #byEpochs = new Renames();
  readonly #byGuests = new Renames();

  constructor(kinds: readonly Named<unknown>[], guests: number) {
    this.#kinds = kinds;
    this.#guests = Array.from({ length: guests }, (_, guest) => guest);
    this.#tuples = new TupleSet(kinds.length);
    this.#words = new Int32Array(kinds.length);
  }

  get bytes(): number {
    return this.#tuples.bytes;
  }

  /** The number of the piece whose words begin at `from`. */
  id(words: Int32Array, from: number): number {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = words[from + i] ?? 0;
    const index = this.#tuples.add(this.#words);
    return index < 0 ? ~index : index;
  }

  /** Writes the piece's words, beginning at `from`. */
  read(id: number, into: Int32Array, from = 0): void {
    this.#tuples.read(id, into, from);
  }

  words(id: number): readonly number[] {
    const words = new Int32Array(this.#words.length);
    this.read(id, words);
    return [...words];
  }

  /** Its epochs, in the order in which they stand in it. */
  epochs(id: number): readonly number[] {
    return this.#epochs[id] ?? this.#newEpochs(id);
  }

  #newEpochs(id: number): readonly number[] {
    const found = new Set(this.words(id).flatMap((word, i) => [...(this.#kinds[i]?.epochs(word) ?? [])]));
    this.#epochs[id] = [...found];
    return [...found];
  }

  /** Which epochs stand in it, as bits; the last bit stands for all that have none of their own. */
  epochBits(id: number): number {
    this.#epochBits[id] ??= this.epochs(id).reduce((bits, epoch) => bits | (1 << Math.min(epoch, 31)), 0);
    return this.#epochBits[id];
  }

  /** The same piece with its own names for epochs: 1, 2, ... in the order in which they stand in it. */
  pattern(id: number): number {
    this.#patterns[id] ??= this.#newPattern(id);
    return this.#patterns[id];
  }

  #newPattern(id: number): number {
    const names: number[] = [];
    for (const [i, epoch] of this.epochs(id).entries()) names[epoch] = i + 1;
    return this.withEpochs(id, names);
  }

  /** The same for the same piece on every thread. */
  hash(id: number): number {
    this.#hashes[id] ??= hashOf(
      this.words(id)
        .map((word, i) => this.#kinds[i]?.hash(word))
        .join(),
    );
    return this.#hashes[id];
  }

  renamed(id: number, to: Renaming): number {
    return this.#changed(id, (named, word) => named.id(named.renamed(word, to)));
  }

  withEpochs(id: number, names: readonly number[]): number {
    const known = this.#byEpochs.find(id, this.epochs(id), names);
    if (known >= 0) return known;
    return this.#byEpochs.keep(this.#changed(id, (named, word) => named.withEpochs(word, names)));
  }

  withGuests(id: number, places: readonly number[]): number {
    const known = this.#byGuests.find(id, this.#guests, places);
    if (known >= 0) return known;
    return this.#byGuests.keep(this.#changed(id, (named, word) => named.withGuests(word, places)));
  }

  #changed(id: number, change: (named: Named<unknown>, word: number) => number): number {
    const words = this.words(id).map((word, i) => change(this.#kinds[i] as Named<unknown>, word));
    return this.id(Int32Array.from(words), 0);
  }
}

const plain = ({ named }: { readonly named: unknown }): Named<unknown> => named as Named<unknown>;

export class Pieces {
  readonly heads: PieceTable;
  readonly blocks: PieceTable;

  constructor({ arbiters, nics, guests, channels, bounds }: Handoff) {
    const channel = plain(channels);
    this.heads = new PieceTable([plain(arbiters), plain(nics), channel, channel], bounds.guests);
    this.blocks = new PieceTable([plain(guests), channel, channel, channel, channel], bounds.guests);
  }

  get bytes(): number {
    return this.heads.bytes + this.blocks.bytes;
  }

  headOf(words: Int32Array): number {
    return this.heads.id(words, ARBITER);
  }

  blockOf(words: Int32Array, guest: number): number {
    return this.blocks.id(words, blockOf(guest));
  }

  collapse(words: Int32Array, into: Int32Array): void {
    into[0] = this.headOf(words);
    for (let guest = 0; guest + 1 < into.length; guest++) into[1 + guest] = this.blockOf(words, guest);
  }

  expand(state: Int32Array, into: Int32Array): void {
    this.heads.read(state[0] ?? 0, into, ARBITER);
    for (let guest = 0; guest + 1 < state.length; guest++)
      this.blocks.read(state[1 + guest] ?? 0, into, blockOf(guest));
  }
}
