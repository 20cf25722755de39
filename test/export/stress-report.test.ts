/** Reports of campaigns, from made-up tallies. */
import { describe, expect, it } from "vitest";
import { junit } from "../../src/export/junit.ts";
import { jsonStress, type StressOutcome, stressReport } from "../../src/export/stress-report.ts";
import type { StressPlan } from "../../src/stress/plan.ts";
import { EMPTY_TALLY, type StressTally } from "../../src/stress/range.ts";
import { verdictOf } from "../../src/stress/verdict.ts";
import { duel } from "../stress/support.ts";
import { scenarioOf } from "../support/seeded.ts";

const part = (name: string, kind: "random" | "pct"): StressPlan[number] => ({
  source: { file: `/x/${name}.yaml`, text: "", overrides: {} },
  brief: {
    scenario: { ...scenarioOf(duel("rtl8139")), name },
    scheduler: { kind, depth: 3 },
    ...{ faults: [], maxMoves: 1000, expectedMoves: 100, twice: false, bail: false },
  },
});
const PLAN = [part("duel", "random"), part("talk", "pct")];

const failure = (seed: number) => ({
  seed,
  moves: 40 + seed,
  violation: {
    property: 3,
    oracle: "dma",
    incident: { what: 'card0 writes to <bob> & says "hello"\u0001', atNs: 1500, move: 40 },
    because: { what: "card0 was granted, alice", atNs: 120, move: 7 },
  } as const,
});

function outcome(tally: Partial<StressTally>, asked: number): StressOutcome {
  const whole = { ...EMPTY_TALLY, ...tally };
  return {
    plan: PLAN,
    seeds: { first: 0, count: asked },
    tally: whole,
    verdict: verdictOf(whole, asked, ["handoffs"]),
    explained: [],
    elapsedNs: 2_000_000_000,
  };
}
const seen = { ...EMPTY_TALLY.sightings, handoffs: 40 };

describe("the report of a campaign", () => {
  it("says what happened, to whom, when, and after what; and what to type", () => {
    const size = { guests: 2, moves: 9, switches: 3 };
    const found = outcome({ seeds: 4, moves: 400, sightings: seen, failures: [failure(3)] }, 4);
    const from = { guests: 3, moves: 900, switches: 80 };
    const explained = [{ seed: 3, from, to: size, file: "talk-3.vpio" }];
    const text = stressReport({ ...found, explained });
    expect(text).toContain("seed 3 of talk under pct after 43 moves\n");
    expect(text).toContain(
      "property 3 (DMA touches only the owner's memory, or the VMM's), by the oracle \"dma\":\n",
    );
    expect(text).toMatch(/card0 writes to <bob>.* \(1\.50 µs, move 40\)\n/);
    expect(text).toContain("after card0 was granted, alice (120 ns, move 7)\n");
    expect(text).toContain(
      "shrunk from 3 guests, 900 moves, 80 changes of actor to 2 guests, 9 moves, 3 changes of actor\n",
    );
    expect(text).toContain("  vpio replay talk-3.vpio\n");
    expect(text).toMatch(/VIOLATED by 1 seed\.\n$/);
  });

  it("describes ten failures and counts the rest", () => {
    const failures = Array.from({ length: 13 }, (_, seed) => failure(seed));
    const text = stressReport(outcome({ seeds: 13, sightings: seen, failures }, 13));
    expect(text.match(/^seed /gm)).toHaveLength(10);
    expect(text).toContain("and 3 more\n");
  });

  it.each([
    [4, 4, 40, "holds"],
    [3, 4, 40, "inconclusive"],
    [4, 4, 0, "inconclusive"],
  ])("of %d seeds out of %d with %d handoffs %s", (seeds, asked, handoffs, kind) => {
    const { verdict } = outcome({ seeds, sightings: { ...seen, handoffs } }, asked);
    expect(verdict.kind).toBe(kind);
  });

  it("as JSON names the part of each failure", () => {
    const json = jsonStress(outcome({ seeds: 4, sightings: seen, failures: [failure(1)] }, 4));
    expect(json).toMatchObject({
      verdict: { kind: "violated" },
      failures: [{ seed: 1, part: "talk under pct", violation: { property: 3 } }],
    });
  });
});

describe("JUnit XML", () => {
  it("has a case for each part, with its failures, and no character that XML has not", () => {
    const text = junit(outcome({ seeds: 4, sightings: seen, failures: [failure(1), failure(3)] }, 4));
    expect(text).toContain('<testsuite name="vpio stress" tests="2" failures="1" skipped="0" time="2.000">');
    expect(
      text.match(/<testcase name="talk under pct".*?<\/testcase>/s)?.[0].match(/<failure /g),
    ).toHaveLength(2);
    expect(text.match(/<testcase name="duel under random".*?<\/testcase>/s)?.[0]).not.toContain("<failure");
    expect(text).toContain("card0 writes to &lt;bob&gt; &amp; says &quot;hello&quot;");
    expect(text).not.toContain("\u0001");
  });

  it("skips a case when the campaign is inconclusive", () => {
    const text = junit(outcome({ seeds: 3, sightings: seen }, 4));
    expect(text).toContain('<skipped message="1 seeds not run; never seen: nothing"/>');
  });
});
