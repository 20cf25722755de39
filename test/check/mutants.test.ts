/** Defects put into the protocol on purpose: the explorer finds each, with a shortest way to it. */
import { describe, expect, it } from "vitest";
import { sequenceDiagram, stepRows } from "../../src/check/counterexample.ts";
import { explore } from "../../src/check/explorer.ts";
import { Handoff, REAL_PARTS } from "../../src/check/handoff.ts";
import { MUTANTS } from "./mutants.ts";

describe("the explorer finds", () => {
  it.each(MUTANTS)("%s", { timeout: 120_000 }, (_what, bounds, parts, property) => {
    const system = new Handoff(bounds, { ...REAL_PARTS, ...parts });
    const found = explore(system);
    expect([found.verdict, found.counterexample?.property]).toEqual(["violated", property]);
    const { counterexample } = found;
    if (counterexample === undefined) return;
    expect(counterexample.trace.length).toBeGreaterThan(0);
    expect(stepRows(system, counterexample)).toHaveLength(counterexample.trace.length);
    expect(sequenceDiagram(system, counterexample)).toContain("sequenceDiagram\n");
  });
});
