/** Sends at a rate: says when the next item is due, and how much of a delay is caught up. */
export class Pacer {
  readonly #periodNs: number;
  readonly #burst: number;
  #dueNs: number;
  #skipped = 0;

  /**
   * The first item is due at `startNs`, each further one `periodNs` (may be a fraction, or 0) later. Who comes late may
   * send at most `burst` (at least 1) items at once to catch up; what was due before those is skipped.
   */
  constructor(startNs: number, periodNs: number, burst: number) {
    this.#dueNs = startNs;
    this.#periodNs = periodNs;
    this.#burst = burst;
  }

  /** When the next item is due, in whole nanoseconds. */
  get dueNs(): number {
    return Math.ceil(this.#dueNs);
  }

  /** Items that were due and never sent, because their time was too long past. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True when an item is due at `nowNs`; it then counts as sent. */
  take(nowNs: number): boolean {
    if (this.dueNs > nowNs) return false;
    if (this.#periodNs > 0) {
      const behind = Math.floor((nowNs - this.#dueNs) / this.#periodNs) + 1 - this.#burst;
      if (behind > 0) {
        this.#skipped += behind;
        this.#dueNs += behind * this.#periodNs;
      }
    }
    this.#dueNs += this.#periodNs;
    return true;
  }
}
