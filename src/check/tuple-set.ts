/**
 * A set of tuples of `width` integers, kept one after the other in the order of their arrival and found through an
 * open-addressing table. The index of a tuple is its name.
 */

const BLOCK_BITS = 12;
const BLOCK_TUPLES = 1 << BLOCK_BITS;
const FIRST_PLACES = 1 << 13;

export class TupleSet {
  readonly width: number;
  /** Blocks of tuples: they are never copied, however many there will be. */
  readonly #blocks: Int32Array[] = [];
  /** Index + 1 of the tuple in this place; 0: empty. At most half full. */
  #table = new Int32Array(FIRST_PLACES);
  #size = 0;

  constructor(width: number) {
    this.width = width;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#blocks.length * BLOCK_TUPLES * this.width * 4 + this.#table.byteLength;
  }

  /** Bytes that the next tuple takes for a moment: many when the table has to grow. */
  get bytesToGrow(): number {
    return this.full ? 2 * this.#table.byteLength : 0;
  }

  get full(): boolean {
    return 2 * (this.#size + 1) > this.#table.length;
  }

  /** The index of the tuple; its one's complement (negative) when it is new. */
  add(tuple: Int32Array): number {
    if (this.full) this.#grow();
    const mask = this.#table.length - 1;
    for (let at = hashOf(tuple, 0, this.width) & mask; ; at = (at + 1) & mask) {
      const index = (this.#table[at] ?? 0) - 1;
      if (index < 0) {
        this.#keep(tuple);
        this.#table[at] = this.#size;
        return ~(this.#size - 1);
      }
      if (this.#equals(index, tuple)) return index;
    }
  }

  /** Copies a tuple out, to the words of `into` from `start`. */
  read(index: number, into: Int32Array, start = 0): void {
    const block = this.#blocks[index >>> BLOCK_BITS];
    const from = (index & (BLOCK_TUPLES - 1)) * this.width;
    for (let i = 0; i < this.width; i++) into[start + i] = block?.[from + i] ?? 0;
  }

  #keep(tuple: Int32Array): void {
    const index = this.#size++;
    const block = index >>> BLOCK_BITS;
    if (block === this.#blocks.length) this.#blocks.push(new Int32Array(BLOCK_TUPLES * this.width));
    this.#blocks[block]?.set(tuple, (index & (BLOCK_TUPLES - 1)) * this.width);
  }

  #equals(index: number, tuple: Int32Array): boolean {
    const block = this.#blocks[index >>> BLOCK_BITS] as Int32Array;
    const from = (index & (BLOCK_TUPLES - 1)) * this.width;
    for (let i = 0; i < this.width; i++) if (block[from + i] !== tuple[i]) return false;
    return true;
  }

  #grow(): void {
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let index = 0; index < this.#size; index++) {
      const block = this.#blocks[index >>> BLOCK_BITS] as Int32Array;
      let at = hashOf(block, (index & (BLOCK_TUPLES - 1)) * this.width, this.width) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = index + 1;
    }
    this.#table = table;
  }
}

/** Multiply and rotate over the words, then mix (the finalizer of MurmurHash3). */
function hashOf(words: Int32Array, from: number, width: number): number {
  let hash = 0;
  for (let i = from; i < from + width; i++) {
    hash = Math.imul((hash ^ (words[i] ?? 0)) | 0, 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
