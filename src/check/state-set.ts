/**
 * A set of global states, collapsed: a state is a head and a block of words for each guest, and the same few blocks occur
 * in many states. So blocks are kept once, and a state is the tuple of their numbers. The index of a state is its name;
 * the queue of a breadth-first search is the set itself.
 */
import { TupleSet } from "./tuple-set.ts";

export class StateSet {
  readonly #heads: TupleSet;
  readonly #blocks: TupleSet;
  readonly #states: TupleSet;
  readonly #tuple: Int32Array;
  readonly #head: Int32Array;
  readonly #block: Int32Array;

  constructor(headWords: number, blockWords: number, blocks: number) {
    this.#heads = new TupleSet(headWords);
    this.#blocks = new TupleSet(blockWords);
    this.#states = new TupleSet(1 + blocks);
    this.#tuple = new Int32Array(1 + blocks);
    this.#head = new Int32Array(headWords);
    this.#block = new Int32Array(blockWords);
  }

  get size(): number {
    return this.#states.size;
  }

  get bytes(): number {
    return this.#states.bytes + this.#heads.bytes + this.#blocks.bytes;
  }

  /** Bytes that the next state takes for a moment. */
  get bytesToGrow(): number {
    return this.#states.bytesToGrow;
  }

  /** The index of the state; its one's complement (negative) when it is new. */
  add(state: Int32Array): number {
    const tuple = this.#tuple;
    const head = this.#head;
    const block = this.#block;
    for (let i = 0; i < head.length; i++) head[i] = state[i] ?? 0;
    tuple[0] = known(this.#heads.add(head));
    for (let at = head.length, i = 1; i < tuple.length; at += block.length, i++) {
      for (let j = 0; j < block.length; j++) block[j] = state[at + j] ?? 0;
      tuple[i] = known(this.#blocks.add(block));
    }
    return this.#states.add(tuple);
  }

  /** Copies a state out. */
  read(index: number, into: Int32Array): void {
    const tuple = this.#tuple;
    this.#states.read(index, tuple);
    this.#heads.read(tuple[0] ?? 0, into);
    for (let at = this.#head.length, i = 1; i < tuple.length; at += this.#block.length, i++)
      this.#blocks.read(tuple[i] ?? 0, into, at);
  }
}

const known = (index: number): number => (index < 0 ? ~index : index);
