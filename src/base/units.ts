/** Durations, sizes and rates as a person writes them, and as the program counts them (nanoseconds, bytes, bits per second). */

export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_S = 1_000_000_000;

const DURATION_NS = { ns: 1, us: NS_PER_US, ms: NS_PER_MS, s: NS_PER_S, min: 60 * NS_PER_S } as const;
const SIZE_BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const RATE_BITS = { "bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9 } as const;

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z/]+)$/.exec(text.trim());
  const factor = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  if (match === null || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : undefined;
}

/** "250us" to 250,000 ns; undefined when it is no duration. */
export const parseDuration = (text: string): number | undefined => parse(text, DURATION_NS);
/** "16MiB" to 16,777,216 bytes; undefined when it is no size. */
export const parseSize = (text: string): number | undefined => parse(text, SIZE_BYTES);
/** "100Mbit/s" to 100,000,000 bits per second; undefined when it is no rate. */
export const parseRate = (text: string): number | undefined => parse(text, RATE_BITS);

export const DURATION_UNITS = Object.keys(DURATION_NS);
export const SIZE_UNITS = Object.keys(SIZE_BYTES);
export const RATE_UNITS = Object.keys(RATE_BITS);

/** 1,234,567 ns as "1.23 ms": three significant digits in the unit that suits. */
export function formatDuration(ns: number): string {
  if (ns < NS_PER_US) return `${Math.round(ns)} ns`;
  if (ns < NS_PER_MS) return `${(ns / NS_PER_US).toPrecision(3)} µs`;
  if (ns < NS_PER_S) return `${(ns / NS_PER_MS).toPrecision(3)} ms`;
  return `${(ns / NS_PER_S).toPrecision(3)} s`;
}

/** 1,536 as "1.50 KiB". */
export function formatSize(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  if (bytes < 2 ** 20) return `${(bytes / 2 ** 10).toPrecision(3)} KiB`;
  if (bytes < 2 ** 30) return `${(bytes / 2 ** 20).toPrecision(3)} MiB`;
  return `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
}
