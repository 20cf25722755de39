/** Partial-order reduction: fewer states, and nothing that is violated is missed. */
import { describe, expect, it } from "vitest";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { explore, Search } from "../../src/check/explorer.ts";
import { Handoff, REAL_PARTS, type Step } from "../../src/check/handoff.ts";
import { type Purpose, Reduction } from "../../src/check/reduction.ts";
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

/** Words of a state, and the step to it. */
type Successor = readonly [step: Step, words: Int32Array];

/** Every other step out of a state can also be taken after the lone delivery, and comes to the same with it as without. */
function expectDiamonds(system: Handoff, state: Int32Array, at: number): void {
  const gather = (run: (visit: (next: Int32Array, step: Step) => void) => void): Successor[] => {
    const found: Successor[] = [];
    run((next, step) => found.push([step, next.slice()]));
    return found;
  };
  const texts = (successors: readonly Successor[]): string[] => successors.map(([, words]) => words.join());
  const delivered = gather((visit) => system.delivery(state, at, visit));
  expect(delivered).toHaveLength(1);
  const [[delivery, after]] = delivered as [Successor];
  const later = texts(gather((visit) => system.successors(after, visit)));
  for (const [step, words] of gather((visit) => system.successors(state, visit))) {
    if (step.from === delivery.from && step.actor === delivery.actor) continue;
    const [both, ...others] = texts(gather((visit) => system.delivery(words, at, visit)));
    expect(others).toEqual([]);
    expect(later).toContain(both);
  }
}

describe("a delivery that is taken alone", () => {
  const WORLDS: readonly (readonly [world: string, purpose: Purpose, bounds: Bounds])[] = [
    ["order", "safety", boundsOf("order", 2, "fifo")],
    ["card", "safety", { ...boundsOf("card", 2, "fair-share"), passed: 0 }],
    ["card", "liveness", { ...boundsOf("card", 2, "round-robin"), frames: false }],
    ["failures", "safety", { ...boundsOf("failures", 2, "fifo"), passed: 1 }],
    ["failures", "liveness", { ...boundsOf("failures", 2, "round-robin"), cardLoss: false }],
    ["receivers", "liveness", boundsOf("receivers", 2, "fair-share")],
  ];
  /** Of so many states every so many-th has its steps looked at one by one. */
  const STATES = 100_000;
  const STRIDE = 17;

  it.each(WORLDS)(
    "%s, for %s, can as well be taken later",
    { timeout: 120_000 },
    (_world, purpose, bounds) => {
      const system = new Handoff(bounds);
      const reduction = new Reduction(system, purpose);
      let lone = 0;
      const search = new Search(system, { fixed: bounds.guests });
      search.advance(STATES);
      const state = new Int32Array(search.states.width);
      const words = new Int32Array(system.width);
      for (let index = 0; index < search.states.size; index += STRIDE) {
        search.states.read(index, state);
        search.pieces.expand(state, words);
        const at = reduction.loneDelivery(words);
        if (at < 0) continue;
        expectDiamonds(system, words.slice(), at);
        lone++;
      }
      expect(lone).toBeGreaterThan(1_000);
    },
  );
});
