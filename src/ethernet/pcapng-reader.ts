/**
 * Reads pcapng capture files: section headers, interface descriptions, enhanced and simple packets. Every
 * other block is skipped, the obsolete packet block (type 2) among them.
 */
import { type CaptureReader, hex32, LINKTYPE_ETHERNET, type RawFrame } from "./capture-reader.ts";
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
  SIMPLE,
} from "./pcapng-format.ts";

const NS_PER_SECOND = 1_000_000_000n;
/** Ticks per second of an interface that does not say otherwise: microseconds. */
const DEFAULT_TICKS_PER_SECOND = 1_000_000n;

interface Interface {
  /** Bytes kept of each frame; 0 when there is no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  /** Seconds to add to each time. */
  readonly offsetSeconds: bigint;
}

interface Block {
  readonly type: number;
  /** Of the first byte of the block, and of the byte behind its last. */
  readonly at: number;
  readonly end: number;
  /** Of the first byte of the body, and of the byte behind its last. */
  readonly body: number;
  readonly bodyEnd: number;
}

/**
 * The frames of all sections; undefined when the file is no pcapng. Throws a CAPTURE error when it is
 * malformed.
 */
export function readPcapng(reader: CaptureReader): readonly RawFrame[] | undefined {
  if (reader.u32(0) !== BLOCK.section) return undefined;
  const frames: RawFrame[] = [];
  let interfaces: Interface[] = [];
  let at = 0;
  while (at < reader.sizeBytes) {
    const block = readBlock(reader, at);
    switch (block.type) {
      case BLOCK.section:
        checkVersion(reader, block);
        interfaces = [];
        break;
      case BLOCK.interface:
        interfaces.push(readInterface(reader, block));
        break;
      case BLOCK.enhancedPacket:
        frames.push(readEnhanced(reader, block, interfaces));
        break;
      case BLOCK.simplePacket:
        frames.push(readSimple(reader, block, interfaces));
        break;
    }
    at = block.end;
  }
  return frames;
}

/** The smallest body that holds the fixed fields of a block of this type. */
function leastBodyBytes(type: number): number {
  switch (type) {
    case BLOCK.section:
      return SECTION.bytes;
    case BLOCK.interface:
      return INTERFACE.bytes;
    case BLOCK.enhancedPacket:
      return ENHANCED.bytes;
    case BLOCK.simplePacket:
      return SIMPLE.bytes;
    default:
      return 0;
  }
}

function readBlock(reader: CaptureReader, at: number): Block {
  const type = reader.u32(at);
  if (type === BLOCK.section) detectByteOrder(reader, at + FRAMING_BYTES.head);
  const totalBytes = reader.u32(at + 4);
  const leastBytes = FRAMING_BYTES.head + leastBodyBytes(type) + FRAMING_BYTES.tail;
  if (totalBytes % 4 !== 0 || totalBytes < leastBytes || totalBytes > reader.sizeBytes - at) {
    const bounds = `a multiple of 4 from ${leastBytes} to ${reader.sizeBytes - at}`;
    reader.fail(at + 4, `a block of ${totalBytes} bytes`, bounds);
  }
  const end = at + totalBytes;
  const bodyEnd = end - FRAMING_BYTES.tail;
  const repeated = reader.u32(bodyEnd);
  if (repeated !== totalBytes) reader.fail(bodyEnd, `${repeated} as the block's length`, `${totalBytes}`);
  return { type, at, end, body: at + FRAMING_BYTES.head, bodyEnd };
}

/** A section's type reads the same in both orders; its first word tells which one holds from here on. */
function detectByteOrder(reader: CaptureReader, at: number): void {
  reader.littleEndian = true;
  const magic = reader.u32(at);
  if (magic === BYTE_ORDER_MAGIC) return;
  reader.littleEndian = false;
  if (reader.u32(at) !== BYTE_ORDER_MAGIC) {
    reader.fail(at, `byte-order magic ${hex32(magic)}`, `${hex32(BYTE_ORDER_MAGIC)} in either order`);
  }
}

function checkVersion(reader: CaptureReader, block: Block): void {
  const version = reader.u16(block.body + SECTION.majorVersion);
  if (version !== MAJOR_VERSION) {
    reader.fail(block.body + SECTION.majorVersion, `version ${version}`, `version ${MAJOR_VERSION}`);
  }
}

function readInterface(reader: CaptureReader, block: Block): Interface {
  const linkType = reader.u16(block.body + INTERFACE.linkType);
  if (linkType !== LINKTYPE_ETHERNET) {
    reader.fail(block.body + INTERFACE.linkType, `link type ${linkType}`, `${LINKTYPE_ETHERNET} (Ethernet)`);
  }
  let ticksPerSecond = DEFAULT_TICKS_PER_SECOND;
  let offsetSeconds = 0n;
  for (const { code, at, length } of readOptions(reader, block.body + INTERFACE.bytes, block.bodyEnd)) {
    if (code === OPTION.interfaceResolution && length === 1) {
      const [exponent = 0] = reader.bytes(at, 1);
      ticksPerSecond = exponent < 0x80 ? 10n ** BigInt(exponent) : 2n ** BigInt(exponent & 0x7f);
    }
    if (code === OPTION.interfaceOffset && length === 8) offsetSeconds = readOffset(reader, at);
    if (code === OPTION.interfaceFcsLength && length === 1 && reader.bytes(at, 1)[0] !== 0) {
      reader.fail(at, "frames with FCS", "frames without");
    }
  }
  return { snapLength: reader.u32(block.body + INTERFACE.snapLength), ticksPerSecond, offsetSeconds };
}

/** A signed 64-bit integer: unlike a packet's time it is not kept as two halves. */
function readOffset(reader: CaptureReader, at: number): bigint {
  const [low, high] = reader.littleEndian ? [at, at + 4] : [at + 4, at];
  return BigInt.asIntN(64, (BigInt(reader.u32(high)) << 32n) | BigInt(reader.u32(low)));
}

/** The options from `at` to `end`, or to the end-of-options mark. */
function* readOptions(
  reader: CaptureReader,
  at: number,
  end: number,
): Generator<{ readonly code: number; readonly at: number; readonly length: number }> {
  while (at + OPTION_HEADER_BYTES <= end) {
    const code = reader.u16(at);
    const length = reader.u16(at + 2);
    if (code === OPTION.end) return;
    const value = at + OPTION_HEADER_BYTES;
    if (padded(length) > end - value) {
      reader.fail(at + 2, `an option of ${length} bytes`, `at most ${end - value}`);
    }
    yield { code, at: value, length };
    at = value + padded(length);
  }
}

function readEnhanced(reader: CaptureReader, block: Block, interfaces: readonly Interface[]): RawFrame {
  const index = reader.u32(block.body + ENHANCED.interface);
  const source = interfaces[index];
  if (source === undefined) {
    reader.fail(block.body + ENHANCED.interface, `interface ${index}`, `less than ${interfaces.length}`);
  }
  const capturedBytes = reader.u32(block.body + ENHANCED.capturedBytes);
  const originalBytes = reader.u32(block.body + ENHANCED.originalBytes);
  const most = Math.min(originalBytes, block.bodyEnd - block.body - ENHANCED.bytes);
  if (capturedBytes > most) {
    reader.fail(block.body + ENHANCED.capturedBytes, `${capturedBytes} bytes captured`, `at most ${most}`);
  }
  const high = BigInt(reader.u32(block.body + ENHANCED.timestampHigh));
  const ticks = (high << 32n) | BigInt(reader.u32(block.body + ENHANCED.timestampLow));
  return {
    atNs: source.offsetSeconds * NS_PER_SECOND + (ticks * NS_PER_SECOND) / source.ticksPerSecond,
    bytes: reader.bytes(block.body + ENHANCED.bytes, capturedBytes),
    originalBytes,
  };
}

/**
 * A simple packet is of the section's first interface and has no time; its captured length follows from the
 * others.
 */
function readSimple(reader: CaptureReader, block: Block, interfaces: readonly Interface[]): RawFrame {
  const [source] = interfaces;
  if (source === undefined) reader.fail(block.at, "a packet", "an interface description before it");
  const originalBytes = reader.u32(block.body + SIMPLE.originalBytes);
  const capturedBytes = Math.min(originalBytes, source.snapLength || originalBytes);
  const room = block.bodyEnd - block.body - SIMPLE.bytes;
  if (capturedBytes > room) {
    reader.fail(block.body + SIMPLE.originalBytes, `${capturedBytes} bytes captured`, `at most ${room}`);
  }
  const bytes = reader.bytes(block.body + SIMPLE.bytes, capturedBytes);
  return { atNs: undefined, bytes, originalBytes };
}
