/** What hostile guests send, recognisable wherever it turns up. */
import { buildEthernet, HEADER_BYTES } from "../ethernet/ethernet.ts";
import type { Mac } from "../ethernet/mac.ts";

/** IEEE 802 local experimental EtherType 1. */
const EXPERIMENTAL = 0x88b5;

/** Repeated through the payload. */
export const HOSTILE_PATTERN: Uint8Array = Uint8Array.from("HOSTILE!", (char) => char.charCodeAt(0));

/** A frame of `sizeBytes` from `mac` to itself: a switch sends it nowhere, the card alone is kept busy. */
export function hostileFrame(mac: Mac, sizeBytes: number): Uint8Array {
  const payload = Uint8Array.from(
    { length: sizeBytes - HEADER_BYTES },
    (_, i) => HOSTILE_PATTERN[i % HOSTILE_PATTERN.length] as number,
  );
  return buildEthernet({ destination: mac, source: mac, etherType: EXPERIMENTAL, payload });
}
