/** Trials of the system as it is: no oracle finds anything, whatever the schedule and the faults. */
import { describe, expect, it } from "vitest";
import { loadFilesOf } from "../../src/engine/loaded.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../../src/protocol/address.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { recordTrial, replaySchedule, scheduleOf } from "../../src/stress/counterexample.ts";
import { defaultFault, FAULT_KINDS, noFaults, seededFaults } from "../../src/stress/fault-plan.ts";
import { makeScheduler, SCHEDULER_KINDS } from "../../src/stress/schedulers/catalogue.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { loadedOf, scenarioOf } from "../support/seeded.ts";
import { duel, hasty, talk, tryOnce } from "./support.ts";

const actorsOf = ({ guests, cards }: Scenario) => [
  ...guests.map(({ id }) => guestAddress(id)),
  ...cards.flatMap(({ id }) => [nicAddress(id), arbiterAddress(id)]),
  WIRE,
];

describe.each(["rtl8139", "ne2000"])("%s", (card) => {
  it.each(SCHEDULER_KINDS)("holds all properties under the scheduler %s", (kind) => {
    for (const text of [duel, talk, hasty]) {
      const scenario = scenarioOf(text(card));
      const hints = { expectedMoves: 5000, actors: actorsOf(scenario) };
      for (let seed = 0; seed < 3; seed++) {
        const result = tryOnce(scenario, seed, { scheduler: makeScheduler({ kind, depth: 3 }, seed, hints) });
        expect(result.violation, `${scenario.name} seed ${seed}`).toBeUndefined();
        expect(result.ending).toBe("complete");
        expect(result.sightings.handoffs).toBeGreaterThan(0);
      }
    }
  });

  it.each(FAULT_KINDS)("holds all properties when struck by %s", (fault) => {
    let struck = 0;
    for (const text of [duel, talk]) {
      const scenario = scenarioOf(text(card));
      for (let seed = 0; seed < 5; seed++) {
        const faults = seededFaults(seed, [defaultFault(fault)]);
        const result = tryOnce(scenario, seed, { faults, maxMoves: 50_000 });
        struck += result.strikes.length;
        expect(result.violation, `${scenario.name} seed ${seed}`).toBeUndefined();
      }
    }
    expect(struck).toBeGreaterThan(0);
  });

  it.each(["passthrough", "vnic"] as const)("holds them in mode %s", (mode) => {
    const scenario = scenarioOf(talk(card), { mode });
    for (let seed = 0; seed < 3; seed++)
      expect(tryOnce(scenario, seed).violation, `seed ${seed}`).toBeUndefined();
  });
});

describe("at the end of a run", () => {
  it("the frames of a capture, which have other senders, have left", async () => {
    const scenario = loadScenario("scenarios/replay.yaml");
    const { ending, violation } = tryOnce(scenario, 0, await loadFilesOf(scenario));
    expect(violation).toBeUndefined();
    expect(ending).toBe("complete");
  });

  it("the VMM of virtual cards may still be sending what drivers have sent", () => {
    const scenario = scenarioOf(
      `
name: last-words
cards: [{ name: card0, kind: rtl8139 }]
guests: [{ name: pair, count: 2, memory: 256KiB, workload: { kind: stream, to: pair, count: 1 } }]
`,
      { mode: "vnic" },
    );
    const hints = { expectedMoves: 2500, actors: actorsOf(scenario) };
    for (let seed = 0; seed < 30; seed++) {
      const scheduler = makeScheduler({ kind: "pct", depth: 3 }, seed, hints);
      const { ending, violation } = tryOnce(scenario, seed, { scheduler });
      expect(violation, `seed ${seed}`).toBeUndefined();
      expect(ending).toBe("complete");
    }
  });

  it("a replay sees that nothing more can happen, as the run did", () => {
    const scenario = scenarioOf(`
name: alone
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139 }]
guests: [{ name: alice, memory: 256KiB, workload: { kind: stream, to: sink, count: 2 } }]
`);
    const loaded = loadedOf(scenario);
    const options = { scenario, ...loaded, faults: noFaults, maxMoves: 100_000 };
    const recorded = recordTrial({ ...options, scheduler: randomWalk(0) });
    const { ending, moves } = replaySchedule(scenario, loaded, scheduleOf(recorded));
    // Every 128 moves it is looked at whether all is done; at this one nothing more could happen.
    expect(moves % 128).toBeGreaterThan(0);
    expect([ending, moves]).toEqual(["complete", recorded.result.moves]);
  });
});

describe("sightings", () => {
  it("count what sometimes happens", () => {
    const scenario = scenarioOf(hasty("rtl8139"));
    const faults = seededFaults(1, [{ kind: "slow-guest", rate: [1, 100], budget: 40 }]);
    const { sightings } = tryOnce(scenario, 1, { faults });
    expect(sightings.handoffs).toBeGreaterThan(10);
    expect(sightings.blocked).toBeGreaterThan(0);
    expect(sightings.fencedOff).toBeGreaterThan(0);
    expect(sightings.interrupts).toBeGreaterThan(0);
  });
});
