/** Arbitrary bytes that cost nothing to make: pieces of one block, chosen by a seed. */
import { Prng } from "../base/prng.ts";
import { BROADCAST } from "../ethernet/mac.ts";
import type { Destination } from "./operation.ts";

const BLOCK_BYTES = 1 << 18;
/** The longest piece. */
export const NOISE_MAX_BYTES = 1 << 16;

const BLOCK = new Uint8Array(BLOCK_BYTES);
new Prng(0x6e6f_6973).fill(BLOCK);

/** `bytes` (0 .. 65,536) of noise: a view of the block, to be read only. */
export function noise(bytes: number, seed: number): Uint8Array {
  const start = (seed >>> 0) % (BLOCK_BYTES - NOISE_MAX_BYTES);
  return BLOCK.subarray(start, start + bytes);
}

const MULTICAST_PREFIX = Uint8Array.of(0x01, 0x00, 0x5e);

/** Noise with the head of a frame to `to`. */
export function noiseFrame(
  { bytes, to, seed }: { readonly bytes: number; readonly to: Destination; readonly seed: number },
  macs: { readonly card: Uint8Array; readonly neighbour: Uint8Array },
): Uint8Array {
  const frame = noise(bytes, seed).slice();
  switch (to) {
    case "card":
    case "neighbour":
      frame.set(macs[to].subarray(0, bytes));
      break;
    case "broadcast":
      frame.set(BROADCAST.subarray(0, bytes));
      break;
    case "multicast":
      frame.set(MULTICAST_PREFIX.subarray(0, bytes));
      break;
    case "noise":
      break;
  }
  return frame;
}
