/** A column of numbers that grows at its end: one typed array, with room to spare. */

type Numbers = Uint8Array | Int32Array | Uint32Array | Float64Array;

export interface NumberKind<A extends Numbers = Numbers> {
  readonly bytes: number;
  readonly make: (length: number) => A;
  readonly view: (buffer: ArrayBuffer, offset: number, length: number) => A;
}

export const U8: NumberKind<Uint8Array> = {
  bytes: 1,
  make: (length) => new Uint8Array(length),
  view: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
};
export const I32: NumberKind<Int32Array> = {
  bytes: 4,
  make: (length) => new Int32Array(length),
  view: (buffer, offset, length) => new Int32Array(buffer, offset, length),
};
export const U32: NumberKind<Uint32Array> = {
  bytes: 4,
  make: (length) => new Uint32Array(length),
  view: (buffer, offset, length) => new Uint32Array(buffer, offset, length),
};
export const F64: NumberKind<Float64Array> = {
  bytes: 8,
  make: (length) => new Float64Array(length),
  view: (buffer, offset, length) => new Float64Array(buffer, offset, length),
};

const FIRST_ROOM = 64;

export class Column {
  readonly kind: NumberKind;
  #numbers: Numbers;
  #length = 0;

  constructor(kind: NumberKind) {
    this.kind = kind;
    this.#numbers = kind.make(FIRST_ROOM);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#numbers.length) {
      const wider = this.kind.make(2 * this.#length);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers[this.#length++] = value;
  }

  /** 0 where there is no such row. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? (this.#numbers[index] ?? 0) : 0;
  }

  set(index: number, value: number): void {
    if (index < this.#length) this.#numbers[index] = value;
  }

  /** The rows from `start` up to `end`; valid until the next push. */
  slice(start: number, end: number): Numbers {
    return this.#numbers.subarray(start, Math.min(end, this.#length));
  }

  /** How many of the ascending rows are at most `value`. */
  countUpTo(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
