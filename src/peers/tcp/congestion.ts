/**
 * How much may be under way for the network's sake: slow start and congestion avoidance (RFC 5681), and fast
 * retransmission with the recovery of NewReno (RFC 6582). Positions are offsets in what is sent.
 */

/** Acknowledgments of the same, behind the first, that make a loss likely. */
const DUPLICATES = 3;

/** What one that comes in calls for. */
export type Advice = "go on" | "resend first";

export class Congestion {
  readonly #segmentBytes: number;
  #windowBytes: number;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  #duplicates = 0;
  /** What was sent when a loss was noticed; the recovery from it ends when all of that has arrived. */
  #recoverAt = 0;
  #recovering = false;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.#windowBytes = initialWindow(segmentBytes);
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** `count` more have arrived: all before `upTo`. */
  acknowledged(count: number, upTo: number): Advice {
    this.#duplicates = 0;
    if (this.#recovering) return this.#recovers(count, upTo);
    const slowStart = this.#windowBytes < this.#thresholdBytes;
    this.#windowBytes += slowStart
      ? Math.min(count, this.#segmentBytes)
      : Math.max(1, Math.floor(this.#segmentBytes ** 2 / this.#windowBytes));
    return "go on";
  }

  /** An acknowledgment that only says again what is missing: `missingAt`. */
  duplicate(missingAt: number, sentUpTo: number): Advice {
    if (this.#recovering) {
      this.#windowBytes += this.#segmentBytes;
      return "go on";
    }
    this.#duplicates++;
    if (this.#duplicates !== DUPLICATES || missingAt < this.#recoverAt) return "go on";
    this.#halve(sentUpTo - missingAt);
    this.#windowBytes = this.#thresholdBytes + DUPLICATES * this.#segmentBytes;
    this.#recoverAt = sentUpTo;
    this.#recovering = true;
    return "resend first";
  }

  /** Nothing came back in time. */
  timedOut(flightBytes: number, sentUpTo: number): void {
    this.#halve(flightBytes);
    this.#windowBytes = this.#segmentBytes;
    this.#duplicates = 0;
    this.#recoverAt = sentUpTo;
    this.#recovering = false;
  }

  #recovers(count: number, upTo: number): Advice {
    if (upTo >= this.#recoverAt) {
      this.#recovering = false;
      this.#windowBytes = this.#thresholdBytes;
      return "go on";
    }
    const kept = Math.max(0, this.#windowBytes - count);
    this.#windowBytes = Math.max(this.#segmentBytes, kept + this.#segmentBytes);
    return "resend first";
  }

  #halve(flightBytes: number): void {
    this.#thresholdBytes = Math.max(Math.floor(flightBytes / 2), 2 * this.#segmentBytes);
  }
}

/** RFC 5681, section 3.1. */
function initialWindow(segmentBytes: number): number {
  if (segmentBytes > 2190) return 2 * segmentBytes;
  return (segmentBytes > 1095 ? 3 : 4) * segmentBytes;
}
