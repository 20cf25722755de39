/**
 * A set of states: tuples of `width` integers, kept one after the other in the order of their arrival, found through an
 * open-addressing table. The index of a state is its name; the queue of a breadth-first search is the set itself.
 */

const FIRST_CAPACITY = 1 << 12;

export class StateSet {
  readonly width: number;
  #states: Int32Array;
  /** Index + 1 of the state in this place; 0: empty. At most half full. */
  #table: Int32Array;
  #size = 0;

  constructor(width: number) {
    this.width = width;
    this.#states = new Int32Array(width * FIRST_CAPACITY);
    this.#table = new Int32Array(2 * FIRST_CAPACITY);
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#states.byteLength + this.#table.byteLength;
  }

  /** Bytes that will be in use, for a moment, when the set has to grow. */
  get bytesToGrow(): number {
    return this.bytes + 2 * this.bytes;
  }

  get full(): boolean {
    return 2 * (this.#size + 1) > this.#table.length;
  }

  /** The index of the state; its one's complement (negative) when it is new. */
  add(state: Int32Array): number {
    if (this.full) this.#grow();
    const mask = this.#table.length - 1;
    for (let at = hashOf(state) & mask; ; at = (at + 1) & mask) {
      const index = (this.#table[at] ?? 0) - 1;
      if (index < 0) {
        this.#states.set(state, this.#size * this.width);
        this.#table[at] = ++this.#size;
        return ~(this.#size - 1);
      }
      if (this.#equals(index, state)) return index;
    }
  }

  /** Copies a state out. */
  read(index: number, into: Int32Array): void {
    const from = index * this.width;
    for (let i = 0; i < this.width; i++) into[i] = this.#states[from + i] ?? 0;
  }

  #equals(index: number, state: Int32Array): boolean {
    const from = index * this.width;
    for (let i = 0; i < this.width; i++) if (this.#states[from + i] !== state[i]) return false;
    return true;
  }

  #grow(): void {
    const states = new Int32Array(2 * this.#states.length);
    states.set(this.#states);
    this.#states = states;
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let at = hashOf(states.subarray(index * this.width, (index + 1) * this.width)) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = index + 1;
    }
    this.#table = table;
  }
}

/** Multiply and rotate over the words, then mix (the finalizer of MurmurHash3). */
function hashOf(state: Int32Array): number {
  let hash = 0;
  for (let i = 0; i < state.length; i++) {
    hash = Math.imul((hash ^ (state[i] ?? 0)) | 0, 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
