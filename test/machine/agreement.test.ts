/** The table that runs is the statechart that is drawn: every reachable state and event against XState itself. */
import { describe, expect, it } from "vitest";
import { type AnyStateMachine, createActor, type SnapshotFrom } from "xstate";
import { arbiterAutomaton, arbiterMachine } from "../../actors/arbiter.ts";
import { guestAutomaton, guestMachine } from "../../actors/guest.ts";
import { linuxAutomaton, linuxMachine } from "../../actors/linux.ts";
import { nicAutomaton, nicMachine } from "../../actors/nic.ts";
import { passthroughAutomaton, passthroughMachine } from "../../actors/passthrough.ts";
import { uplinkAutomaton, uplinkMachine } from "../../actors/uplink.ts";
import { vnicAutomaton, vnicMachine } from "../../actors/vnic.ts";
import { lineAutomaton, lineMachine } from "../../actors/wire.ts";
import { ne2000Automaton, ne2000Machine } from "../../src/devices/ne2000/statechart.ts";
import { rtl8139Automaton, rtl8139Machine } from "../../src/devices/rtl8139/statechart.ts";
import { MACHINES } from "../../src/export/machines/catalogue.ts";
import type { Automaton } from "../../src/machine/automaton.ts";

/** Each chart with the number of its states that can be reached: to change it must be meant. */
const CHARTS: readonly (readonly [string, AnyStateMachine, Automaton, number])[] = [
  ["rtl8139", rtl8139Machine, rtl8139Automaton as Automaton, 40],
  ["ne2000", ne2000Machine, ne2000Automaton as unknown as Automaton, 384],
  ["guest", guestMachine, guestAutomaton as unknown as Automaton, 14],
  ["linux", linuxMachine, linuxAutomaton as unknown as Automaton, 11],
  ["nic", nicMachine, nicAutomaton as unknown as Automaton, 6],
  ["arbiter", arbiterMachine, arbiterAutomaton as unknown as Automaton, 16],
  ["vnic", vnicMachine, vnicAutomaton as unknown as Automaton, 6],
  ["passthrough", passthroughMachine, passthroughAutomaton as unknown as Automaton, 7],
  ["line", lineMachine, lineAutomaton as unknown as Automaton, 4],
  ["uplink", uplinkMachine, uplinkAutomaton as unknown as Automaton, 5],
];

it("every statechart that there is has a row here", () => {
  const known = CHARTS.map(([, machine]) => machine);
  expect(Object.values(MACHINES).filter(({ machine }) => !known.includes(machine))).toEqual([]);
});

interface Reached {
  readonly state: number;
  readonly path: readonly string[];
}

/** The chart with actions that write their names down. */
function recorded(machine: AnyStateMachine): {
  readonly machine: AnyStateMachine;
  readonly actions: string[];
} {
  const actions: string[] = [];
  const recording = Object.keys(machine.implementations.actions).map((name) => [
    name,
    () => actions.push(name),
  ]);
  return { machine: machine.provide({ actions: Object.fromEntries(recording) }), actions };
}

describe.each(CHARTS)("%s", (_name, machine, automaton, stateCount) => {
  it("has no memory beside its state, no delays and no actors of its own", () => {
    const texts = JSON.stringify(machine.config);
    expect(texts).not.toMatch(/"(after|invoke|history|context|always)":/);
  });

  it("agrees with XState on target, effects and acceptance of every event in every state", () => {
    const seen = new Map<number, Reached>([
      [automaton.initial.next, { state: automaton.initial.next, path: [] }],
    ]);
    const values = new Map<string, number>();
    const tags = tagsOf(machine);
    const recording = recorded(machine);
    for (const { state, path } of seen.values()) {
      const before = snapshotAfter(machine, path);
      for (const event of automaton.events) {
        const step = automaton.step(state, automaton.eventId(event));
        recording.actions.length = 0;
        const actor = createActor(recording.machine, { snapshot: before }).start();
        actor.send({ type: event });
        const after = actor.getSnapshot();
        const where = `${automaton.name(state)} on ${event}`;
        expect(automaton.value(step.next), where).toEqual(after.value);
        expect(
          step.effects.map(({ type }) => type),
          where,
        ).toEqual(recording.actions);
        expect(step.accepted, where).toBe(before.can({ type: event }));
        if (!step.accepted) expect(step.next, where).toBe(state);
        if (!seen.has(step.next)) seen.set(step.next, { state: step.next, path: [...path, event] });
        // The table's entry is the same when it is read again.
        expect(automaton.step(state, automaton.eventId(event))).toBe(step);
      }
      values.set(JSON.stringify(automaton.value(state)), state);
      for (const tag of tags) expect(automaton.hasTag(state, tag)).toBe(before.hasTag(tag));
    }
    expect(values.size).toBe(seen.size);
    expect(seen.size).toBe(stateCount);
  });
});

function snapshotAfter(machine: AnyStateMachine, path: readonly string[]): SnapshotFrom<AnyStateMachine> {
  const actor = createActor(machine);
  actor.start();
  for (const type of path) actor.send({ type });
  return actor.getSnapshot();
}

/** Every tag that the chart names. */
function tagsOf(machine: AnyStateMachine): readonly string[] {
  return [...JSON.stringify(machine.config).matchAll(/"tags":\[([^\]]*)\]/g)].flatMap((match) =>
    (match[1] ?? "").split(",").map((tag) => tag.replaceAll('"', "")),
  );
}
