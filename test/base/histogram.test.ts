/** Counts in buckets against the sorted records themselves. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/base/histogram.ts";

const records = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 0, max: 1e6 }),
    fc.integer({ min: 0, max: 2 ** 50 }),
  ),
  { minLength: 1, maxLength: 200 },
);

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe("Histogram", () => {
  it("gives percentiles at most 1/32 above the sorted record, and never below it", () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)] as number;
        const found = of(values).percentile(percent);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(exact + exact / 32);
      }),
    );
  });

  it("is exact below 64, at the maximum and in the mean", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 1 }), (values) => {
        const histogram = of(values);
        const sorted = values.toSorted((a, b) => a - b);
        expect(histogram.percentile(50)).toBe(sorted[Math.ceil(values.length / 2) - 1]);
        expect(histogram.percentile(100)).toBe(sorted.at(-1));
        expect(histogram.max).toBe(sorted.at(-1));
        expect(histogram.mean).toBeCloseTo(values.reduce((sum, value) => sum + value) / values.length, 9);
        expect(histogram.count).toBe(values.length);
      }),
    );
  });

  it("merged from parts says what the whole says, in whatever order, and over JSON", () => {
    fc.assert(
      fc.property(records, records, (left, right) => {
        const whole = of([...left, ...right]);
        const merged = Histogram.from(JSON.parse(JSON.stringify(of(right).data())));
        merged.merge(of(left).data());
        for (const percent of [0, 1, 50, 90, 99, 100])
          expect(merged.percentile(percent)).toBe(whole.percentile(percent));
        expect([merged.count, merged.max, merged.mean]).toEqual([whole.count, whole.max, whole.mean]);
      }),
    );
  });

  it("is 0 when nothing is recorded, and takes fractions and negative numbers for whole ones", () => {
    const empty = new Histogram();
    expect([empty.percentile(99), empty.mean, empty.max, empty.count]).toEqual([0, 0, 0, 0]);
    expect(of([2.9, -5]).data()).toEqual({
      counts: [
        [2, 1],
        [0, 1],
      ],
      max: 2,
      sum: 2,
    });
  });
});
