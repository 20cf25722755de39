/** Curves for plots: what has happened, added up over equal spans of time. */
import type { Happening } from "./guest-log.ts";

/** The middles of `count` equal spans from 0 to `untilNs`. */
export const spanMiddles = (untilNs: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i + 0.5) * untilNs) / count);

/** The amounts in each span, added up. */
export function amountsBySpan({ atNs, amounts }: Happening, untilNs: number, count: number): number[] {
  const sums = new Array<number>(count).fill(0);
  for (let row = 0; row < atNs.length; row++) {
    const span = spanOf(atNs.at(row), untilNs, count);
    sums[span] = (sums[span] ?? 0) + amounts.at(row);
  }
  return sums;
}

/** How often it has happened in each span. */
export function timesBySpan({ atNs }: Happening, untilNs: number, count: number): number[] {
  const times = new Array<number>(count).fill(0);
  for (let row = 0; row < atNs.length; row++) {
    const span = spanOf(atNs.at(row), untilNs, count);
    times[span] = (times[span] ?? 0) + 1;
  }
  return times;
}

/** The mean of the amounts in each span; null where there is none. */
export const meansBySpan = (happening: Happening, untilNs: number, count: number): (number | null)[] =>
  ratios(amountsBySpan(happening, untilNs, count), timesBySpan(happening, untilNs, count));

/** One by the other, span by span; null where there is nothing to divide by. */
export const ratios = (some: readonly number[], others: readonly number[]): (number | null)[] =>
  some.map((value, i) => {
    const by = others[i] ?? 0;
    return by === 0 ? null : value / by;
  });

/** Of durations that are known by their ends: how much of each span they fill, from 0 to 1. */
export function sharesBySpan({ atNs, amounts }: Happening, untilNs: number, count: number): number[] {
  const spanNs = untilNs / count;
  const filled = new Array<number>(count).fill(0);
  for (let row = 0; row < atNs.length; row++) {
    const end = atNs.at(row);
    const begin = Math.max(0, end - amounts.at(row));
    for (let i = spanOf(begin, untilNs, count); i <= spanOf(end, untilNs, count); i++) {
      const inside = Math.min(end, (i + 1) * spanNs) - Math.max(begin, i * spanNs);
      filled[i] = (filled[i] ?? 0) + Math.max(0, inside);
    }
  }
  return filled.map((ns) => (spanNs > 0 ? Math.min(1, ns / spanNs) : 0));
}

const spanOf = (ns: number, untilNs: number, count: number): number =>
  untilNs <= 0 ? 0 : Math.min(count - 1, Math.floor((ns * count) / untilNs));
