/** Frames as oracles compare and show them. */

const SHOWN_BYTES = 48;

export const equalBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

/** "60 bytes 5256500000025256..." */
export function hexOf(frame: Uint8Array): string {
  const digits = Array.from(frame.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  return `${frame.length} bytes ${digits.join("")}${frame.length > SHOWN_BYTES ? "..." : ""}`;
}
