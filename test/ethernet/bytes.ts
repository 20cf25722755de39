/** Literal bytes for the tests of wire and file formats. */

/** "45 00 00 54" as bytes; blanks and line ends are free. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/**
 * A view of `bytes` at an odd address of a shared buffer that is full of something else: a parser that reads
 * outside its view, or expects zeros or an ArrayBuffer, shows.
 */
export function poisoned(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(new SharedArrayBuffer(bytes.length + 64)).fill(0xa5);
  around.set(bytes, 33);
  return around.subarray(33, 33 + bytes.length);
}

/** `bytes` with the one at `at` replaced. */
export function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
