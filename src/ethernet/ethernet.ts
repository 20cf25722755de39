/**
 * Ethernet II frames (IEEE 802.3-2018, section 3), without preamble and FCS: the cards add and check those.
 */
import { MAC_BYTES, type Mac } from "./mac.ts";

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

export const HEADER_BYTES = 14;
/** Shorter frames are padded before they are sent (IEEE 802.3-2018, section 3.2.8). */
export const MIN_FRAME_BYTES = 60;
export const MAX_FRAME_BYTES = 1514;

const DESTINATION = 0;
const SOURCE = DESTINATION + MAC_BYTES;
const ETHER_TYPE = SOURCE + MAC_BYTES;

export interface EthernetFrame {
  readonly destination: Mac;
  readonly source: Mac;
  /** 16 bits; below 0x600 it is the length of an 802.3 frame's payload. */
  readonly etherType: number;
  /** After parsing it includes the padding, which only the protocol above can tell from data. */
  readonly payload: Uint8Array;
}

/** The frame's bytes, not padded to the minimum. */
export function buildEthernet(frame: EthernetFrame): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + frame.payload.length);
  bytes.set(frame.destination, DESTINATION);
  bytes.set(frame.source, SOURCE);
  bytes[ETHER_TYPE] = frame.etherType >>> 8;
  bytes[ETHER_TYPE + 1] = frame.etherType;
  bytes.set(frame.payload, HEADER_BYTES);
  return bytes;
}

/** The addresses and the payload are views of `bytes`; undefined when there is no whole header. */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  return {
    destination: bytes.subarray(DESTINATION, SOURCE),
    source: bytes.subarray(SOURCE, ETHER_TYPE),
    etherType: ((bytes[ETHER_TYPE] as number) << 8) | (bytes[ETHER_TYPE + 1] as number),
    payload: bytes.subarray(HEADER_BYTES),
  };
}
