/**
 * A set of tuples of `width` integers, kept one after the other in the order of their arrival and found
 * through an open-addressing table. The index of a tuple is its name.
 */

const BLOCK_BITS = 15;
const BLOCK_TUPLES = 1 << BLOCK_BITS;
const FIRST_BITS = 12;

export class TupleSet {
  readonly width: number;
  /** Blocks of tuples: they are never copied, however many there will be. */
  readonly #blocks: Int32Array[] = [];
  /**
   * Of the tuple in this place: index + 1, and above these bits as much of its hash as there is room for, so
   * that others are hardly ever compared; 0: empty. At most three quarters full.
   */
  #table = new Int32Array(1 << FIRST_BITS);
  #bits = FIRST_BITS;
  #size = 0;
  /** Of the tuples added last, together. */
  #indices = new Int32Array(0);

  constructor(width: number) {
    this.width = width;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#blocks.length * BLOCK_TUPLES * this.width * 4 + this.#table.byteLength;
  }

  /** Bytes that `count` more tuples may take for a moment: many when the table has to grow. */
  bytesToGrow(count: number): number {
    return this.#hasRoom(count) ? 0 : 2 * this.#table.byteLength;
  }

  #hasRoom(count: number): boolean {
    return 4 * (this.#size + count) <= 3 * this.#table.length;
  }

  /** The index of the tuple; its one's complement (negative) when it is new. */
  add(tuple: Int32Array): number {
    if (!this.#hasRoom(1)) this.#grow();
    return this.#addAt(tuple, hashOfTuple(tuple, 0, this.width));
  }

  /**
   * The same for the first `count` of many tuples. The table is read all over, and most of the time goes by
   * waiting for the memory; so all that will be needed is asked for first, and waited for once. The answers
   * are valid until the next call.
   */
  addAll(tuples: readonly Int32Array[], count: number): Int32Array {
    while (!this.#hasRoom(count)) this.#grow();
    if (this.#indices.length < count) this.#indices = new Int32Array(2 * count);
    const indices = this.#indices;
    for (let i = 0; i < count; i++) indices[i] = hashOfTuple(tuples[i] as Int32Array, 0, this.width);
    this.#touch(indices, count);
    for (let i = 0; i < count; i++) indices[i] = this.#addAt(tuples[i] as Int32Array, indices[i] ?? 0);
    return indices;
  }

  /** Reads what `addAll` will read; answers something, so that it is not left out. */
  #touch(hashes: Int32Array, count: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    let touched = 0;
    for (let i = 0; i < count; i++) touched ^= table[(hashes[i] ?? 0) & mask] ?? 0;
    for (let i = 0; i < count; i++) {
      const index = ((table[(hashes[i] ?? 0) & mask] ?? 0) & mask) - 1;
      if (index < 0) continue;
      const block = this.#blocks[index >>> BLOCK_BITS] as Int32Array;
      touched ^= block[(index & (BLOCK_TUPLES - 1)) * this.width] ?? 0;
    }
    return touched;
  }

  /** Copies a tuple out, to the words of `into` from `start`. */
  read(index: number, into: Int32Array, start = 0): void {
    const block = this.#blocks[index >>> BLOCK_BITS];
    const from = (index & (BLOCK_TUPLES - 1)) * this.width;
    for (let i = 0; i < this.width; i++) into[start + i] = block?.[from + i] ?? 0;
  }

  #addAt(tuple: Int32Array, hash: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const tag = hash >>> this.#bits;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = table[at] ?? 0;
      if (entry === 0) {
        this.#keep(tuple);
        table[at] = (tag << this.#bits) | this.#size;
        return ~(this.#size - 1);
      }
      const index = (entry & mask) - 1;
      if (entry >>> this.#bits === tag && this.#equals(index, tuple)) return index;
    }
  }

  #keep(tuple: Int32Array): void {
    const index = this.#size++;
    const block = index >>> BLOCK_BITS;
    if (block === this.#blocks.length) this.#blocks.push(new Int32Array(BLOCK_TUPLES * this.width));
    const words = this.#blocks[block] as Int32Array;
    const from = (index & (BLOCK_TUPLES - 1)) * this.width;
    for (let i = 0; i < this.width; i++) words[from + i] = tuple[i] ?? 0;
  }

  #equals(index: number, tuple: Int32Array): boolean {
    const block = this.#blocks[index >>> BLOCK_BITS] as Int32Array;
    const from = (index & (BLOCK_TUPLES - 1)) * this.width;
    for (let i = 0; i < this.width; i++) if (block[from + i] !== tuple[i]) return false;
    return true;
  }

  #grow(): void {
    const bits = ++this.#bits;
    const table = new Int32Array(1 << bits);
    const mask = table.length - 1;
    for (let index = 0; index < this.#size; index++) {
      const block = this.#blocks[index >>> BLOCK_BITS] as Int32Array;
      const hash = hashOfTuple(block, (index & (BLOCK_TUPLES - 1)) * this.width, this.width);
      let at = hash & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = ((hash >>> bits) << bits) | (index + 1);
    }
    this.#table = table;
  }
}

/** Multiply and rotate over the words, then mix. */
export function hashOfTuple(words: Int32Array, from: number, width: number): number {
  let hash = 0;
  for (let i = from; i < from + width; i++) {
    hash = Math.imul((hash ^ (words[i] ?? 0)) | 0, 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  return mixed(hash);
}

/** Every bit of the result depends on every bit of the word: the finalizer of MurmurHash3. */
export function mixed(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
