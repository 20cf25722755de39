/** Bytes that can be asked for again at any offset, so that what is retransmitted need not be kept. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Fills `into` with the bytes from `offset` on; they must not reach behind the end. */
  read(offset: number, into: Uint8Array): void;
}

export const NOTHING: ByteSource = { sizeBytes: 0, read: () => {} };

/** What is in memory. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  sizeBytes: bytes.length,
  read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
});

/** `first`, then `second`. */
export const joined = (first: ByteSource, second: ByteSource): ByteSource => ({
  sizeBytes: first.sizeBytes + second.sizeBytes,
  read: (offset, into) => {
    const ofFirst = Math.min(into.length, Math.max(0, first.sizeBytes - offset));
    if (ofFirst > 0) first.read(offset, into.subarray(0, ofFirst));
    if (ofFirst < into.length) second.read(offset + ofFirst - first.sizeBytes, into.subarray(ofFirst));
  },
});
