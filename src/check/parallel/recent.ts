/** Tuples that were met not long ago: each has one place, which the last one there keeps. */
import { hashOfTuple } from "../tuple-set.ts";

const PLACES = 1 << 16;

export class RecentTuples {
  readonly #width: number;
  readonly #tuples: Int32Array;

  constructor(width: number) {
    this.#width = width;
    this.#tuples = new Int32Array(PLACES * width).fill(-1);
  }

  /** True when the tuple was met; from now on it was. */
  meet(tuple: Int32Array): boolean {
    const width = this.#width;
    const at = (hashOfTuple(tuple, 0, width) & (PLACES - 1)) * width;
    let same = true;
    for (let i = 0; i < width; i++) {
      same &&= this.#tuples[at + i] === tuple[i];
      this.#tuples[at + i] = tuple[i] ?? 0;
    }
    return same;
  }
}
