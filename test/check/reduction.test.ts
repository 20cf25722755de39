/** Partial-order reduction: fewer states, and nothing that is violated is missed. */
import { describe, expect, it } from "vitest";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { explore } from "../../src/check/explorer.ts";
import { Handoff, REAL_PARTS } from "../../src/check/handoff.ts";
import { safetyVerdicts } from "../../src/check/verdicts.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { MUTANTS } from "./mutants.ts";

describe("a reduced search", () => {
  const WORLDS: readonly (readonly [string, Bounds])[] = [
    ["order", boundsOf("order", 2, "fifo")],
    ["order, three guests in turn", { ...boundsOf("order", 3, "round-robin") }],
    ["card", { ...boundsOf("card", 2, "fair-share"), frames: false }],
    ["failures", { ...boundsOf("failures", 2, "fifo"), cardLoss: false }],
    [
      "crashes and a lost card",
      { ...boundsOf("order", 2, "fifo"), passed: 0, crashes: true, cardLoss: true },
    ],
  ];

  it.each(WORLDS)(
    "comes to the same verdict with fewer states: %s",
    { timeout: 120_000 },
    (_name, bounds) => {
      const whole = explore(new Handoff(bounds));
      const reduced = explore(new Handoff(bounds), { reduce: true });
      expect([whole.verdict, reduced.verdict]).toEqual(["holds", "holds"]);
      expect(reduced.states).toBeLessThan(0.8 * whole.states);
      expect(reduced.transitions).toBeLessThan(0.8 * whole.transitions);
    },
  );

  it.each(MUTANTS)("finds %s", { timeout: 120_000 }, (_what, bounds, parts, property) => {
    const found = explore(new Handoff(bounds, { ...REAL_PARTS, ...parts }), { reduce: true });
    expect([found.verdict, found.counterexample?.property]).toEqual(["violated", property]);
  });

  it("says nothing of how much channels hold", () => {
    const bounds: Bounds = { ...boundsOf("order", 2, "fifo"), passed: 0 };
    const reduced = explore(new Handoff(bounds), { reduce: true });
    const unknown = safetyVerdicts(reduced, true).filter(({ verdict }) => verdict === "unknown");
    expect(unknown.map(({ property }) => property)).toEqual(["bounded channels"]);
  });
});
