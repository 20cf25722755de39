/** What the server's files consist of: made when it is asked for, at any offset, and never stored. */
import type { ByteSource } from "../tcp/byte-source.ts";

/** The first `sizeBytes` of the endless pattern of `seed`: a hash of the number of each four bytes. */
export const patternSource = (seed: number, sizeBytes: number): ByteSource => ({
  sizeBytes,
  read: (offset, into) => {
    let word = wordAt(seed, offset >>> 2);
    for (let i = 0; i < into.length; i++) {
      const at = offset + i;
      if (i > 0 && (at & 3) === 0) word = wordAt(seed, at >>> 2);
      into[i] = word >>> (8 * (at & 3));
    }
  },
});

/** A round of SplitMix32 for each number by itself. */
function wordAt(seed: number, index: number): number {
  let z = (seed + Math.imul(index + 1, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
