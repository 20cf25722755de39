/** The exported JSON is the machine: `createMachine` makes one of it that does the same, event by event. */
import { describe, expect, it } from "vitest";
import { createMachine, stateIn } from "xstate";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { behaviourOf } from "./reachable.ts";

interface Exported {
  readonly meta?: { readonly guards: Readonly<Record<string, { readonly in: string }>> };
}

/** "cpu.waitingCard" as XState wants it. */
const stateValueOf = (path: string): object | string =>
  path
    .split(".")
    .reduceRight<object | string>((inner, name) => (inner === "" ? name : { [name]: inner }), "");

function readBack(json: string) {
  const config = JSON.parse(json) as Exported;
  const guards = Object.entries(config.meta?.guards ?? {}).map(
    ([name, { in: path }]) => [name, stateIn(stateValueOf(path) as never)] as const,
  );
  return createMachine(config as never, { guards: Object.fromEntries(guards) as never });
}

describe("xstate", () => {
  it.each(MACHINE_NAMES)("%s behaves as the one that runs", (name) => {
    const behaviour = behaviourOf(MACHINES[name].machine);
    expect(behaviour.length).toBeGreaterThan(4);
    expect(behaviourOf(readBack(exportMachine(name, "xstate")))).toEqual(behaviour);
  });

  it("would show that one transition is another", () => {
    const json = exportMachine("arbiter", "xstate").replace('"#arbiter.draining"', '"#arbiter.fencing"');
    expect(behaviourOf(readBack(json))).not.toEqual(behaviourOf(MACHINES.arbiter.machine));
  });
});
