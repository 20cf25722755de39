/**
 * What the readers of both capture formats share: the frames they answer with, and bounded access to the
 * file.
 */
import { VpioError } from "../base/errors.ts";

export interface CapturedFrame {
  /**
   * Nanoseconds since the capture's first frame that has a time; negative when the file is out of order.
   * Exact within 104 days of it (2^53 ns), rounded beyond.
   */
  readonly timestampNs: number;
  /** What was captured, without FCS: a view of the file. */
  readonly bytes: Uint8Array;
  /** The frame's length on the wire; more than `bytes.length` when the capture's snap length cut it off. */
  readonly originalBytes: number;
}

export interface Capture {
  readonly fileName: string;
  readonly frames: readonly CapturedFrame[];
  /** When the first frame was captured, in nanoseconds since 1970; 0 when no frame has a time. */
  readonly startNs: bigint;
}

/** A frame as the file has it; `atNs` is undefined where the format keeps no time. */
export interface RawFrame {
  readonly atNs: bigint | undefined;
  readonly bytes: Uint8Array;
  readonly originalBytes: number;
}

/** LINKTYPE_ETHERNET, the only one that is accepted. */
export const LINKTYPE_ETHERNET = 1;

export const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

/** Makes times relative to the first one; a frame without time takes that of the frame before it. */
export function toCapture(fileName: string, raw: readonly RawFrame[]): Capture {
  const startNs = raw.find((frame) => frame.atNs !== undefined)?.atNs ?? 0n;
  let timestampNs = 0;
  const frames = raw.map(({ atNs, bytes, originalBytes }) => {
    if (atNs !== undefined) timestampNs = Number(atNs - startNs);
    return { timestampNs, bytes, originalBytes };
  });
  return { fileName, frames, startNs };
}

/**
 * Integers and ranges of a file at given offsets, in the byte order that the file declares; past its end is
 * an error.
 */
export class CaptureReader {
  readonly sizeBytes: number;
  littleEndian = true;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileName: string;

  constructor(bytes: Uint8Array, fileName: string) {
    this.sizeBytes = bytes.length;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#fileName = fileName;
  }

  u16(at: number): number {
    this.#need(at, 2);
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    this.#need(at, 4);
    return this.#view.getUint32(at, this.littleEndian);
  }

  bytes(at: number, length: number): Uint8Array {
    this.#need(at, length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Refuses the file because of what is at byte `at`. */
  fail(at: number, found: string, expected: string): never {
    throw new VpioError("CAPTURE", `${this.#fileName}: at byte ${at}: found ${found}, expected ${expected}`);
  }

  #need(at: number, length: number): void {
    const left = this.sizeBytes - at;
    if (length > left) this.fail(at, `${Math.max(0, left)} bytes left`, `${length}`);
  }
}
