/** Bits of guest memory that the two cards have written differently. */
export class MaskedMemory {
  /** By address. */
  readonly #bits = new Map<number, number>();

  mask(address: number, bits: number): void {
    this.#bits.set(address, bits);
  }

  /** Somebody has written `bytes` there, the same in both machines. */
  overwrite(address: number, bytes: number): void {
    for (const [at] of this.within(address, bytes)) this.#bits.delete(at);
  }

  /** The masked bytes of a piece of memory: address and bits. */
  within(address: number, bytes: number): readonly (readonly [address: number, bits: number])[] {
    if (this.#bits.size === 0) return [];
    return [...this.#bits].filter(([at]) => at >= address && at < address + bytes);
  }
}
