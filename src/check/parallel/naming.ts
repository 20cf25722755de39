/**
 * Workers number what states are made of each for itself. A state goes from one to the other collapsed, in the sender's numbers
 * for its pieces; with it goes what these stand for, as far as the other has not been told before.
 */
import { ARBITER, BLOCK, blockOf, type Handoff, NIC } from "../handoff.ts";
import type { Pieces, PieceTable } from "../pieces.ts";
import type { Named } from "../tables.ts";

/** What words stand for, as each worker keeps it; statecharts' states have the same numbers in all workers. */
const KINDS = ["arbiters", "nics", "guests", "channels"] as const;
type Kind = (typeof KINDS)[number];

const tablesOf = (system: Handoff): Readonly<Record<Kind, Named<unknown>>> => ({
  arbiters: system.arbiters.named as Named<unknown>,
  nics: system.nics.named as Named<unknown>,
  guests: system.guests.named as Named<unknown>,
  channels: system.channels.named as Named<unknown>,
});

/** The kind of the word at `at`. */
export function kindAt(at: number): Kind {
  if (at === ARBITER) return "arbiters";
  if (at === NIC) return "nics";
  if (at < blockOf(0)) return "channels";
  return (at - blockOf(0)) % BLOCK === 0 ? "guests" : "channels";
}

const SHAPES = ["heads", "blocks"] as const;
type Shape = (typeof SHAPES)[number];

/** Where the words of each stand in a state with one guest. */
const FIRST_WORD: Readonly<Record<Shape, number>> = { heads: 0, blocks: blockOf(0) };
const WORDS: Readonly<Record<Shape, number>> = { heads: blockOf(0), blocks: BLOCK };

interface Told<T> {
  readonly id: number;
  readonly is: T;
}

/** What numbers of the sender's stand for: words, and pieces by their words. */
export interface News {
  readonly words: Readonly<Record<Kind, readonly Told<unknown>[]>>;
  readonly pieces: Readonly<Record<Shape, readonly Told<readonly number[]>[]>>;
}

const noNews = () => ({
  words: { arbiters: [], nics: [], guests: [], channels: [] } as Record<Kind, Told<unknown>[]>,
  pieces: { heads: [], blocks: [] } as Record<Shape, Told<readonly number[]>[]>,
});

/** What one worker tells another: each thing once. */
export class Teller {
  readonly #tables: Readonly<Record<Kind, Named<unknown>>>;
  readonly #pieces: Readonly<Record<Shape, PieceTable>>;
  readonly #toldWords: Readonly<Record<Kind, true[]>> = { arbiters: [], nics: [], guests: [], channels: [] };
  readonly #toldPieces: Readonly<Record<Shape, true[]>> = { heads: [], blocks: [] };
  #news = noNews();

  constructor(system: Handoff, pieces: Pieces) {
    this.#tables = tablesOf(system);
    this.#pieces = pieces;
  }

  /** The next news say what this state is made of. */
  mention(state: Int32Array): void {
    this.#mention("heads", state[0] ?? 0);
    for (let i = 1; i < state.length; i++) this.#mention("blocks", state[i] ?? 0);
  }

  /** What has been mentioned since the last time and was not told before. */
  news(): News {
    const news = this.#news;
    this.#news = noNews();
    return news;
  }

  #mention(shape: Shape, id: number): void {
    if (this.#toldPieces[shape][id]) return;
    this.#toldPieces[shape][id] = true;
    const words = this.#pieces[shape].words(id);
    this.#news.pieces[shape].push({ id, is: words });
    for (const [i, word] of words.entries()) this.#mentionWord(kindAt(FIRST_WORD[shape] + i), word);
  }

  #mentionWord(kind: Kind, id: number): void {
    if (this.#toldWords[kind][id]) return;
    this.#toldWords[kind][id] = true;
    this.#news.words[kind].push({ id, is: this.#tables[kind].item(id) });
  }
}

/** Turns the pieces of another worker into one's own. */
export class Listener {
  readonly #tables: Readonly<Record<Kind, Named<unknown>>>;
  readonly #pieces: Readonly<Record<Shape, PieceTable>>;
  /** By the other's numbers: one's own. */
  readonly #ownWords: Readonly<Record<Kind, number[]>> = { arbiters: [], nics: [], guests: [], channels: [] };
  readonly #ownPieces: Readonly<Record<Shape, number[]>> = { heads: [], blocks: [] };

  constructor(system: Handoff, pieces: Pieces) {
    this.#tables = tablesOf(system);
    this.#pieces = pieces;
  }

  hear({ words, pieces }: News): void {
    for (const kind of KINDS)
      for (const { id, is } of words[kind]) this.#ownWords[kind][id] = this.#tables[kind].id(is);
    for (const shape of SHAPES) for (const { id, is } of pieces[shape]) this.#hearPiece(shape, id, is);
  }

  #hearPiece(shape: Shape, id: number, words: readonly number[]): void {
    const own = new Int32Array(WORDS[shape]);
    for (const [i, word] of words.entries())
      own[i] = this.#ownWords[kindAt(FIRST_WORD[shape] + i)][word] ?? 0;
    this.#ownPieces[shape][id] = this.#pieces[shape].id(own, 0);
  }

  /** Copies the collapsed state that stands at `from` in `states`, in own numbers. */
  translate(states: Int32Array, from: number, into: Int32Array): void {
    into[0] = this.#ownPieces.heads[states[from] ?? 0] ?? 0;
    for (let i = 1; i < into.length; i++) into[i] = this.#ownPieces.blocks[states[from + i] ?? 0] ?? 0;
  }
}
