/**
 * Whether the two ends of the receive ring are the same in both cards: ours start again when RE is set, QEMU's when RCR
 * is written.
 */
export class RingWatch {
  /** Nothing has moved the ends since they started again. */
  #oursAtStart = true;
  #qemuAtStart = true;
  #apart = false;

  /** CBR and CAPR differ. */
  get apart(): boolean {
    return this.#apart;
  }

  /** CR.RE has gone from 0 to 1. */
  enabled(): void {
    this.#oursAtStart = true;
    this.#apart = !this.#qemuAtStart;
  }

  /** RCR has been written. */
  configured(): void {
    this.#qemuAtStart = true;
    this.#apart = !this.#oursAtStart;
  }

  /** A frame has been stored, or CAPR written. */
  moved(): void {
    this.#oursAtStart = false;
    this.#qemuAtStart = false;
  }

  reset(): void {
    this.#oursAtStart = true;
    this.#qemuAtStart = true;
    this.#apart = false;
  }
}
