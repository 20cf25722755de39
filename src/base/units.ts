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
export const SIZE_UNITS = ["B", "KiB", "MiB", "GiB"] as const satisfies readonly (keyof typeof SIZE_BYTES)[];
export const RATE_UNITS = Object.keys(RATE_BITS);

/** `value` counted in units: its size in the first unit in which it stays below the next one, to three digits. */
function format(value: number, units: Readonly<Record<string, number>>): string {
  const rows = Object.entries(units);
  const factors = rows.map(([, factor]) => factor);
  for (const [i, [unit, factor]] of rows.entries()) {
    const digits = threeDigits(value / factor, factor === 1);
    const limit = (factors[i + 1] ?? Number.POSITIVE_INFINITY) / factor;
    if (Number(digits) < limit) return `${digits} ${unit}`;
  }
  return `${value}`;
}

/** Three significant digits, but all of those before the point; none behind it when `whole`. */
function threeDigits(value: number, whole: boolean): string {
  return whole || value >= 999.5 ? `${Math.round(value)}` : value.toPrecision(3);
}

/** 1,234,567 ns as "1.23 ms": three significant digits in the unit that suits. */
export const formatDuration = (ns: number): string =>
  format(ns, { ns: 1, µs: NS_PER_US, ms: NS_PER_MS, s: NS_PER_S });

/** 1,536 as "1.50 KiB". */
export const formatSize = (bytes: number): string => format(bytes, SIZE_BYTES);

/** 83,886,080 as "80MiB", as `parseSize` reads it: nothing is lost. `bytes`: 1 or more. */
export function exactSize(bytes: number): string {
  const unit = SIZE_UNITS.findLast((one) => bytes % SIZE_BYTES[one] === 0) ?? "B";
  return `${bytes / SIZE_BYTES[unit]}${unit}`;
}
