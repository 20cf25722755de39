/** An SCXML interpreter does with the exported file what XState does with the machine: from every state, every event. */
import { describe, expect, it } from "vitest";
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from "xstate";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { parseXml } from "../../support/xml.ts";
import { type Configuration, Scxml } from "./scxml-interpreter.ts";

/** Ids of the active states, as both have them. */
const keyOf = (ids: Iterable<string>): string => [...ids].sort().join(" ");
const idsOf = ({ _nodes, machine }: AnyMachineSnapshot): readonly string[] =>
  (_nodes as readonly { readonly path: readonly string[] }[]).map(({ path }) => path.join(".") || machine.id);

function behaviourOfMachine(machine: AnyStateMachine): readonly string[] {
  const [initial, effects] = initialTransition(machine);
  const rows = [`begins in ${keyOf(idsOf(initial))} / ${effects.map(({ type }) => type)}`];
  const seen = new Map<string, AnyMachineSnapshot>([[keyOf(idsOf(initial)), initial]]);
  for (const [key, snapshot] of seen) {
    for (const type of machine.events.toSorted()) {
      const [next, actions] = transition(machine, snapshot, { type });
      rows.push(`${key}, ${type} -> ${keyOf(idsOf(next))} / ${actions.map((action) => action.type)}`);
      if (!seen.has(keyOf(idsOf(next)))) seen.set(keyOf(idsOf(next)), next);
    }
  }
  return rows;
}

function behaviourOfFile(text: string): readonly string[] {
  const scxml = new Scxml(parseXml(text));
  const { next: initial, effects } = scxml.begin();
  const rows = [`begins in ${keyOf(initial)} / ${effects}`];
  const seen = new Map<string, Configuration>([[keyOf(initial), initial]]);
  for (const [key, configuration] of seen) {
    for (const event of scxml.events.toSorted()) {
      const taken = scxml.take(configuration, event);
      rows.push(`${key}, ${event} -> ${keyOf(taken.next)} / ${taken.effects}`);
      if (!seen.has(keyOf(taken.next))) seen.set(keyOf(taken.next), taken.next);
    }
  }
  return rows;
}

describe("an interpreter of the exported SCXML", () => {
  it.each(MACHINE_NAMES)("goes through %s as XState does", (name) => {
    const behaviour = behaviourOfMachine(MACHINES[name].machine);
    expect(behaviour.length).toBeGreaterThan(4);
    expect(behaviourOfFile(exportMachine(name, "scxml"))).toEqual(behaviour);
  });

  it.each([
    ["a condition is another", ["In(cpu.waitingCard)", "In(cpu.halted)"]] as const,
    ["a target is another", ['target="card.held"', 'target="card.away"']] as const,
    ["an effect is missing", ['<log label="ackRevoke"/>', ""]] as const,
  ])("would show that %s", (_, [text, other]) => {
    const changed = exportMachine("guest", "scxml").replace(text, other);
    expect(behaviourOfFile(changed)).not.toEqual(behaviourOfMachine(MACHINES.guest.machine));
  });
});
