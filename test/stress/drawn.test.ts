/** Scenarios that nobody has written: no property is violated in them, and no oracle accuses anybody for nothing. */
import { expect, it } from "vitest";
import { parseFaults, seededFaults } from "../../src/stress/fault-plan.ts";
import { makeScheduler } from "../../src/stress/schedulers/catalogue.ts";
import { SIGHTINGS, type Sighting } from "../../src/stress/sightings.ts";
import type { TrialResult } from "../../src/stress/trial.ts";
import { scenarioOf } from "../support/seeded.ts";
import { drawScenario } from "./drawn-scenario.ts";
import { tryOnce } from "./support.ts";

const SEEDS = 1000;

function tryDrawn(seed: number): TrialResult {
  const { text, faults, scheduler } = drawScenario(seed);
  return tryOnce(scenarioOf(text), seed, {
    scheduler: makeScheduler({ kind: scheduler, depth: 3 }, seed, { expectedMoves: 3000, actors: [] }),
    ...(faults !== "" && { faults: seededFaults(seed, parseFaults(faults)) }),
    maxMoves: 8000,
  });
}

it("holds all properties in scenarios drawn at random, in which everything happens sometimes", () => {
  const seen = new Set<Sighting>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const { violation, sightings } = tryDrawn(seed);
    expect(violation, `seed ${seed}:${drawScenario(seed).text}`).toBeUndefined();
    for (const name of Object.keys(SIGHTINGS) as Sighting[]) if (sightings[name] > 0) seen.add(name);
  }
  expect([...seen].sort()).toEqual(Object.keys(SIGHTINGS).sort());
}, 120_000);
