/** Shrinking: what a mutant shows in a crowd, with faults all around, comes down to what it takes. */

import { beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import type { Counterexample } from "../../src/stress/shrink.ts";
import { SIMPLIFICATIONS, versionsOf } from "../../src/stress/shrink-scenario.ts";
import { loadSystem, type System } from "./mutants/bundle.ts";
import { find, type Ground, groundOf, shorten } from "./mutants/hunt.ts";
import type { Scene } from "./mutants/scenes.ts";
import { MUTANTS } from "./mutants/table.ts";

const SEEDS = { first: 0, count: 100 };
const ATTEMPTS = 300;
const LIMIT_MS = 120_000;
const EXPECTED_MOVES = 4000;

/**
 * Four guests, two cards and two peers, with more to do than it takes; and faults that have nothing to do
 * with it.
 */
const CROWD: Scene = {
  text: `
name: crowd
description: More than it takes
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

async function groundWith(name: string, scene?: Scene): Promise<Ground> {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called ${name}`);
  return groundOf(await loadSystem(`shrink ${name}`, mutant.patches), scene ?? mutant.scene, EXPECTED_MOVES);
}

/** Finds a violation by `ground`'s mutant, and shrinks it. */
async function shrunk(ground: Ground, attempts = ATTEMPTS): Promise<Counterexample> {
  const seed = find(ground, "random", SEEDS)?.failure.seed ?? -1;
  const found = await shorten(ground, "random", seed, attempts);
  if (found === undefined) throw new Error(`seed ${seed} shows nothing`);
  return found;
}

function replayed({ replaySchedule, scheduleOf }: System, { playable, trial }: Counterexample) {
  return replaySchedule(playable.scenario, playable, scheduleOf(trial));
}

describe("a violation that needs two of four guests, one of two cards, and no faults", () => {
  let ground: Ground;
  let found: Counterexample;

  beforeAll(async () => {
    ground = await groundWith("model not asked again", CROWD);
    found = await shrunk(ground);
  }, LIMIT_MS);

  it("is the same afterwards", () => {
    expect(found.violation).toMatchObject({ property: 2, oracle: "reusable" });
    expect(found.violation.incident.what).toMatch(/^the VMM saves card0 with /);
  });

  it("takes the guests and the card that it is about, and little else", () => {
    expect([found.from.guests, found.to.guests]).toEqual([4, 2]);
    expect(found.playable.scenario.cards.map(({ name }) => name)).toEqual(["card0"]);
    expect(found.playable.scenario.wire.peers.length).toBeLessThan(2);
    expect(found.playable.text).not.toContain("description");
  });

  it("takes fewer moves, and far fewer changes from one actor to another", () => {
    expect(found.to.moves).toBeLessThan(found.from.moves);
    expect(found.to.switches).toBeLessThan(found.from.switches / 2);
  });

  it("is rid of the faults", () => {
    expect(found.trial.result.strikes).toEqual([]);
  });

  it("replays from its scenario, its moves and its faults", () => {
    const result = replayed(ground.system, found);
    expect(result.violation).toEqual(found.violation);
    expect(result.traceHash).toBe(found.trial.result.traceHash);
  });

  it("is left as it was when nothing may be tried", async () => {
    const asFound = await shrunk(ground, 0);
    expect(asFound.to).toEqual(asFound.from);
    expect(asFound.playable).toBe(ground.playable);
    expect(replayed(ground.system, asFound).violation).toEqual(asFound.violation);
  });
});

describe("what is saved of a violation", () => {
  it("holds the run as it was found as well, which replays, unless shrinking has changed nothing", async () => {
    const { system, playable, brief } = await groundWith("model not asked again", CROWD);
    const source = { file: "", text: playable.text, overrides: {} };
    const scheduler = { kind: "random", depth: 3 } as const;
    const plan = [{ source, brief: { ...brief, scheduler }, loaded: playable }];
    const seed = find({ system, playable, brief }, "random", SEEDS)?.failure.seed ?? -1;
    const saved = await system.explainSeed(plan, seed, 20);
    if (saved?.original === undefined) throw new Error("the original was kept");
    expect(saved.source.text).not.toBe(playable.text);
    expect(saved.original.text).toBe(playable.text);
    expect(saved.original.schedule.decisions).toHaveLength(saved.from.moves);
    const original = system.originalOf(saved);
    const replayed = original && (await system.replaySaved(original));
    expect(replayed?.violation).toEqual(saved.original.violation);
    expect((await system.explainSeed(plan, seed, 0))?.original).toBeUndefined();
  });
});

describe("a violation that needs a fault", () => {
  it("keeps that, and replays with it", async () => {
    const ground = await groundWith("epoch not checked");
    const found = await shrunk(ground);
    const kinds = new Set(found.trial.result.strikes.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["slow-guest"]));
    expect(replayed(ground.system, found).violation).toEqual(found.violation);
  });
});

describe("a seed that shows nothing", () => {
  it("has no counterexample", async () => {
    const ground = await groundOf(await loadSystem("shrink nothing", []), CROWD, EXPECTED_MOVES);
    expect(await shorten(ground, "random", 0, ATTEMPTS)).toBeUndefined();
  });
});

describe("a simpler scenario", () => {
  const changed = (text: string): readonly string[] =>
    SIMPLIFICATIONS.flatMap((simplification) => [...versionsOf(text, simplification)]);
  const plain = (text: string): unknown => parseDocument(text).toJS();
  const text = `
name: tiny
costs: { exit: 1us }
cards: [{ name: card0, kind: rtl8139, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - { name: alice, workload: { kind: stream, to: bob, count: 6 } }
  - { name: bob, workload: { kind: receive } }
`;

  it("has a guest less, less to do, fewer handoffs, or a default more", () => {
    const guests = [
      { name: "alice", workload: { kind: "stream", to: "bob", count: 6 } },
      { name: "bob", workload: { kind: "receive" } },
    ];
    const counting = (count: number) => [
      { name: "alice", workload: { kind: "stream", to: "bob", count } },
      guests[1],
    ];
    const all = changed(text).map((version) => plain(version) as Record<string, unknown>);
    const lists = all.map((version) => version["guests"]);
    expect(lists).toContainEqual([guests[0]]);
    expect(lists).toContainEqual([guests[1]]);
    expect(lists).toContainEqual([{ name: "alice", workload: { kind: "receive" } }, guests[1]]);
    for (const count of [1, 3, 5]) expect(lists).toContainEqual(counting(count));
    expect(all.map((version) => version["costs"])).toContainEqual({ exit: "10us" });
    expect(all.filter((version) => version["costs"] === undefined)).toHaveLength(1);
    const policies = all.map((version) => (version["cards"] as { policy?: unknown }[])[0]?.policy);
    expect(policies).toContainEqual({ kind: "round-robin", quantum: "320us" });
    expect(policies).toContain(undefined);
  });

  it("is never the same one", () => {
    expect(changed(text).map(plain)).not.toContainEqual(plain(text));
  });
});
