/** Numbers as people read them in a report. */
import { NS_PER_MS, NS_PER_S, NS_PER_US } from "../base/units.ts";

/** What stands where there is no number. */
export const NONE = "–";

/** `format(value)`, or a dash when there is no value. */
export const orNone = <T>(value: T | undefined, format: (value: T) => string): string =>
  value === undefined ? NONE : format(value);

/** 1234567 as "1,234,567". */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Three significant digits: 5.4321 as "5.43", 54.321 as "54.3", 5432.1 as "5,432". */
export function significant(value: number): string {
  const rounded = Number(value.toPrecision(3));
  if (rounded === 0) return "0";
  if (rounded >= 1000) return count(value);
  return rounded.toFixed(rounded >= 100 ? 0 : rounded >= 10 ? 1 : 2);
}

/** 0.3482 as "34.8%"; a share that is there and would not show is "<0.1%". */
export function percent(share: number): string {
  return share > 0 && share < 0.0005 ? "<0.1%" : `${(100 * share).toFixed(1)}%`;
}

type Unit = readonly [name: string, factor: number];

/** `units` from the smallest on, in which there are no fractions. */
function inUnits(value: number, units: readonly Unit[]): string {
  const [smallest] = units;
  const unit = units.findLast(([, factor]) => Number((value / factor).toPrecision(3)) >= 1);
  if (unit === undefined || unit === smallest) return `${count(value)} ${smallest?.[0] ?? ""}`;
  return `${significant(value / unit[1])} ${unit[0]}`;
}

const DURATIONS: readonly Unit[] = [
  ["ns", 1],
  ["µs", NS_PER_US],
  ["ms", NS_PER_MS],
  ["s", NS_PER_S],
];
const SIZES: readonly Unit[] = [
  ["B", 1],
  ["KiB", 2 ** 10],
  ["MiB", 2 ** 20],
  ["GiB", 2 ** 30],
];

/** 1,234,567 ns as "1.23 ms". */
export const duration = (ns: number): string => inUnits(ns, DURATIONS);
/** 1,536 bytes as "1.50 KiB". */
export const size = (bytes: number): string => inUnits(bytes, SIZES);

/** "1 frame", "2 frames". */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** 4096 as "0x1000". */
export const hex = (value: number): string => `0x${value.toString(16)}`;
