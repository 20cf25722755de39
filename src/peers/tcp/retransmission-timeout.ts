/** How long a sender waits for an acknowledgment before it sends again (RFC 6298). */
import { NS_PER_MS, NS_PER_S } from "../../base/units.ts";

const INITIAL_NS = NS_PER_S;
/**
 * The RFC would have a second; like the stacks of today, which also delay no acknowledgment longer than this:
 * round trips here take milliseconds.
 */
const LEAST_NS = 200 * NS_PER_MS;
const MOST_NS = 60 * NS_PER_S;
/** Weights of a new sample: alpha and beta of the RFC. */
const SMOOTH_WEIGHT = 1 / 8;
const VARIANCE_WEIGHT = 1 / 4;

export class RetransmissionTimeout {
  #smoothNs: number | undefined;
  #varianceNs = 0;
  #doublings = 0;

  get ns(): number {
    const baseNs =
      this.#smoothNs === undefined
        ? INITIAL_NS
        : Math.max(LEAST_NS, Math.ceil(this.#smoothNs + 4 * this.#varianceNs));
    return Math.min(MOST_NS, baseNs * 2 ** this.#doublings);
  }

  /** A round trip of something that was sent once. */
  sample(roundTripNs: number): void {
    if (this.#smoothNs === undefined) {
      this.#smoothNs = roundTripNs;
      this.#varianceNs = roundTripNs / 2;
      return;
    }
    this.#varianceNs += VARIANCE_WEIGHT * (Math.abs(this.#smoothNs - roundTripNs) - this.#varianceNs);
    this.#smoothNs += SMOOTH_WEIGHT * (roundTripNs - this.#smoothNs);
  }

  /** It has passed in vain: the next one is twice as long. */
  backOff(): void {
    if (this.ns < MOST_NS) this.#doublings++;
  }

  /** Something got through. */
  recover(): void {
    this.#doublings = 0;
  }
}
