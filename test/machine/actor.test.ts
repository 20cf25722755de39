/** Running a chart: events wait for their turn, effects come in order, what is unexpected is loud. */
import { describe, expect, it } from "vitest";
import { setup } from "xstate";
import { MachineRunner } from "../../src/machine/actor.ts";
import { Automaton, type Effect, stateName } from "../../src/machine/automaton.ts";

type Event = "GO" | "ON" | "BACK";

function build(onEffect: (effect: string, runner: MachineRunner<Event, Effect>) => void) {
  const nothing = (): void => undefined;
  const machine = setup({
    types: { events: {} as { type: Event } },
    actions: { leaveHome: nothing, arrive: nothing, unpack: nothing, look: nothing },
  }).createMachine({
    id: "traveller",
    initial: "home",
    states: {
      home: { tags: ["resting"], exit: "leaveHome", on: { GO: { target: "there", actions: "arrive" } } },
      there: { entry: "unpack", on: { ON: { actions: "look" }, BACK: "home" } },
    },
  });
  const runner: MachineRunner<Event, Effect> = new MachineRunner(new Automaton<Event>(machine), (effect) =>
    onEffect(effect.type, runner),
  );
  return runner;
}

describe("MachineRunner", () => {
  it("carries out the effects in XState's order: exit, transition, entry", () => {
    const effects: string[] = [];
    const runner = build((effect) => effects.push(effect));
    runner.raise("GO");
    expect(effects).toEqual(["leaveHome", "arrive", "unpack"]);
    expect(runner.stateName).toBe("there");
  });

  it("runs to completion: what an effect raises waits until the step is over, in order", () => {
    const log: string[] = [];
    const runner = build((effect, self) => {
      log.push(`${effect} in ${self.stateName}`);
      if (effect === "leaveHome" && log.length === 1) {
        self.raise("ON");
        self.raise("BACK");
      }
    });
    runner.raise("GO");
    expect(log).toEqual(["leaveHome in there", "arrive in there", "unpack in there", "look in there"]);
    expect(runner.is("resting")).toBe(true);
  });

  it("calls an event that the state does not know a defect, and stays usable", () => {
    const runner = build(() => undefined);
    expect(() => runner.raise("BACK")).toThrow("BACK is unexpected in state home");
    runner.raise("GO");
    expect(runner.stateName).toBe("there");
  });

  it("drops what was raised before an effect failed", () => {
    let failing = true;
    const runner = build((effect, self) => {
      if (effect !== "leaveHome" || !failing) return;
      self.raise("BACK");
      failing = false;
      throw new Error("body failed");
    });
    expect(() => runner.raise("GO")).toThrow("body failed");
    runner.raise("ON");
    expect(runner.stateName).toBe("there");
  });
});

describe("Automaton", () => {
  it("meets states as it goes and gives each one number", () => {
    const automaton = new Automaton<Event>(
      setup({ types: { events: {} as { type: Event } } }).createMachine({
        id: "pair",
        type: "parallel",
        states: {
          left: { initial: "a", states: { a: { on: { GO: "b" } }, b: { on: { BACK: "a" } } } },
          right: { initial: "a", states: { a: { on: { ON: "b" } }, b: {} } },
        },
      }),
    );
    expect(automaton.stateCount).toBe(1);
    const go = automaton.step(automaton.initial.next, automaton.eventId("GO"));
    expect(automaton.name(go.next)).toBe("left.b right.a");
    const back = automaton.step(go.next, automaton.eventId("BACK"));
    expect(back.next).toBe(automaton.initial.next);
    expect(automaton.stateCount).toBe(2);
    expect(() => automaton.eventId("NEVER" as Event)).toThrow("pair knows no event NEVER");
    expect(() => automaton.name(99)).toThrow("pair has no state 99");
  });

  it("names nested states with dots and regions side by side", () => {
    expect(stateName("idle")).toBe("idle");
    expect(stateName({ owned: "watching" })).toBe("owned.watching");
    expect(stateName({ cpu: { running: "fast" }, card: "held" })).toBe("cpu.running.fast card.held");
  });
});
