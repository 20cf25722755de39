/** Durations, sizes and rates as people write and read them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exactSize,
  formatDuration,
  formatSize,
  parseDuration,
  parseRate,
  parseSize,
  SIZE_UNITS,
} from "../../src/base/units.ts";

describe("parsing", () => {
  it.each([
    ["250us", 250_000],
    ["1.5 ms", 1_500_000],
    ["2min", 120_000_000_000],
    ["0s", 0],
    ["0.4ns", 0],
    [" 10ns ", 10],
  ])("%j is a duration", (text, ns) => expect(parseDuration(text)).toBe(ns));

  it.each([
    "",
    "5",
    "ms",
    "-1s",
    "1e3s",
    "1h",
    "1 m s",
    "constructor",
    "1constructor",
    "1__proto__",
    "99999999999s",
  ])("%j is no duration", (text) => expect(parseDuration(text)).toBeUndefined());

  it("knows sizes and rates by their units only", () => {
    expect([parseSize("16MiB"), parseSize("1.5KiB"), parseSize("7B")]).toEqual([16_777_216, 1536, 7]);
    expect([parseSize("16MB"), parseSize("1kib"), parseSize("1s")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([parseRate("100Mbit/s"), parseRate("9.6kbit/s"), parseRate("1Gbit")]).toEqual([
      1e8,
      9600,
      undefined,
    ]);
  });
});

describe("formatting", () => {
  it.each([
    [0, "0 ns"],
    [999, "999 ns"],
    [999.7, "1.00 µs"],
    [1000, "1.00 µs"],
    [999_499, "999 µs"],
    [999_500, "1.00 ms"],
    [1_234_567, "1.23 ms"],
    [999_999_999, "1.00 s"],
    [12_345_000_000, "12.3 s"],
    [3_600_000_000_000, "3600 s"],
  ])("%d ns is %s", (ns, text) => expect(formatDuration(ns)).toBe(text));

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.50 KiB"],
    [1000 * 1024, "1000 KiB"],
    [1023 * 1024, "1023 KiB"],
    [1024 * 1024 - 1, "1.00 MiB"],
    [2 ** 30, "1.00 GiB"],
    [5000 * 2 ** 30, "5000 GiB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

  it("says no more than half a percent more or less than there is, without exponents", () => {
    const back = (text: string): number => parseDuration(text.replace("µ", "u")) ?? Number.NaN;
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1e15 }), (ns) => {
        const text = formatDuration(ns);
        expect(text).toMatch(/^\d+(\.\d+)? (ns|µs|ms|s)$/);
        expect(Math.abs(back(text) - ns) / ns).toBeLessThanOrEqual(0.005);
        expect(text.replace(/\D/g, "").length).toBeLessThanOrEqual(7);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 2 ** 45 }), (bytes) => {
        const read = parseSize(formatSize(bytes)) ?? Number.NaN;
        expect(Math.abs(read - bytes) / bytes).toBeLessThanOrEqual(0.005);
      }),
    );
  });

  it.each([
    [83_886_080, "80MiB"],
    [1025 * 1024, "1025KiB"],
    [2 ** 30, "1GiB"],
    [4097, "4097B"],
  ])("%d bytes are written as %s where they are to be read again", (bytes, text) =>
    expect(exactSize(bytes)).toBe(text),
  );

  it("loses nothing of a size that is to be read again", () => {
    const unit = fc.constantFrom(...SIZE_UNITS).map((name) => parseSize(`1${name}`) ?? Number.NaN);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 20 }), unit, (count, unitBytes) => {
        expect(parseSize(exactSize(count * unitBytes))).toBe(count * unitBytes);
      }),
    );
  });
});
