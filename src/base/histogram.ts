/**
 * Counts of non-negative integers in log-linear buckets: 32 to each power of two, so a percentile errs by at most 1/32.
 * Plain data, so that it crosses threads and merges.
 */
export interface HistogramData {
  readonly counts: readonly (readonly [bucket: number, count: number])[];
  readonly max: number;
  readonly sum: number;
}

const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;

function bucketOf(value: number): number {
  if (value < SUB) return value;
  const exponent = Math.floor(Math.log2(value));
  const mantissa = Math.floor(value / 2 ** (exponent - SUB_BITS)) - SUB;
  return (exponent - SUB_BITS + 1) * SUB + mantissa;
}

/** The largest value that falls into `bucket`. */
function upperEdge(bucket: number): number {
  if (bucket < SUB) return bucket;
  const exponent = Math.floor(bucket / SUB) + SUB_BITS - 1;
  const mantissa = bucket % SUB;
  return (SUB + mantissa + 1) * 2 ** (exponent - SUB_BITS) - 1;
}

export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #max = 0;
  #sum = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.merge(data);
    return histogram;
  }

  record(value: number): void {
    const whole = Math.max(0, Math.floor(value));
    const bucket = bucketOf(whole);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  merge(data: HistogramData): void {
    for (const [bucket, count] of data.counts) {
      this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
      this.#count += count;
    }
    this.#sum += data.sum;
    this.#max = Math.max(this.#max, data.max);
  }

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** The value that `percent` (0 .. 100) of the records do not exceed; 0 when there are none. */
  percentile(percent: number): number {
    const wanted = Math.ceil((percent / 100) * this.#count);
    let seen = 0;
    for (const [bucket, count] of [...this.#counts].sort((x, y) => x[0] - y[0])) {
      seen += count;
      if (seen >= wanted) return Math.min(upperEdge(bucket), this.#max);
    }
    return this.#max;
  }

  data(): HistogramData {
    return { counts: [...this.#counts], max: this.#max, sum: this.#sum };
  }
}
