/** UDP datagrams over IPv4 (RFC 768). */
import { invariant } from "../base/errors.ts";
import { addWords, foldChecksum } from "./checksum.ts";
import { IP_PROTOCOL } from "./ipv4.ts";

export const UDP_HEADER_BYTES = 8;

const FIELD = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const;

export interface UdpDatagram {
  /** 0 .. 65,535. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** The checksum over the pseudo header and `bytes`; the addresses are unsigned 32-bit integers. */
function udpChecksum(bytes: Uint8Array, sourceIp: number, destinationIp: number): number {
  const addresses =
    (sourceIp >>> 16) + (sourceIp & 0xffff) + (destinationIp >>> 16) + (destinationIp & 0xffff);
  return foldChecksum(addWords(bytes, addresses + IP_PROTOCOL.udp + bytes.length));
}

export function buildUdp(datagram: UdpDatagram, sourceIp: number, destinationIp: number): Uint8Array {
  const totalBytes = UDP_HEADER_BYTES + datagram.payload.length;
  invariant(totalBytes <= 0xffff, `a UDP datagram has at most 65535 bytes, not ${totalBytes}`);
  const bytes = new Uint8Array(totalBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(FIELD.sourcePort, datagram.sourcePort);
  view.setUint16(FIELD.destinationPort, datagram.destinationPort);
  view.setUint16(FIELD.length, totalBytes);
  bytes.set(datagram.payload, UDP_HEADER_BYTES);
  // A checksum of 0 would say that there is none; 0xffff is the same number in one's complement.
  view.setUint16(FIELD.checksum, udpChecksum(bytes, sourceIp, destinationIp) || 0xffff);
  return bytes;
}

/**
 * The payload is a view of `bytes`, an IPv4 payload. A datagram without checksum (0) is accepted. Undefined
 * when the length does not fit or the checksum is wrong.
 */
export function parseUdp(
  bytes: Uint8Array,
  sourceIp: number,
  destinationIp: number,
): UdpDatagram | undefined {
  if (bytes.length < UDP_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const totalBytes = view.getUint16(FIELD.length);
  if (totalBytes < UDP_HEADER_BYTES || totalBytes > bytes.length) return undefined;
  const datagram = bytes.subarray(0, totalBytes);
  const summed = view.getUint16(FIELD.checksum) !== 0;
  if (summed && udpChecksum(datagram, sourceIp, destinationIp) !== 0) return undefined;
  return {
    sourcePort: view.getUint16(FIELD.sourcePort),
    destinationPort: view.getUint16(FIELD.destinationPort),
    payload: datagram.subarray(UDP_HEADER_BYTES),
  };
}
