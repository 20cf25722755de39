/**
 * TCP segments over IPv4 (RFC 9293, section 3.1), and the arithmetic of their sequence numbers. Of the options
 * the maximum segment size and the window scale (RFC 7323) are read and written, the others skipped. Not
 * implemented: urgent data, which is read as any other.
 */
import { invariant } from "../base/errors.ts";
import { addWords, foldChecksum } from "./checksum.ts";
import { IP_PROTOCOL } from "./ipv4.ts";

/** Bytes of a header without options. */
export const TCP_HEADER_BYTES = 20;

const FIELD = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgment: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
} as const;

const FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, push: 0x08, ack: 0x10 } as const;
const OPTION = { end: 0, nothing: 1, mss: 2, windowScale: 3 } as const;
const MSS_BYTES = 4;
const WINDOW_SCALE_BYTES = 3;
/** A larger shift counts as this one. */
const MAX_WINDOW_SHIFT = 14;

export interface TcpSegment {
  /** 0 .. 65,535. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Unsigned, 32 bits: of the SYN or else of the payload's first byte. */
  readonly sequence: number;
  /** Unsigned, 32 bits: the next number that is expected; undefined without the flag ACK. */
  readonly acknowledgment: number | undefined;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly push: boolean;
  /** 0 .. 65,535. */
  readonly window: number;
  /** The largest payload that the sender of the segment takes; undefined when it does not say. */
  readonly mss: number | undefined;
  /** By how much the sender shifts its later windows, 0 .. 14; undefined when it does not say. */
  readonly windowShift: number | undefined;
  readonly payload: Uint8Array;
}

/** The sequence number `count` behind `sequence`. */
export const advanced = (sequence: number, count: number): number => (sequence + count) >>> 0;

/** How far `to` is ahead of `from`: -2^31 .. 2^31 - 1, as sequence numbers wrap around. */
export const ahead = (from: number, to: number): number => (to - from) | 0;

/** The sequence numbers that a segment takes up: SYN and FIN count as one each. */
export const sequenceLength = ({ syn, fin, payload }: TcpSegment): number =>
  payload.length + (syn ? 1 : 0) + (fin ? 1 : 0);

/** The checksum over the pseudo header and `bytes`; the addresses are unsigned 32-bit integers. */
function tcpChecksum(bytes: Uint8Array, sourceIp: number, destinationIp: number): number {
  const addresses =
    (sourceIp >>> 16) + (sourceIp & 0xffff) + (destinationIp >>> 16) + (destinationIp & 0xffff);
  return foldChecksum(addWords(bytes, addresses + IP_PROTOCOL.tcp + bytes.length));
}

const flagsOf = ({ fin, syn, rst, push, acknowledgment }: TcpSegment): number =>
  (fin ? FLAG.fin : 0) |
  (syn ? FLAG.syn : 0) |
  (rst ? FLAG.rst : 0) |
  (push ? FLAG.push : 0) |
  (acknowledgment === undefined ? 0 : FLAG.ack);

/** A multiple of four bytes. */
const optionsOf = ({ mss, windowShift }: TcpSegment): readonly number[] => [
  ...(mss === undefined ? [] : [OPTION.mss, MSS_BYTES, mss >>> 8, mss & 0xff]),
  ...(windowShift === undefined ? [] : [OPTION.nothing, OPTION.windowScale, WINDOW_SCALE_BYTES, windowShift]),
];

export function buildTcp(segment: TcpSegment, sourceIp: number, destinationIp: number): Uint8Array {
  const options = optionsOf(segment);
  const headerBytes = TCP_HEADER_BYTES + options.length;
  const totalBytes = headerBytes + segment.payload.length;
  invariant(totalBytes <= 0xffff, `a TCP segment has at most 65535 bytes, not ${totalBytes}`);
  const bytes = new Uint8Array(totalBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(FIELD.sourcePort, segment.sourcePort);
  view.setUint16(FIELD.destinationPort, segment.destinationPort);
  view.setUint32(FIELD.sequence, segment.sequence);
  view.setUint32(FIELD.acknowledgment, segment.acknowledgment ?? 0);
  view.setUint8(FIELD.dataOffset, (headerBytes / 4) << 4);
  view.setUint8(FIELD.flags, flagsOf(segment));
  view.setUint16(FIELD.window, segment.window);
  bytes.set(options, TCP_HEADER_BYTES);
  bytes.set(segment.payload, headerBytes);
  view.setUint16(FIELD.checksum, tcpChecksum(bytes, sourceIp, destinationIp));
  return bytes;
}

/**
 * `bytes`: an IPv4 payload, of which the segment's payload is a view. Undefined when the header or an option
 * does not fit, or the checksum is wrong.
 */
export function parseTcp(bytes: Uint8Array, sourceIp: number, destinationIp: number): TcpSegment | undefined {
  if (bytes.length < TCP_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerBytes = (view.getUint8(FIELD.dataOffset) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES || headerBytes > bytes.length) return undefined;
  if (tcpChecksum(bytes, sourceIp, destinationIp) !== 0) return undefined;
  const options = parseOptions(bytes.subarray(TCP_HEADER_BYTES, headerBytes));
  if (options === undefined) return undefined;
  const flags = view.getUint8(FIELD.flags);
  return {
    sourcePort: view.getUint16(FIELD.sourcePort),
    destinationPort: view.getUint16(FIELD.destinationPort),
    sequence: view.getUint32(FIELD.sequence),
    acknowledgment: (flags & FLAG.ack) === 0 ? undefined : view.getUint32(FIELD.acknowledgment),
    syn: (flags & FLAG.syn) !== 0,
    fin: (flags & FLAG.fin) !== 0,
    rst: (flags & FLAG.rst) !== 0,
    push: (flags & FLAG.push) !== 0,
    window: view.getUint16(FIELD.window),
    mss: options.mss,
    windowShift: options.windowShift,
    payload: bytes.subarray(headerBytes),
  };
}

type Options = Pick<TcpSegment, "mss" | "windowShift">;

/** Undefined when one says that it is longer than there is room, or shorter than its own head. */
function parseOptions(bytes: Uint8Array): Options | undefined {
  let options: Options = { mss: undefined, windowShift: undefined };
  let at = 0;
  while (at < bytes.length && bytes[at] !== OPTION.end) {
    if (bytes[at] === OPTION.nothing) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) return undefined;
    options = { ...options, ...parseOption(bytes.subarray(at, at + length)) };
    at += length;
  }
  return options;
}

/** Nothing for one that is not known, or not as long as it should be. */
function parseOption([kind, length, high = 0, low = 0]: Uint8Array): Partial<Options> {
  if (kind === OPTION.mss && length === MSS_BYTES) return { mss: (high << 8) | low };
  if (kind === OPTION.windowScale && length === WINDOW_SCALE_BYTES) {
    return { windowShift: Math.min(high, MAX_WINDOW_SHIFT) };
  }
  return {};
}
