/**
 * The Internet checksum (RFC 1071): the complement of the one's complement sum of 16-bit big-endian words.
 */

/**
 * Adds the words of `bytes` to `sum`; an odd last byte counts as a word's high half, so only the last of
 * several ranges may be odd. Exact for any number of bytes that fits an IP packet: the carries are folded in
 * at the end.
 */
export function addWords(bytes: Uint8Array, sum = 0): number {
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  return even === bytes.length ? sum : sum + ((bytes[even] as number) << 8);
}

/** Folds a sum of words to the 16-bit checksum; 0 over a range that includes its own correct checksum. */
export function foldChecksum(sum: number): number {
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

export const checksum = (bytes: Uint8Array): number => foldChecksum(addWords(bytes));
