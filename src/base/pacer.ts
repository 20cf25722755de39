/** Sends at a rate: says when the next item is due, and how much of a delay is caught up. */
export class Pacer {
  readonly #startNs: number;
  readonly #periodNs: number;
  readonly #burst: number;
  /** Items sent or skipped. */
  #count = 0;
  #skipped = 0;

  /**
   * The first item is due at `startNs`, each further one `periodNs` (may be a fraction, or 0) later. Who
   * comes late may send at most `burst` (at least 1) items at once to catch up; what was due before those is
   * skipped.
   */
  constructor(startNs: number, periodNs: number, burst: number) {
    this.#startNs = startNs;
    this.#periodNs = periodNs;
    this.#burst = burst;
  }

  /** When the next item is due, in whole nanoseconds. */
  get dueNs(): number {
    return Math.ceil(this.#startNs + this.#count * this.#periodNs);
  }

  /** Items that were due and never sent, because their time was too long past. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True when an item is due at `nowNs`; it then counts as sent. */
  take(nowNs: number): boolean {
    if (this.dueNs > nowNs) return false;
    const dueCount = this.#periodNs > 0 ? Math.floor((nowNs - this.#startNs) / this.#periodNs) + 1 : 0;
    const late = Math.max(0, dueCount - this.#count - this.#burst);
    this.#skipped += late;
    this.#count += late + 1;
    return true;
  }
}
