/**
 * IPv4 packets (RFC 791). Not implemented: fragments (refused), options (skipped when read, never written).
 */
import { invariant } from "../base/errors.ts";
import { checksum } from "./checksum.ts";

export const IP_PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Bytes of a header without options. */
export const IPV4_HEADER_BYTES = 20;

const FIELD = {
  versionAndLength: 0,
  totalLength: 2,
  identification: 4,
  flagsAndOffset: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
} as const;

const VERSION = 4;
const DONT_FRAGMENT = 0x4000;
/** More-fragments and the fragment's offset: any of them set makes it a fragment. */
const FRAGMENT = 0x3fff;

export interface Ipv4Packet {
  /** Unsigned, 32 bits. */
  readonly source: number;
  readonly destination: number;
  /** 0 .. 255; see IP_PROTOCOL. */
  readonly protocol: number;
  /** 0 .. 65,535. */
  readonly identification: number;
  /** 0 .. 255. */
  readonly ttl: number;
  /** At most 65,515 bytes. */
  readonly payload: Uint8Array;
}

/** "10.0.0.1" as an unsigned 32-bit integer; undefined when it is no address. */
export function parseIpv4Address(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  let address = 0;
  for (const part of text.split(".")) {
    const byte = Number(part);
    if (byte > 255) return undefined;
    address = address * 256 + byte;
  }
  return address;
}

export function formatIpv4Address(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** The packet's bytes; the don't-fragment flag is set, as nothing here fragments. */
export function buildIpv4(packet: Ipv4Packet): Uint8Array {
  const totalBytes = IPV4_HEADER_BYTES + packet.payload.length;
  invariant(totalBytes <= 0xffff, `an IPv4 packet has at most 65535 bytes, not ${totalBytes}`);
  const bytes = new Uint8Array(totalBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(FIELD.versionAndLength, (VERSION << 4) | (IPV4_HEADER_BYTES / 4));
  view.setUint16(FIELD.totalLength, totalBytes);
  view.setUint16(FIELD.identification, packet.identification);
  view.setUint16(FIELD.flagsAndOffset, DONT_FRAGMENT);
  view.setUint8(FIELD.ttl, packet.ttl);
  view.setUint8(FIELD.protocol, packet.protocol);
  view.setUint32(FIELD.source, packet.source);
  view.setUint32(FIELD.destination, packet.destination);
  view.setUint16(FIELD.checksum, checksum(bytes.subarray(0, IPV4_HEADER_BYTES)));
  bytes.set(packet.payload, IPV4_HEADER_BYTES);
  return bytes;
}

/**
 * The payload is a view of `bytes`, without what lies behind the total length (Ethernet's padding). Undefined
 * for another version, lengths that do not fit, a wrong header checksum, a fragment.
 */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  if (bytes.length < IPV4_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const versionAndLength = view.getUint8(FIELD.versionAndLength);
  const headerBytes = (versionAndLength & 0xf) * 4;
  const totalBytes = view.getUint16(FIELD.totalLength);
  if (versionAndLength >>> 4 !== VERSION || headerBytes < IPV4_HEADER_BYTES) return undefined;
  if (totalBytes < headerBytes || totalBytes > bytes.length) return undefined;
  if (checksum(bytes.subarray(0, headerBytes)) !== 0) return undefined;
  if ((view.getUint16(FIELD.flagsAndOffset) & FRAGMENT) !== 0) return undefined;
  return {
    source: view.getUint32(FIELD.source),
    destination: view.getUint32(FIELD.destination),
    protocol: view.getUint8(FIELD.protocol),
    identification: view.getUint16(FIELD.identification),
    ttl: view.getUint8(FIELD.ttl),
    payload: bytes.subarray(headerBytes, totalBytes),
  };
}
