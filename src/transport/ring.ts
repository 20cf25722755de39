/**
 * A ring of fixed-size cells with one producer and one consumer, in memory that two threads share. Either side owns one
 * counter and only reads the other's; no lock, no copy: cells are written and read in place, by byte offset.
 *
 * Layout: the head counter, the tail counter and the room-wanted flag, each on its own 128-byte line (two cache lines,
 * because processors fetch them in pairs); then the cells. The counters run freely modulo 2^32.
 *
 * A cell's plain stores come before the atomic store of the head that publishes it, and the consumer's plain loads come
 * after its atomic load of that head: the atomics order them (ECMA-262, section 29, "synchronizes with").
 */
import { invariant } from "../base/errors.ts";

/** Words that two threads write are this far apart. */
export const LINE_BYTES = 128;
/** Bytes before the first cell. */
export const RING_HEADER_BYTES = 3 * LINE_BYTES;

/** Word index of the count of cells published so far; the producer writes it. */
export const HEAD_WORD = 0;
/** Word index of the count of cells released so far; the consumer writes it. */
export const TAIL_WORD = LINE_BYTES / 4;
/** Word index of a flag: the producer stores 1 to be told of room, the consumer takes it back to 0. */
const ROOM_WANTED_WORD = (2 * LINE_BYTES) / 4;

export interface RingShape {
  /** How many cells: a power of two. */
  readonly cells: number;
  /** Bytes of each cell: a multiple of 64. */
  readonly cellBytes: number;
  /** Who sends to whom, for diagnostics. */
  readonly name?: string;
}

/** Where a ring lives: plain data, to send to the worker that opens the other face. */
export interface RingSpec extends Required<RingShape> {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  /** Where the ring begins in `buffer`. */
  readonly byteOffset: number;
}

/** A place for a ring in a larger buffer; `byteOffset` is a multiple of 128, and the memory there is zero. */
export interface RingPlace {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  readonly byteOffset: number;
}

/** How many bytes a ring takes; a multiple of 128, so that rings can be laid one after the other. */
export function ringBytes({ cells, cellBytes }: RingShape): number {
  return Math.ceil((RING_HEADER_BYTES + cells * cellBytes) / LINE_BYTES) * LINE_BYTES;
}

/** Lays out an empty ring, in a SharedArrayBuffer of its own unless `place` says where. */
export function createRing(shape: RingShape, place?: RingPlace): RingSpec {
  const { cells, cellBytes, name = "ring" } = shape;
  invariant(cells > 0 && cells <= 2 ** 24 && (cells & (cells - 1)) === 0, `${name}: ${cells} cells`);
  invariant(cellBytes > 0 && cellBytes % 64 === 0, `${name}: cells of ${cellBytes} bytes`);
  invariant(cells * cellBytes < 2 ** 31, `${name}: byte offsets fit 31 bits`);
  const { buffer, byteOffset } = place ?? { buffer: new SharedArrayBuffer(ringBytes(shape)), byteOffset: 0 };
  invariant(byteOffset % LINE_BYTES === 0, `${name}: at byte ${byteOffset}`);
  return { name, buffer, byteOffset, cells, cellBytes };
}

/** What both faces share: the counters and three views of the cells, where offset 0 is the first cell. */
class RingFace {
  readonly spec: RingSpec;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  protected readonly words: Int32Array;

  constructor(spec: RingSpec) {
    const start = spec.byteOffset + RING_HEADER_BYTES;
    const bytes = spec.cells * spec.cellBytes;
    this.spec = spec;
    this.words = new Int32Array(spec.buffer, spec.byteOffset, RING_HEADER_BYTES / 4);
    this.i32 = new Int32Array(spec.buffer, start, bytes / 4);
    this.f64 = new Float64Array(spec.buffer, start, bytes / 8);
    this.u8 = new Uint8Array(spec.buffer, start, bytes);
  }
}

/**
 * The producer's face. `reserve` a cell, write it through a view, `advance`: the cell is posted, and nobody sees it. One
 * `publish` then shows all posted cells, which is what makes posted writes cheap.
 */
export class RingWriter extends RingFace {
  readonly #cells: number;
  readonly #cellBytes: number;
  /** Cells posted so far. */
  #head: number;
  /** The head that the consumer sees. */
  #published: number;
  /** The tail as last read: the true one may be ahead, never behind. */
  #tail: number;

  constructor(spec: RingSpec) {
    super(spec);
    this.#cells = spec.cells;
    this.#cellBytes = spec.cellBytes;
    this.#head = Atomics.load(this.words, HEAD_WORD);
    this.#published = this.#head;
    this.#tail = Atomics.load(this.words, TAIL_WORD);
  }

  /** How many cells can be reserved at least. Reads the consumer's counter only when the ring looks full. */
  room(): number {
    const room = this.#cells - ((this.#head - this.#tail) | 0);
    if (room > 0) return room;
    this.#tail = Atomics.load(this.words, TAIL_WORD);
    return this.#cells - ((this.#head - this.#tail) | 0);
  }

  /** How many cells can be reserved, as the consumer's counter says now: for those who must keep some free. */
  roomNow(): number {
    this.#tail = Atomics.load(this.words, TAIL_WORD);
    return this.#cells - ((this.#head - this.#tail) | 0);
  }

  /**
   * The byte offset of the next free cell, or undefined when the ring is full: then publish, and serve your own inbox
   * until there is room. The same cell until `advance`.
   */
  reserve(): number | undefined {
    return this.room() > 0 ? (this.#head & (this.#cells - 1)) * this.#cellBytes : undefined;
  }

  /** The reserved cell is written: it is posted. */
  advance(): void {
    if (((this.#head - this.#tail) | 0) >= this.#cells) invariant(false, `${this.spec.name}: not reserved`);
    this.#head = (this.#head + 1) | 0;
  }

  /** Shows the posted cells to the consumer; false when there were none. If true, ring the consumer's doorbell. */
  publish(): boolean {
    if (this.#head === this.#published) return false;
    Atomics.store(this.words, HEAD_WORD, this.#head);
    this.#published = this.#head;
    return true;
  }

  /** How many cells are posted and not yet published. */
  get unpublished(): number {
    return (this.#head - this.#published) | 0;
  }

  /**
   * True when there is room; otherwise the consumer has been asked to ring when there is. For the `ready` of a sleep: the
   * flag goes up before the tail is read once more, and the consumer moves the tail before it reads the flag, so that one
   * of the two sees the other. Posted cells must have been published, or the consumer has nothing to release.
   */
  awaitRoom(): boolean {
    if (this.room() > 0) return true;
    invariant(this.unpublished === 0, `${this.spec.name}: waiting for room with unpublished cells`);
    if (Atomics.load(this.words, ROOM_WANTED_WORD) === 1) return false;
    Atomics.store(this.words, ROOM_WANTED_WORD, 1);
    return this.room() > 0;
  }
}

/** The consumer's face: `peek` at the oldest published cell, read it through a view, `release` it. */
export class RingReader extends RingFace {
  readonly #mask: number;
  readonly #cellBytes: number;
  /** The head as last read: the true one may be ahead, never behind. */
  #head: number;
  /** Cells released so far. */
  #tail: number;

  constructor(spec: RingSpec) {
    super(spec);
    this.#mask = spec.cells - 1;
    this.#cellBytes = spec.cellBytes;
    this.#head = Atomics.load(this.words, HEAD_WORD);
    this.#tail = Atomics.load(this.words, TAIL_WORD);
  }

  /** The byte offset of the oldest published cell, or undefined when there is none. Valid until `release`. */
  peek(): number | undefined {
    return this.isEmpty() ? undefined : (this.#tail & this.#mask) * this.#cellBytes;
  }

  /** Reads the producer's counter only when all cells known of are released. */
  isEmpty(): boolean {
    if (this.#head !== this.#tail) return false;
    this.#head = Atomics.load(this.words, HEAD_WORD);
    return this.#head === this.#tail;
  }

  /** The oldest cell is consumed: the producer may write it again. */
  release(): void {
    if (this.#head === this.#tail) invariant(false, `${this.spec.name}: nothing to release`);
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.words, TAIL_WORD, this.#tail);
  }

  /** How many published cells are waiting, now. */
  get available(): number {
    this.#head = Atomics.load(this.words, HEAD_WORD);
    return (this.#head - this.#tail) | 0;
  }

  /** Takes the producer's wish to be told of room. If true, ring the producer's doorbell. Call it after `release`. */
  takeRoomRequest(): boolean {
    if (Atomics.load(this.words, ROOM_WANTED_WORD) === 0) return false;
    Atomics.store(this.words, ROOM_WANTED_WORD, 0);
    return true;
  }
}
