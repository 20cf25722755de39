/** Frames for programs: few addresses, so that filters have something to say. */
import type { Prng } from "../base/prng.ts";
import { BROADCAST } from "../ethernet/mac.ts";
import type { Payload } from "./step.ts";

const HEAD_BYTES = 12;
const FROM = [0x02, 0, 0, 0, 0, 0x01] as const;

/** `mac` with one bit of it flipped: what a filter that does not look at all of an address takes for its own. */
function nearMiss(prng: Prng, mac: Uint8Array): Uint8Array {
  const near = mac.slice();
  const at = prng.below(6);
  const bit = at === 0 ? prng.between(1, 7) : prng.below(8);
  near[at] = (near[at] as number) ^ (1 << bit);
  return near;
}

function multicast(prng: Prng): Uint8Array {
  const address = new Uint8Array(6);
  prng.fill(address);
  address[0] = (address[0] as number) | 1;
  return address;
}

export function randomDestination(prng: Prng, mac: Uint8Array): Uint8Array {
  switch (prng.below(8)) {
    case 0:
      return BROADCAST;
    case 1:
    case 2:
      return multicast(prng);
    case 3:
      return nearMiss(prng, mac);
    default:
      return mac;
  }
}

/** A frame of `minBytes` to `maxBytes` (at least 12), most of them for `mac`. */
export function randomFrame(prng: Prng, mac: Uint8Array, minBytes: number, maxBytes: number): Payload {
  const head = new Uint8Array(HEAD_BYTES);
  head.set(randomDestination(prng, mac));
  head.set(FROM, 6);
  return { head, bytes: prng.between(minBytes, maxBytes), seed: prng.between(1, 0x7fff_ffff) };
}
