import fc from "fast-check";
import { expect, it } from "vitest";
import { shrink } from "../../src/fuzz/shrink.ts";

it("keeps what is needed, in order, and nothing else", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 6 }), fc.nat(500), (needed, more) => {
      const items = Array.from({ length: 501 + more }, (_, i) => i);
      const fails = (some: readonly number[]): boolean => needed.every((item) => some.includes(item));
      expect(shrink(items, fails)).toEqual([...needed].sort((a, b) => a - b));
    }),
    { numRuns: 50 },
  );
});

it("leaves no single item that is too many, when others may stand for each other", () => {
  const fails = (some: readonly number[]): boolean => some.length % 2 === 1 && some.length >= 3;
  expect(shrink([1, 2, 3, 4, 5, 6, 7], fails).length).toBe(3);
});

it("gives up after a while on what fails whatever is left out but one", () => {
  const items = Array.from({ length: 20_000 }, (_, i) => i);
  let tries = 0;
  const shrunk = shrink(items, (some) => {
    tries++;
    return some.length >= 19_990;
  });
  expect(tries).toBeLessThanOrEqual(3000);
  expect(shrunk.length).toBeGreaterThanOrEqual(19_990);
});
