/**
 * Classic capture files: a file header, then each frame behind a header of its own (draft-ietf-opsawg-pcap).
 */
import { NS_PER_S, NS_PER_US } from "../base/units.ts";
import { type CaptureReader, LINKTYPE_ETHERNET, type RawFrame } from "./capture-reader.ts";

/** The first 32 bits say whether fractions of a second are micro- or nanoseconds, and the byte order. */
const MAGIC = { us: 0xa1b2c3d4, ns: 0xa1b23c4d } as const;

const FILE = { magic: 0, majorVersion: 4, minorVersion: 6, snapLength: 16, linkType: 20, bytes: 24 } as const;
const RECORD = { seconds: 0, fraction: 4, capturedBytes: 8, originalBytes: 12, bytes: 16 } as const;
const MAJOR_VERSION = 2;
const MINOR_VERSION = 4;
/** What libpcap allows at most. */
const SNAP_LENGTH = 262_144;

export type PcapResolution = keyof typeof MAGIC;

/**
 * The resolution when `reader` is at a classic capture, with its byte order set; undefined for anything else.
 */
function resolution(reader: CaptureReader): PcapResolution | undefined {
  for (const littleEndian of [true, false]) {
    reader.littleEndian = littleEndian;
    const magic = reader.u32(FILE.magic);
    if (magic === MAGIC.us) return "us";
    if (magic === MAGIC.ns) return "ns";
  }
  return undefined;
}

/**
 * The frames of a classic capture; undefined when the file is none. Throws a CAPTURE error for another
 * version or link type, or a truncated file. The link type's word must say Ethernet and nothing else: a frame
 * with FCS is not accepted.
 */
export function readPcap(reader: CaptureReader): readonly RawFrame[] | undefined {
  const fraction = resolution(reader);
  if (fraction === undefined) return undefined;
  const version = reader.u16(FILE.majorVersion);
  if (version !== MAJOR_VERSION) {
    reader.fail(FILE.majorVersion, `version ${version}`, `version ${MAJOR_VERSION}`);
  }
  const linkType = reader.u32(FILE.linkType);
  if (linkType !== LINKTYPE_ETHERNET) {
    reader.fail(FILE.linkType, `link type ${linkType}`, `${LINKTYPE_ETHERNET} (Ethernet)`);
  }
  const frames: RawFrame[] = [];
  let at: number = FILE.bytes;
  while (at < reader.sizeBytes) {
    const frame = readRecord(reader, at, fraction === "us" ? NS_PER_US : 1);
    frames.push(frame);
    at += RECORD.bytes + frame.bytes.length;
  }
  return frames;
}

function readRecord(reader: CaptureReader, at: number, fractionNs: number): RawFrame {
  const capturedBytes = reader.u32(at + RECORD.capturedBytes);
  const originalBytes = reader.u32(at + RECORD.originalBytes);
  if (capturedBytes > originalBytes) {
    reader.fail(at + RECORD.capturedBytes, `${capturedBytes} bytes captured`, `at most ${originalBytes}`);
  }
  const fractionOfSecondNs = reader.u32(at + RECORD.fraction) * fractionNs;
  return {
    atNs: BigInt(reader.u32(at + RECORD.seconds)) * BigInt(NS_PER_S) + BigInt(fractionOfSecondNs),
    bytes: reader.bytes(at + RECORD.bytes, capturedBytes),
    originalBytes,
  };
}

export interface PcapFrame {
  /** Nanoseconds since 1970; whole microseconds are kept when the resolution is "us". */
  readonly timestampNs: bigint;
  readonly bytes: Uint8Array;
  /** The length on the wire, when `bytes` is not all of it. */
  readonly originalBytes?: number;
}

export interface PcapOptions {
  readonly resolution: PcapResolution;
  readonly littleEndian: boolean;
}

/** A whole classic capture of Ethernet frames. */
export function writePcap(
  frames: readonly PcapFrame[],
  options: PcapOptions = { resolution: "ns", littleEndian: true },
): Uint8Array {
  const framesBytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  const file = new Uint8Array(FILE.bytes + frames.length * RECORD.bytes + framesBytes);
  const view = new DataView(file.buffer);
  const little = options.littleEndian;
  view.setUint32(FILE.magic, MAGIC[options.resolution], little);
  view.setUint16(FILE.majorVersion, MAJOR_VERSION, little);
  view.setUint16(FILE.minorVersion, MINOR_VERSION, little);
  view.setUint32(FILE.snapLength, SNAP_LENGTH, little);
  view.setUint32(FILE.linkType, LINKTYPE_ETHERNET, little);
  const secondNs = BigInt(NS_PER_S);
  const fractionNs = BigInt(options.resolution === "us" ? NS_PER_US : 1);
  let at: number = FILE.bytes;
  for (const { timestampNs, bytes, originalBytes } of frames) {
    view.setUint32(at + RECORD.seconds, Number(timestampNs / secondNs), little);
    view.setUint32(at + RECORD.fraction, Number((timestampNs % secondNs) / fractionNs), little);
    view.setUint32(at + RECORD.capturedBytes, bytes.length, little);
    view.setUint32(at + RECORD.originalBytes, originalBytes ?? bytes.length, little);
    file.set(bytes, at + RECORD.bytes);
    at += RECORD.bytes + bytes.length;
  }
  return file;
}
