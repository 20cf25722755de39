/** Time and exits at the edges of a statechart: of one written by hand, and of runs. */

import { describe, expect, it } from "vitest";
import { setup } from "xstate";
import { BUILT_IN } from "../../src/devices/catalogue.ts";
import { SeededRun } from "../../src/engine/seeded-run.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { leavesOf } from "../../src/trace/active.ts";
import { stateAt } from "../../src/trace/at.ts";
import { chartOf, nodesOf } from "../../src/trace/chart.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { stepInChart } from "../../src/trace/stays.ts";
import { MESSAGE_TYPES } from "../../src/trace/trace.ts";
import { ChartUsage, type Usage } from "../../src/trace/usage.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";
import { duel } from "../stress/support.ts";
import { scenarioOf } from "../support/seeded.ts";
import { exitAt, MadeUp } from "./made-up.ts";

const nothing = (): void => undefined;

const CHART = chartOf(
  setup({ actions: { sendExit: nothing, note: nothing } }).createMachine({
    id: "made-up",
    initial: "idle",
    states: {
      idle: { on: { GO: { target: "work", actions: "sendExit" }, TICK: { actions: "note" } } },
      work: {
        initial: "one",
        states: { one: { on: { NEXT: "two" } }, two: {} },
        on: { STOP: "idle", AGAIN: { target: "work", reenter: true }, BACK: ".one" },
      },
    },
  }),
);

const edgeOf = (event: string): number => CHART.edges.findIndex((edge) => edge.event === event);

/** Steps of the first actor, one a move, which take 100 ns each; `undefined`: somebody else's move. */
function stepped(steps: readonly (readonly [from: string, event: string, to: string] | undefined)[]) {
  const made = new MadeUp();
  for (const [i, step] of steps.entries()) {
    made.step(0);
    if (step === undefined) continue;
    const [from, event, to] = step;
    made.trace.step(i + 1, 0, made.trace.stepTable.id({ from, event, to }));
  }
  return made;
}

const waited = ({ waitedNs }: Usage): Readonly<Record<string, number>> =>
  Object.fromEntries([...waitedNs].map(([edge, ns]) => [CHART.edges[edge]?.event, ns]));

describe("the time at an edge", () => {
  const { trace } = stepped([
    ["", "", "idle"],
    undefined,
    ["idle", "TICK", "idle"],
    ["idle", "GO", "work.one"],
    ["work.one", "NEXT", "work.two"],
    undefined,
    ["work.two", "STOP", "idle"],
    ["idle", "GO", "work.one"],
    ["work.one", "AGAIN", "work.one"],
    undefined,
    ["work.one", "STOP", "idle"],
  ]);
  const usage = new ChartUsage(trace, 0, CHART);

  it("is how long its state had lasted, through whatever it has taken without being left", () => {
    expect(waited(usage.at(4))).toEqual({ GO: 300 });
    expect(waited(usage.at(5))).toEqual({ GO: 300, NEXT: 100 });
  });

  it("counts from the outer state's beginning at an outer edge, and adds up", () => {
    expect(waited(usage.at(7))).toEqual({ GO: 300, NEXT: 100, STOP: 300 });
    expect(waited(usage.at(11))).toEqual({ GO: 400, NEXT: 100, AGAIN: 100, STOP: 500 });
  });

  it("is the same back in time", () => {
    expect(waited(usage.at(5))).toEqual({ GO: 300, NEXT: 100 });
    expect(usage.at(11)).toEqual(new ChartUsage(trace, 0, CHART).at(11));
  });

  it("begins again where a state is entered anew from the one around it", () => {
    const again = stepInChart(CHART, { from: "work.two", event: "BACK", to: "work.one" });
    expect(again).toEqual({ edges: [edgeOf("BACK")], leaving: [], entered: ["work.one"] });
    const same = stepInChart(CHART, { from: "work.one", event: "BACK", to: "work.one" });
    expect(same.entered).toEqual(["work.one"]);
    const anew = stepInChart(CHART, { from: "work.one", event: "AGAIN", to: "work.one" });
    expect(anew.leaving).toEqual([edgeOf("AGAIN")]);
    expect([...anew.entered].sort()).toEqual(["work", "work.one"]);
    expect(stepInChart(CHART, { from: "idle", event: "TICK", to: "idle" }).leaving).toEqual([]);
  });
});

describe("a long run", () => {
  it("is counted the same whichever way the cursor comes", () => {
    const { trace } = stepped([
      ["", "", "idle"],
      ...Array.from({ length: 4_000 }).flatMap(() => [
        ["idle", "GO", "work.one"] as const,
        undefined,
        ["work.one", "STOP", "idle"] as const,
      ]),
    ]);
    const kept = new ChartUsage(trace, 0, CHART);
    for (const move of [12_001, 12_000, 6_200, 6_201, 3_073, 3_071, 11_999, 3_072, 5, 0, 9_001])
      expect(kept.at(move), String(move)).toEqual(new ChartUsage(trace, 0, CHART).at(move));
    expect(waited(kept.at(12_001))).toEqual({ GO: 400_000, STOP: 800_000 });
  });
});

describe("exits at an edge", () => {
  it("are those that it makes, and whatever was taken in a move that takes one", () => {
    const made = stepped([
      ["", "", "idle"],
      ["idle", "TICK", "idle"],
      ["idle", "GO", "work.one"],
    ]);
    const exit = made.send(1, 0, exitAt(0xc037));
    made.deliver(1, 0, exit);
    made.trace.step(4, 0, made.trace.stepTable.id({ from: "work.one", event: "NEXT", to: "work.two" }));
    const { exits, counts } = new ChartUsage(made.trace, 0, CHART).at(4);
    expect(exits).toEqual(
      new Map([
        [edgeOf("GO"), 1],
        [edgeOf("NEXT"), 1],
      ]),
    );
    expect(counts.get(edgeOf("TICK"))).toBe(1);
  });
});

describe("of a run", () => {
  const scenario = scenarioOf(duel("rtl8139"));
  const run = new SeededRun(scenario, {
    scheduler: randomWalk(5),
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  });
  const recorder = new Recorder(run, () => run.engine.nowNs);
  run.engine.observe(recorder);
  run.begin();
  for (let i = 0; i < 5_000 && run.engine.move(); i++);
  const { trace } = recorder;

  /** Of each actor that runs a machine, at some moves. */
  const usages = trace.head.actors.flatMap(({ chart: index }, actor) => {
    const chart = trace.head.charts[index ?? -1];
    if (chart === undefined) return [];
    const usage = new ChartUsage(trace, actor, chart);
    return [40, 700, 2_111, trace.length].map((move) => ({ actor, chart, move, usage: usage.at(move) }));
  });

  it("each stay in a state ends by one of its edges, or by one of those around it, or still goes on", () => {
    let compared = 0;
    for (const { actor, chart, move, usage } of usages) {
      const now = leavesOf(chart, stateAt(trace, actor, move));
      for (const { path, children } of nodesOf(chart.root)) {
        const left = chart.edges.flatMap(({ source }, edge) => (source === path ? [edge] : []));
        if (children.length > 0 || left.length === 0) continue;
        const waitedNs = left.reduce((sum, edge) => sum + (usage.waitedNs.get(edge) ?? 0), 0);
        const lastedNs = (usage.shares.get(path) ?? 0) * usage.wholeNs;
        expect(waitedNs, `${chart.id} ${path}`).toBeLessThanOrEqual(lastedNs + 1e-3);
        if (chart.id !== "guest" || now.includes(path)) continue;
        // No edge of a guest's statechart is around another.
        expect(waitedNs, `${chart.id} ${path}`).toBeCloseTo(lastedNs, 3);
        if (waitedNs > 0) compared++;
      }
    }
    expect(compared).toBeGreaterThan(8);
  });

  it("a guest's edges have made all of its exits", () => {
    const sent = (actor: number, move: number): number => {
      let exits = 0;
      for (let message = 0; message < trace.sentBy.countUpTo(move); message++) {
        const from = trace.channelTable.get(trace.channels.at(message))?.from;
        if (from === actor && MESSAGE_TYPES[trace.types.at(message)] === "exit") exits++;
      }
      return exits;
    };
    const guests = usages.filter(({ chart }) => chart.id === "guest");
    for (const { actor, move, usage } of guests)
      expect([...usage.exits.values()].reduce((sum, exits) => sum + exits, 0)).toBe(sent(actor, move));
    expect(guests.some(({ usage }) => usage.exits.size > 0)).toBe(true);
  });
});
