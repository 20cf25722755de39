/**
 * Which pages of a memory a foreign hand has written to, between threads: cards note them, the one who keeps something
 * about pages (translated code) takes them. A bit for each page, and one word that says whether to look at all. A page
 * that is noted while others are taken is taken now or the next time, and never lost: its bit is set before the word.
 */
import { PAGE_BYTES } from "./memory.ts";

const ANY_WORD = 0;
const FIRST_WORD = 1;
const BITS = 32;

export class PageLog {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** What a log of a memory of `bytes` needs, with nothing noted. */
  static create(bytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (FIRST_WORD + Math.ceil(bytes / PAGE_BYTES / BITS)));
  }

  /** `bytes` were written at `address`, both within the memory. */
  note(address: number, bytes: number): void {
    if (bytes === 0) return;
    const last = Math.floor((address + bytes - 1) / PAGE_BYTES);
    for (let page = Math.floor(address / PAGE_BYTES); page <= last; page++) {
      Atomics.or(this.#words, FIRST_WORD + Math.floor(page / BITS), 1 << (page % BITS));
    }
    Atomics.store(this.#words, ANY_WORD, 1);
  }

  /** Calls `visit` with the first address of each page noted since the last time. */
  take(visit: (address: number) => void): void {
    if (Atomics.exchange(this.#words, ANY_WORD, 0) === 0) return;
    for (let word = FIRST_WORD; word < this.#words.length; word++) {
      if (Atomics.load(this.#words, word) === 0) continue;
      let bits = Atomics.exchange(this.#words, word, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        visit(((word - FIRST_WORD) * BITS + bit) * PAGE_BYTES);
        bits &= bits - 1;
      }
    }
  }
}
