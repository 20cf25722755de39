/** ARP for IPv4 over Ethernet (RFC 826). Not implemented: other hardware or protocol types, RARP. */
import { ETHERTYPE } from "./ethernet.ts";
import { MAC_BYTES, type Mac } from "./mac.ts";

export const ARP_BYTES = 28;

const FIELD = {
  hardwareType: 0,
  protocolType: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
} as const;

const HARDWARE_ETHERNET = 1;
const IPV4_BYTES = 4;
const REQUEST = 1;
const REPLY = 2;

export interface ArpPacket {
  readonly operation: "request" | "reply";
  readonly senderMac: Mac;
  /** Unsigned, 32 bits. */
  readonly senderIp: number;
  /** What a request asks for: by custom zero there. */
  readonly targetMac: Mac;
  readonly targetIp: number;
}

export function buildArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(ARP_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(FIELD.hardwareType, HARDWARE_ETHERNET);
  view.setUint16(FIELD.protocolType, ETHERTYPE.ipv4);
  view.setUint8(FIELD.hardwareLength, MAC_BYTES);
  view.setUint8(FIELD.protocolLength, IPV4_BYTES);
  view.setUint16(FIELD.operation, packet.operation === "request" ? REQUEST : REPLY);
  bytes.set(packet.senderMac, FIELD.senderMac);
  view.setUint32(FIELD.senderIp, packet.senderIp);
  bytes.set(packet.targetMac, FIELD.targetMac);
  view.setUint32(FIELD.targetIp, packet.targetIp);
  return bytes;
}

/**
 * The addresses are views of `bytes`; bytes behind the packet are padding. Undefined when it is no such
 * packet.
 */
export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < ARP_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, ARP_BYTES);
  const operation = view.getUint16(FIELD.operation);
  const supported =
    view.getUint16(FIELD.hardwareType) === HARDWARE_ETHERNET &&
    view.getUint16(FIELD.protocolType) === ETHERTYPE.ipv4 &&
    view.getUint8(FIELD.hardwareLength) === MAC_BYTES &&
    view.getUint8(FIELD.protocolLength) === IPV4_BYTES &&
    (operation === REQUEST || operation === REPLY);
  if (!supported) return undefined;
  return {
    operation: operation === REQUEST ? "request" : "reply",
    senderMac: bytes.subarray(FIELD.senderMac, FIELD.senderIp),
    senderIp: view.getUint32(FIELD.senderIp),
    targetMac: bytes.subarray(FIELD.targetMac, FIELD.targetIp),
    targetIp: view.getUint32(FIELD.targetIp),
  };
}
