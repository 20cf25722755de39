import { expect, test } from "vitest";
import { Pacer } from "../../src/base/pacer.ts";

/** How many items `pacer` lets pass at `nowNs`. */
function takeAll(pacer: Pacer, nowNs: number): number {
  let taken = 0;
  while (pacer.take(nowNs)) taken++;
  return taken;
}

test("one item a period, from the start", () => {
  const pacer = new Pacer(1000, 100, 4);
  expect(takeAll(pacer, 999)).toBe(0);
  expect(takeAll(pacer, 1000)).toBe(1);
  expect(pacer.dueNs).toBe(1100);
  expect(takeAll(pacer, 1350)).toBe(3);
  expect(pacer.dueNs).toBe(1400);
  expect(pacer.skipped).toBe(0);
});

test("who comes too late sends a burst; what was due before is skipped, and the beat is kept", () => {
  const pacer = new Pacer(0, 100, 4);
  expect(takeAll(pacer, 1050)).toBe(4);
  expect(pacer.skipped).toBe(7);
  expect(pacer.dueNs).toBe(1100);
});

test("a fraction of a nanosecond does not add up to a drift", () => {
  const pacer = new Pacer(0, 1e9 / 3, 1);
  for (let n = 0; n < 3000; n++) expect(pacer.take(pacer.dueNs)).toBe(true);
  expect(pacer.dueNs).toBe(1_000_000_000_000);
});

test("without a period everything is due at once", () => {
  const pacer = new Pacer(50, 0, 1);
  expect(pacer.take(49)).toBe(false);
  for (let n = 0; n < 100; n++) expect(pacer.take(50)).toBe(true);
  expect(pacer.skipped).toBe(0);
});
