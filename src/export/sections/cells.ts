/** Cells and lines that several sections of a report have. */
import { count, duration, NONE } from "../numbers.ts";
import type { Count, Spread } from "../summary.ts";

export type Lines = readonly string[];

type Figure = "p50Ns" | "p90Ns" | "p99Ns" | "maxNs";

/** Dashes when there is nothing to take percentiles of. */
export const spreadCells = (spread: Spread | undefined, figures: readonly Figure[]): readonly string[] =>
  figures.map((figure) => (spread === undefined || spread.count === 0 ? NONE : duration(spread[figure])));

export const listCounts = (counts: readonly Count[]): string =>
  counts.map(({ what, count: many }) => `${count(many)} (${what})`).join(", ");
