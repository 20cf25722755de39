/**
 * Writes pcapng capture files, block by block: one section, little-endian, times in nanoseconds, Ethernet
 * without FCS.
 */
import { invariant } from "../base/errors.ts";
import { LINKTYPE_ETHERNET } from "./capture-reader.ts";
import {
  BLOCK,
  BYTE_ORDER_MAGIC,
  ENHANCED,
  FRAMING_BYTES,
  INTERFACE,
  MAJOR_VERSION,
  OPTION,
  OPTION_HEADER_BYTES,
  padded,
  SECTION,
} from "./pcapng-format.ts";

/** Minus the power of ten that a tick is of a second. */
const NANOSECONDS = 9;
/** The low bits of epb_flags. */
const DIRECTION = { in: 1, out: 2 } as const;
const LONGEST_OPTION_BYTES = 0xffff;
/** A section whose length is not known beforehand, as both halves of -1. */
const UNKNOWN_LENGTH = 0xffff_ffff;

export interface PcapngInterface {
  readonly name: string;
  readonly description?: string;
  /** Bits per second. */
  readonly speed?: bigint;
}

export interface PcapngOptions {
  /** Packets name their interface by its place in this list. */
  readonly interfaces: readonly PcapngInterface[];
  /** What wrote the file. */
  readonly application: string;
  /** About the whole capture. */
  readonly comment?: string;
}

export interface PcapngPacket {
  readonly interface: number;
  /** Nanoseconds since 1970, 0 .. 2^64 - 1. */
  readonly timestampNs: bigint;
  /** The whole frame, without FCS. */
  readonly bytes: Uint8Array;
  readonly comment?: string;
  /** As the interface sees it. */
  readonly direction?: "in" | "out";
}

/** Texts longer than 65,535 bytes are cut at a character. */
export class PcapngWriter {
  readonly #options: PcapngOptions;

  constructor(options: PcapngOptions) {
    this.#options = options;
  }

  /** The section header and the interface descriptions: what the file begins with. */
  header(): Uint8Array {
    return concatenate([this.#section(), ...this.#options.interfaces.map(interfaceBlock)]);
  }

  /** One frame. They may follow each other in any order of time. */
  packet(packet: PcapngPacket): Uint8Array {
    const count = this.#options.interfaces.length;
    invariant(packet.interface < count, `packet of interface ${packet.interface}, of ${count}`);
    const fixed = new Uint8Array(ENHANCED.bytes);
    const view = new DataView(fixed.buffer);
    view.setUint32(ENHANCED.interface, packet.interface, true);
    view.setUint32(ENHANCED.timestampHigh, Number(BigInt.asUintN(32, packet.timestampNs >> 32n)), true);
    view.setUint32(ENHANCED.timestampLow, Number(BigInt.asUintN(32, packet.timestampNs)), true);
    view.setUint32(ENHANCED.capturedBytes, packet.bytes.length, true);
    view.setUint32(ENHANCED.originalBytes, packet.bytes.length, true);
    const { direction } = packet;
    return block(
      BLOCK.enhancedPacket,
      [fixed, toWords(packet.bytes)],
      [
        direction === undefined ? [] : option(OPTION.packetFlags, integer(DIRECTION[direction], 4)),
        text(OPTION.comment, packet.comment),
      ],
    );
  }

  #section(): Uint8Array {
    const fixed = new Uint8Array(SECTION.bytes);
    const view = new DataView(fixed.buffer);
    view.setUint32(SECTION.byteOrderMagic, BYTE_ORDER_MAGIC, true);
    view.setUint16(SECTION.majorVersion, MAJOR_VERSION, true);
    view.setUint32(SECTION.sectionLength, UNKNOWN_LENGTH, true);
    view.setUint32(SECTION.sectionLength + 4, UNKNOWN_LENGTH, true);
    return block(
      BLOCK.section,
      [fixed],
      [
        text(OPTION.sectionApplication, this.#options.application),
        text(OPTION.comment, this.#options.comment),
      ],
    );
  }
}

function interfaceBlock({ name, description, speed }: PcapngInterface): Uint8Array {
  const fixed = new Uint8Array(INTERFACE.bytes);
  new DataView(fixed.buffer).setUint16(INTERFACE.linkType, LINKTYPE_ETHERNET, true);
  return block(
    BLOCK.interface,
    [fixed],
    [
      text(OPTION.interfaceName, name),
      text(OPTION.interfaceDescription, description),
      speed === undefined ? [] : option(OPTION.interfaceSpeed, integer(speed, 8)),
      option(OPTION.interfaceResolution, Uint8Array.of(NANOSECONDS)),
    ],
  );
}

type Chunks = readonly Uint8Array[];

/** Frames a body, which is whole words, and its options; an option that is not there is an empty list. */
function block(type: number, body: Chunks, options: readonly Chunks[]): Uint8Array {
  const present = options.flat();
  const parts = present.length === 0 ? body : [...body, ...present, ...option(OPTION.end, new Uint8Array(0))];
  const head = new Uint8Array(FRAMING_BYTES.head);
  const tail = new Uint8Array(FRAMING_BYTES.tail);
  const totalBytes = parts.reduce((sum, part) => sum + part.length, head.length + tail.length);
  new DataView(head.buffer).setUint32(0, type, true);
  new DataView(head.buffer).setUint32(4, totalBytes, true);
  new DataView(tail.buffer).setUint32(0, totalBytes, true);
  return concatenate([head, ...parts, tail]);
}

function option(code: number, value: Uint8Array): Chunks {
  const header = new Uint8Array(OPTION_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return [header, toWords(value)];
}

function text(code: number, value: string | undefined): Chunks {
  if (value === undefined) return [];
  const room = new Uint8Array(Math.min(3 * value.length, LONGEST_OPTION_BYTES));
  return option(code, room.subarray(0, new TextEncoder().encodeInto(value, room).written));
}

/** `value` in `length` bytes, little-endian. */
function integer(value: number | bigint, length: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, length);
}

/** `bytes` with zeros behind them up to a whole number of 32-bit words. */
function toWords(bytes: Uint8Array): Uint8Array {
  if (padded(bytes.length) === bytes.length) return bytes;
  const words = new Uint8Array(padded(bytes.length));
  words.set(bytes);
  return words;
}

function concatenate(chunks: Chunks): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
