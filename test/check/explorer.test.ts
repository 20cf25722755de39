/** Every interleaving of the handoff protocol, for small worlds: how many states there are, and that all is well in them. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { type Exploration, type ExploreOptions, explore, Search } from "../../src/check/explorer.ts";
import { Handoff } from "../../src/check/handoff.ts";
import { occurrences, safetyVerdicts } from "../../src/check/verdicts.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { POLICY_KINDS } from "../../src/scenario/schema.ts";

const result = (bounds: Bounds, options: ExploreOptions = {}): Exploration =>
  explore(new Handoff(bounds), options);

describe("the handoff protocol", () => {
  const met: string[] = [];

  /** To change a count must be meant: the protocol, or what is explored of it, is another. */
  const CASES: readonly (readonly [name: string, bounds: Bounds, states: number, transitions: number])[] = [
    ["order, two guests", boundsOf("order", 2, "fifo"), 168_249, 598_221],
    ["order, three guests", boundsOf("order", 3, "fifo"), 115_340, 464_157],
    ["card, two guests", { ...boundsOf("card", 2, "fifo"), frames: false }, 130_250, 459_599],
    ["failures, two guests", { ...boundsOf("failures", 2, "fifo"), cardLoss: false }, 72_049, 299_463],
    ["receivers, two guests", boundsOf("receivers", 2, "fifo"), 53_403, 196_123],
  ];

  it.each(CASES)("%s: all properties hold", { timeout: 120_000 }, (_name, bounds, states, transitions) => {
    const system = new Handoff(bounds);
    const found = explore(system);
    met.push(...system.coverage);
    expect(found.counterexample).toBeUndefined();
    expect(safetyVerdicts(found).map(({ verdict }) => verdict)).not.toContain("unknown");
    expect([found.states, found.transitions]).toEqual([states, transitions]);
  });

  it("goes through all that the properties are about", () => {
    expect([...occurrences(met)].filter(([, seen]) => !seen)).toEqual([]);
  });
});

describe("every policy that ships", () => {
  const REDUCED: readonly (readonly [string, Bounds])[] = POLICY_KINDS.flatMap((policy) => [
    [`${policy}, order, two guests`, boundsOf("order", 2, policy)],
    [`${policy}, order, three guests`, boundsOf("order", 3, policy)],
    [`${policy}, card, two guests`, { ...boundsOf("card", 2, policy), frames: false }],
    [`${policy}, receivers, two guests`, boundsOf("receivers", 2, policy)],
    [`${policy}, failures, two guests`, { ...boundsOf("failures", 2, policy), cardLoss: false }],
  ]);

  it.each(REDUCED)("%s: all properties hold", { timeout: 120_000 }, (_name, bounds) => {
    const found = result(bounds, { reduce: true });
    expect(found.counterexample).toBeUndefined();
    expect(found.verdict).toBe("holds");
    expect(found.states).toBeGreaterThan(10_000);
  });

  it("is told from the others by who is next", () => {
    const counts = POLICY_KINDS.map(
      (policy) => result(boundsOf("order", 3, policy), { reduce: true }).states,
    );
    expect(new Set(counts).size).toBe(POLICY_KINDS.length);
  });
});

describe("the explorer", () => {
  const small: Bounds = { ...boundsOf("order", 2, "fifo"), passed: 0 };
  let whole: Exploration;

  beforeAll(() => {
    whole = result(small, { fixed: 2 });
  });

  it("comes to the same verdict with fewer states where guests are interchangeable", () => {
    const reduced = result(small);
    expect([whole.verdict, reduced.verdict]).toEqual(["holds", "holds"]);
    expect(reduced.states).toBeLessThan(0.6 * whole.states);
    expect(reduced.states).toBeGreaterThanOrEqual(whole.states / 2);
  });

  it("says that it is inconclusive, and how much is left, when its memory is used up", () => {
    const found = result(boundsOf("order", 2, "fifo"), { memoryBytes: 2 << 20 });
    expect(found.verdict).toBe("inconclusive");
    expect(found.unexplored).toBeGreaterThan(0);
    expect(found.states).toBeLessThan(168_249);
    expect(new Set(safetyVerdicts(found).map(({ verdict }) => verdict))).toEqual(new Set(["unknown"]));
  });

  it("knows a way to the farthest state, and its epochs by their numbers", () => {
    const system = new Handoff(boundsOf("order", 3, "fifo"));
    const search = new Search(system, {});
    const found = search.advance(Number.POSITIVE_INFINITY);
    const { steps } = search.wayTo(search.states.size - 1);
    expect(steps.length).toBeGreaterThan(64);
    expect(steps).toHaveLength(found?.depth ?? 0);
    const epochs = steps.map(({ state }) => system.arbiter(state).epoch).filter((epoch) => epoch !== 0);
    const begun = epochs.filter((epoch, i) => epoch !== epochs[i - 1]);
    expect(begun).toEqual(begun.map((_, i) => i + 1));
  });

  it("finds the same states in every run", () => {
    expect(result(small)).toEqual(result(small));
  });
});
