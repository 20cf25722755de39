/** Lists of integers that grow without being copied: in blocks, so that a long one never needs its size twice. */

const BLOCK_BITS = 16;
const BLOCK_WORDS = 1 << BLOCK_BITS;

export class Ints {
  readonly #blocks: Int32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#blocks.length * BLOCK_WORDS * 4;
  }

  push(value: number): void {
    const at = this.#length++;
    const block = at >>> BLOCK_BITS;
    if (block === this.#blocks.length) this.#blocks.push(new Int32Array(BLOCK_WORDS));
    (this.#blocks[block] as Int32Array)[at & (BLOCK_WORDS - 1)] = value;
  }

  /** In place of an earlier value. */
  set(index: number, value: number): void {
    const block = this.#blocks[index >>> BLOCK_BITS];
    if (block !== undefined) block[index & (BLOCK_WORDS - 1)] = value;
  }

  at(index: number): number {
    return this.#blocks[index >>> BLOCK_BITS]?.[index & (BLOCK_WORDS - 1)] ?? 0;
  }
}
