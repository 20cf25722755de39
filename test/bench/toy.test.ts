/** The toy that measures our engine beside fast-check's: both find its planted defect, and nothing without. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onFastCheck, onSeededEngine, schedulersTable, type Tried } from "../../bench/schedulers.ts";
import { messagesOf, type ToyDefect, type ToyShape } from "../../bench/toy.ts";
import { delayBounded } from "../../src/stress/schedulers/delay-bounded.ts";
import { pct } from "../../src/stress/schedulers/pct.ts";

const SHAPE: ToyShape = { clients: 3, turns: 2 };
const SEEDS = { first: 1, count: 300 };
const hints = { expectedMoves: messagesOf(SHAPE) };

const ENGINES: readonly (readonly [string, (defect: ToyDefect) => Tried | Promise<Tried>])[] = [
  ["the seeded engine, at random", (defect) => onSeededEngine(SHAPE, SEEDS, defect)],
  [
    "the seeded engine under PCT",
    (defect) => onSeededEngine(SHAPE, SEEDS, defect, (seed) => pct(seed, { depth: 3, ...hints })),
  ],
  [
    "the seeded engine, delay-bounded",
    (defect) => onSeededEngine(SHAPE, SEEDS, defect, (seed) => delayBounded(seed, { delays: 3, ...hints })),
  ],
  ["fast-check's scheduler", (defect) => onFastCheck(fc, SHAPE, SEEDS, defect)],
];

describe.each(ENGINES)("%s", (_name, run) => {
  it("finds a device that takes stale epochs", async () => {
    const { breach, schedules } = await run("stale-epoch");
    expect(breach).toMatch(/^it carried out an operation of guest \d$/);
    expect(schedules).toBeLessThanOrEqual(SEEDS.count);
  });

  it("finds nothing in one that does not, with as many messages in each schedule", async () => {
    const { breach, schedules, operations } = await run("none");
    expect([breach, schedules]).toEqual([undefined, SEEDS.count]);
    expect(operations).toBe(SEEDS.count * messagesOf(SHAPE));
  });
});

describe("the rows of the bench", () => {
  const row = {
    engine: "seeded engine",
    what: "toy",
    schedulesPerS: 6747.2,
    operationsPerS: 485_765,
    ratio: 1,
  };

  it("are aligned, and say it when fast-check is not installed", () => {
    expect(schedulersTable([row]).split("\n")).toEqual([
      "engine         what  schedules/s  operations/s  to the first",
      "seeded engine  toy         6,747       485,765         1.00x",
      "fast-check is not installed (npm ci without --omit=dev has it): its scheduler is not measured",
    ]);
    const both = schedulersTable([row, { ...row, engine: "fast-check's scheduler", ratio: 0.125 }]);
    expect(both).toMatch(/0\.13x$/);
  });
});
