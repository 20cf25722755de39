/** Sums, ratios, percentiles and fairness: what summaries are made with. */
import { Histogram, type HistogramData } from "../base/histogram.ts";
import type { Share, Spread } from "./summary.ts";

/** Undefined when the whole is 0. */
export const ratio = (part: number, whole: number): number | undefined =>
  whole === 0 ? undefined : part / whole;

export const shareOf = (part: number, whole: number): Share => ({ part, whole, share: ratio(part, whole) });

/** The percentiles of all the data together. */
export function spreadOf(...data: readonly HistogramData[]): Spread {
  const histogram = new Histogram();
  for (const one of data) histogram.merge(one);
  return {
    count: histogram.count,
    sumNs: data.reduce((sum, one) => sum + one.sum, 0),
    p50Ns: histogram.percentile(50),
    p90Ns: histogram.percentile(90),
    p99Ns: histogram.percentile(99),
    maxNs: histogram.max,
  };
}

/** (Σx)² / (n Σx²): 1 when all are equal, 1/n when one has everything; undefined when there is nothing. */
export function jainIndex(values: readonly number[]): number | undefined {
  const squares = sumOf(values, (value) => value * value);
  return ratio(sumOf(values, (value) => value) ** 2, values.length * squares);
}

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
