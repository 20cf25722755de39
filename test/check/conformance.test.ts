/**
 * What the explorer's bodies can do covers what the real ones do: each (state, event) that an actor goes through in runs
 * on the seeded engine is also met by the explorer.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { arbiterAutomaton } from "../../actors/arbiter.ts";
import { guestAutomaton } from "../../actors/guest.ts";
import { nicAutomaton } from "../../actors/nic.ts";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { explore } from "../../src/check/explorer.ts";
import { Handoff } from "../../src/check/handoff.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { Automaton } from "../../src/machine/automaton.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

const AUTOMATA = {
  guest: guestAutomaton as unknown as Automaton,
  nic: nicAutomaton as unknown as Automaton,
  arbiter: arbiterAutomaton as unknown as Automaton,
};

const scenario = (workload: string, card: string): string => `
name: conformance
duration: 40ms
wire:
  peers:
    - { kind: sink, name: sink }
    - { kind: source, name: feed, to: [alice, bob], rate: 1000, size: 64, count: 30 }
cards: [{ name: card0, ${card} }]
guests:
  - { name: alice, memory: 256KiB, workload: ${workload} }
  - { name: bob, memory: 256KiB, workload: ${workload} }
`;
const STREAM = "{ kind: stream, to: sink, size: 100, count: 12 }";
const SCENARIOS = [
  scenario(STREAM, "kind: rtl8139, policy: fifo"),
  scenario(STREAM, "kind: ne2000, policy: { kind: round-robin, quantum: 200us }"),
  scenario(STREAM, "kind: rtl8139, policy: fifo, revoke: 10us"),
  scenario("{ kind: receive }", "kind: rtl8139, receive: arrival"),
];

/** Every pair that the automata are asked for while `run` runs. */
function pairsOf(run: () => void): ReadonlySet<string> {
  const pairs = new Set<string>();
  for (const [role, automaton] of Object.entries(AUTOMATA)) {
    automaton.step = (state, event) => {
      pairs.add(`${role}|${automaton.name(state)}|${automaton.events[event]}`);
      return Automaton.prototype.step.call(automaton, state, event);
    };
  }
  try {
    run();
  } finally {
    for (const automaton of Object.values(AUTOMATA)) Reflect.deleteProperty(automaton, "step");
  }
  return pairs;
}

/** Met by the real ones only: a guest that listens is granted the card while it halts; those worlds are too large. */
const GAPS: readonly string[] = ["guest|cpu.halted card.away|GRANT"];

describe("the abstract bodies", () => {
  let explored: ReadonlySet<string>;

  beforeAll(() => {
    const failures = boundsOf("failures", 2, "fifo");
    const worlds: readonly Bounds[] = [
      boundsOf("order", 2, "fifo"),
      { ...boundsOf("order", 2, "fifo"), passed: 0, platform: true },
      { ...boundsOf("card", 2, "any"), frames: false },
      { ...boundsOf("card", 1, "fifo"), passed: 1, frames: true },
      { ...failures, cardLoss: false },
    ];
    const all = new Set<string>();
    for (const bounds of worlds) {
      const system = new Handoff(bounds);
      expect(explore(system).verdict).toBe("holds");
      for (const pair of system.coverage) all.add(pair);
    }
    explored = all;
  }, 180_000);

  it.each(SCENARIOS.map((text, i) => [i, text] as const))(
    "can do whatever the real ones do in scenario %i",
    { timeout: 60_000 },
    (_i, text) => {
      const met = pairsOf(() => {
        for (const seed of [1, 2, 3, 4]) {
          const { run } = sceneOf(scenarioOf(text), seed);
          run.run(3000 * seed);
          if (seed === 4) run.crashGuest(run.guests[0]?.actor.address as never, "the test kills it");
          run.run(200_000);
        }
      });
      expect(met.size).toBeGreaterThan(20);
      expect([...met].filter((pair) => !explored.has(pair) && !GAPS.includes(pair))).toEqual([]);
    },
  );
});
