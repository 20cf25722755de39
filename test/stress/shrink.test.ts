/** What a campaign finds is made small: a mutant's failing run, in a scenario with more in it than the defect needs. */
import { beforeAll, describe, expect, it } from "vitest";
import { isSame } from "../../src/stress/counterexample.ts";
import type { Counterexample } from "../../src/stress/shrink.ts";
import { loadSystem, type System } from "./mutants/bundle.ts";
import { find, groundOf, movesOf, shorten } from "./mutants/hunt.ts";
import type { Scene } from "./mutants/scenes.ts";
import { MUTANTS } from "./mutants/table.ts";

const CROWDED: Scene = {
  text: `
name: crowded
duration: 60s
costs: { exit: 100ns, model: 1ns, io: 100ns, restore: 1ns, step: 50ns }
wire: { peers: [{ kind: sink, name: sink }, { kind: echo, name: echo }] }
cards:
  - { name: card0, kind: rtl8139, policy: { kind: round-robin, quantum: 20us } }
  - { name: card1, kind: ne2000, policy: fifo }
guests:
  - { name: alice, card: card0, memory: 256KiB, address: registers, workload: { kind: stream, to: sink, size: 20, count: 8 } }
  - { name: bob, card: card0, memory: 256KiB, address: registers, workload: { kind: stream, to: sink, size: 100, count: 8 } }
  - { name: carol, card: card0, memory: 256KiB, address: registers, workload: { kind: ping, to: echo, interval: 50us, count: 3 } }
  - { name: dave, card: card1, memory: 256KiB, workload: { kind: stream, to: sink, size: 60, count: 2 } }
`,
  faults: "irq-spurious=1/10:20,slow-arbiter=1/100:5",
};

const LIMIT_MS = 120_000;

let system: System;
let found: Counterexample;
beforeAll(async () => {
  const mutant = MUTANTS.find(({ name }) => name === "epoch not advanced");
  system = await loadSystem("shrunk", mutant?.patches ?? []);
  const sound = await loadSystem("none", []);
  const ground = await groundOf(system, CROWDED, await movesOf(sound, CROWDED));
  const seed = find(ground, "random", { first: 0, count: 20 })?.failure.seed ?? -1;
  const shrunk = await shorten(ground, "random", seed, 150);
  if (shrunk === undefined) throw new Error("the mutant is not found: there is nothing to shrink");
  found = shrunk;
}, LIMIT_MS);

describe("a counterexample", () => {
  it("keeps the guests that it takes, and drops the rest of the scenario", () => {
    expect(found.from.guests).toBe(4);
    expect(found.to.guests).toBe(2);
    expect(found.playable.scenario.cards.map(({ name }) => name)).toEqual(["card0"]);
    expect(found.playable.scenario.wire.peers.length).toBeLessThan(2);
  });

  it("has fewer moves, and fewer changes of actor", () => {
    expect(found.to.moves).toBeLessThan(found.from.moves);
    expect(found.to.switches).toBeLessThan(found.from.switches / 2);
  });

  it("drops the faults that have nothing to do with it", () => {
    expect(found.trial.result.strikes).toEqual([]);
  });

  it("shows the same violation when its schedule is played again", () => {
    const { scenario, workloads } = found.playable;
    const again = system.replaySchedule(scenario, workloads, system.scheduleOf(found.trial));
    expect(isSame(found.violation, again.violation)).toBe(true);
    expect(again.violation?.incident).toEqual(found.violation.incident);
  });
});

it("a seed that shows nothing has nothing to shrink", async () => {
  const sound = await loadSystem("none", []);
  const ground = await groundOf(sound, CROWDED, 5000);
  expect(await shorten(ground, "random", 1, 10)).toBeUndefined();
});
