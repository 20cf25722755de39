/** ICMP echo, which is ping (RFC 792). Not implemented: every other message. */
import { checksum } from "./checksum.ts";

export const ICMP_HEADER_BYTES = 8;

const FIELD = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6 } as const;

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;

export interface IcmpEcho {
  readonly kind: "request" | "reply";
  /** 0 .. 65,535: one for each ping. */
  readonly identifier: number;
  /** 0 .. 65,535: one for each request. */
  readonly sequence: number;
  /** A reply returns the request's. */
  readonly data: Uint8Array;
}

export function buildIcmpEcho(echo: IcmpEcho): Uint8Array {
  const bytes = new Uint8Array(ICMP_HEADER_BYTES + echo.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(FIELD.type, echo.kind === "request" ? ECHO_REQUEST : ECHO_REPLY);
  view.setUint16(FIELD.identifier, echo.identifier);
  view.setUint16(FIELD.sequence, echo.sequence);
  bytes.set(echo.data, ICMP_HEADER_BYTES);
  view.setUint16(FIELD.checksum, checksum(bytes));
  return bytes;
}

/**
 * The data is a view of `bytes`, an IPv4 payload without padding. Undefined for other types or a wrong
 * checksum.
 */
export function parseIcmpEcho(bytes: Uint8Array): IcmpEcho | undefined {
  if (bytes.length < ICMP_HEADER_BYTES || checksum(bytes) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, ICMP_HEADER_BYTES);
  const type = view.getUint8(FIELD.type);
  if ((type !== ECHO_REQUEST && type !== ECHO_REPLY) || view.getUint8(FIELD.code) !== 0) return undefined;
  return {
    kind: type === ECHO_REQUEST ? "request" : "reply",
    identifier: view.getUint16(FIELD.identifier),
    sequence: view.getUint16(FIELD.sequence),
    data: bytes.subarray(ICMP_HEADER_BYTES),
  };
}
