/** The padding behind a short packet, which only the packet's own protocol can tell from data. */
import { ETHERTYPE, HEADER_BYTES, MIN_FRAME_BYTES, parseEthernet } from "./ethernet.ts";

const ARP_BYTES = 28;
const IPV6_HEADER_BYTES = 40;
/** Where the length is, in each header. */
const IPV4_TOTAL_LENGTH = 2;
const IPV6_PAYLOAD_LENGTH = 4;

/** The frame without its padding, a view; the whole frame when it has none, or its protocol is not known here. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  const frame = bytes.length > MIN_FRAME_BYTES ? undefined : parseEthernet(bytes);
  const packetBytes = frame && lengthOf(frame.etherType, frame.payload);
  return packetBytes === undefined ? bytes : bytes.subarray(0, HEADER_BYTES + packetBytes);
}

function lengthOf(etherType: number, packet: Uint8Array): number | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  switch (etherType) {
    case ETHERTYPE.arp:
      return ARP_BYTES;
    case ETHERTYPE.ipv4:
      return packet.length < IPV4_TOTAL_LENGTH + 2 ? undefined : view.getUint16(IPV4_TOTAL_LENGTH);
    case ETHERTYPE.ipv6:
      return packet.length < IPV6_HEADER_BYTES
        ? undefined
        : IPV6_HEADER_BYTES + view.getUint16(IPV6_PAYLOAD_LENGTH);
    default:
      return undefined;
  }
}
