import { describe, expect, test } from "vitest";
import {
  count,
  duration,
  hex,
  orNone,
  percent,
  plural,
  significant,
  size,
} from "../../src/export/numbers.ts";

describe("numbers for people", () => {
  test.each([
    [0, "0 ns"],
    [999, "999 ns"],
    [1000, "1.00 µs"],
    [1234, "1.23 µs"],
    [999_400, "999 µs"],
    [999_700, "1.00 ms"],
    [54_321_000, "54.3 ms"],
    [2_000_000_000, "2.00 s"],
    [3_600_000_000_000, "3,600 s"],
  ])("%d ns is %s", (ns, text) => expect(duration(ns)).toBe(text));

  test.each([
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1,023 B"],
    [1_048_300, "1.00 MiB"],
    [1536, "1.50 KiB"],
    [1000 * 1024, "1,000 KiB"],
    [4 * 2 ** 20, "4.00 MiB"],
    [5000 * 2 ** 30, "5,000 GiB"],
  ])("%d bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text));

  test.each([
    [0, "0"],
    [0.5, "0.50"],
    [5.4321, "5.43"],
    [9.999, "10.0"],
    [99.96, "100"],
    [999.6, "1,000"],
    [54_321, "54,321"],
  ])("%d to three digits is %s", (value, text) => expect(significant(value)).toBe(text));

  test.each([
    [0, "0.0%"],
    [0.0001, "<0.1%"],
    [0.3482, "34.8%"],
    [1, "100.0%"],
  ])("a share of %d is %s", (share, text) => expect(percent(share)).toBe(text));

  test("what is not known is a dash", () => {
    expect(orNone(undefined, count)).toBe("–");
    expect(orNone(0, count)).toBe("0");
  });

  test("counts, plurals, addresses", () => {
    expect(count(1_234_567)).toBe("1,234,567");
    expect(plural(1, "frame")).toBe("1 frame");
    expect(plural(1200, "frame")).toBe("1,200 frames");
    expect(hex(0x401000)).toBe("0x401000");
  });
});
