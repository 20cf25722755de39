/** Whatever reports come, in whatever order, each range counts once. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { rangesOf } from "../../../src/stress/campaign.ts";
import { RangeLedger, type RangeOutcome } from "../../../src/stress/queue/ledger.ts";
import { addTallies, EMPTY_TALLY } from "../../../src/stress/range.ts";
import { foundIn } from "./support.ts";

const ranges = [...rangesOf({ first: 100, count: 55 }, 10)];
const outcomeOf = (index: number, worker = "alpha"): RangeOutcome => {
  const range = ranges[index] ?? { first: 0, count: 0 };
  const tally = foundIn(range, [103, 117, 118]);
  const shrunk = tally.failures.map(({ seed }) => ({ seed, replay: `replay of ${seed}` }));
  return { kind: "done", worker, tally, shrunk };
};
const whole = ranges.reduce((sum, range) => addTallies(sum, foundIn(range, [103, 117, 118])), EMPTY_TALLY);

it("adds up each range once, however often and in which order it is reported", () => {
  const report = fc.record({ index: fc.nat(ranges.length + 1), worker: fc.constantFrom("alpha", "beta") });
  fc.assert(
    fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
      const ledger = new RangeLedger(ranges);
      const seen = new Set<number>();
      for (const { index, worker } of reports) {
        const fresh = index < ranges.length && !seen.has(index);
        expect(ledger.count(index, outcomeOf(index, worker))).toBe(fresh);
        if (fresh) seen.add(index);
      }
      expect(ledger.outstanding).toEqual([...ranges.keys()].filter((index) => !seen.has(index)));
      for (const index of ledger.outstanding) ledger.count(index, outcomeOf(index));
      expect(ledger.tally).toEqual(whole);
      expect(ledger.outstanding).toEqual([]);
      expect(ledger.shrunk.map(({ seed }) => seed)).toEqual([103, 117, 118]);
    }),
  );
});

it("keeps the first report of a range", () => {
  const ledger = new RangeLedger(ranges);
  ledger.count(2, outcomeOf(2, "alpha"));
  ledger.count(2, { kind: "broken", worker: "beta", why: "too late" });
  expect(ledger.outcomes.get(2)?.worker).toBe("alpha");
  expect(ledger.broken).toBeUndefined();
});

it("names a range that could not be run", () => {
  const ledger = new RangeLedger(ranges);
  ledger.count(5, { kind: "broken", worker: "beta", why: "it was ill" });
  expect(ledger.broken).toMatchObject({ worker: "beta", why: "it was ill", range: { first: 150, count: 5 } });
  expect(ledger.tally).toEqual(EMPTY_TALLY);
  expect(ledger.outstanding).toEqual([0, 1, 2, 3, 4]);
});
