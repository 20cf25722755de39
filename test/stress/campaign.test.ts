/** Campaigns: their ranges, what they add up, and when they stop. */
import { describe, expect, it } from "vitest";
import { RANGE_SEEDS, type RangeRunner, rangesOf, runCampaign } from "../../src/stress/campaign.ts";
import { openPool } from "../../src/stress/pool.ts";
import { EMPTY_TALLY, runRange, type SeedRange, type StressBrief } from "../../src/stress/range.ts";
import { loadedOf, scenarioOf } from "../support/seeded.ts";
import { duel } from "./support.ts";

const brief: StressBrief = {
  scenario: scenarioOf(duel("rtl8139")),
  scheduler: { kind: "random", depth: 3 },
  faults: [],
  maxMoves: 100_000,
  expectedMoves: 5000,
  twice: false,
  bail: false,
};
const loaded = loadedOf(brief.scenario);
const violation = {
  property: 1,
  oracle: "ownership",
  incident: { what: "made up", atNs: 0, move: 1 },
  because: undefined,
} as const;

/** Finds a violation at each of `bad`, and does nothing else. */
const finder =
  (bad: readonly number[], ran: SeedRange[] = []): RangeRunner =>
  async (range) => {
    ran.push(range);
    const failures = bad
      .filter((seed) => seed >= range.first && seed < range.first + range.count)
      .map((seed) => ({ seed, violation, moves: 1 }));
    return { ...EMPTY_TALLY, seeds: range.count, failures };
  };

describe("a campaign", () => {
  it("cuts its seeds into ranges, each seed once", () => {
    const ranges = [...rangesOf({ first: 7, count: 2 * RANGE_SEEDS + 3 })];
    expect(ranges.map(({ count }) => count)).toEqual([RANGE_SEEDS, RANGE_SEEDS, 3]);
    expect(ranges[1]?.first).toBe(7 + RANGE_SEEDS);
  });

  it("adds up what its runners find, failures in order of their seeds", async () => {
    const seeds = { first: 0, count: 200 };
    const progress: number[] = [];
    const tally = await runCampaign({
      seeds,
      jobs: 3,
      runner: finder([150, 3, 90]),
      bail: false,
      onProgress: (sofar) => progress.push(sofar.seeds),
    });
    expect(tally.seeds).toBe(200);
    expect(tally.failures.map(({ seed }) => seed)).toEqual([3, 90, 150]);
    expect(progress.at(-1)).toBe(200);
  });

  it("with bail begins nothing new behind a violation", async () => {
    const ran: SeedRange[] = [];
    const tally = await runCampaign({
      seeds: { first: 0, count: 10_000 },
      jobs: 2,
      runner: finder([30], ran),
      bail: true,
    });
    expect(tally.failures.length).toBe(1);
    expect(ran.length).toBeLessThan(5);
  });

  it("when interrupted answers with what is done, and waits for nobody", async () => {
    const controller = new AbortController();
    const stuck: RangeRunner = (range) =>
      range.first === 0 ? finder([])(range) : new Promise(() => controller.abort());
    const { signal } = controller;
    const tally = await runCampaign({
      seeds: { first: 0, count: 500 },
      jobs: 1,
      runner: stuck,
      bail: false,
      signal,
    });
    expect(tally.seeds).toBe(RANGE_SEEDS);
  });
});

describe("a range of seeds", () => {
  it("finds the same wherever it is run", async () => {
    const range = { first: 3, count: 4 };
    const source = { file: "/nowhere/duel.yaml", text: duel("rtl8139"), overrides: {} };
    const pool = openPool([{ source, brief }], 1);
    try {
      expect(await pool.runner(range)).toEqual(runRange(brief, loaded, range));
    } finally {
      await pool.close();
    }
  });

  it("is run twice on request, and is the same", () => {
    expect(runRange({ ...brief, twice: true }, loaded, { first: 1, count: 2 }).failures).toEqual([]);
  });
});
