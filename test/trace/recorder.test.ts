/** What a trace says of a run, against the run itself; and that it says the same behind a wire. */

import { describe, expect, it } from "vitest";
import { BUILT_IN } from "../../src/devices/catalogue.ts";
import { describeMove, type Move } from "../../src/engine/scheduler.ts";
import { SeededRun } from "../../src/engine/seeded-run.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { edgesTaken } from "../../src/trace/active.ts";
import { holdAt, stateAt } from "../../src/trace/at.ts";
import { messageView } from "../../src/trace/body.ts";
import { decode, encode, markOf } from "../../src/trace/codec.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { Trace } from "../../src/trace/trace.ts";
import { ChartUsage } from "../../src/trace/usage.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";
import { duel, talk } from "../stress/support.ts";
import { scenarioOf } from "../support/seeded.ts";

const MOVES = 4_000;

/** A run, its trace, and what it said of itself while it went on. */
function recorded(text: string, seed: number) {
  const scenario = scenarioOf(text);
  const moves: string[] = [];
  const states: string[][] = [];
  const scheduler = randomWalk(seed);
  let recorder: Recorder | undefined;
  const run = new SeededRun(scenario, {
    scheduler: {
      name: "late",
      choose: (possible) => (recorder?.listening(scheduler) ?? scheduler).choose(possible),
    },
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  });
  recorder = new Recorder(run, () => run.engine.nowNs);
  const { trace } = recorder;
  run.engine.observe(recorder);
  const actors = run.engine.actors;
  const look = (): void => void states.push(actors.map(({ stateName }) => stateName));
  const timesNs: number[] = [];
  run.engine.observe({
    begins: (move: Move) => void moves.push(describeMove(move)),
    ends: () => {
      timesNs.push(run.engine.nowNs);
      look();
    },
  });
  run.begin();
  look();
  for (let i = 0; i < MOVES && run.engine.move(); i++);
  const indices = actors.map(({ address }) => trace.head.actors.findIndex((one) => one.address === address));
  return { run, trace, moves, states, timesNs, indices };
}

describe.each([
  ["duel", duel("rtl8139")],
  ["talk", talk("ne2000")],
])("a trace of %s", (_name, text) => {
  const scene = recorded(text, 7);
  const { run, trace, moves, states, timesNs, indices } = scene;

  it("has each move, with its time, and what else was possible", () => {
    expect(trace.length).toBe(moves.length);
    for (const [i, description] of moves.entries()) {
      expect(trace.moveOf(i + 1)?.text).toBe(description);
      expect(trace.timeOf(i + 1)).toBe(timesNs[i]);
      expect(trace.choicesAt(i + 1).map((choice) => choice.text)).toContain(description);
    }
  });

  it("knows the state of every actor after every move", () => {
    for (const [move, there] of states.entries())
      expect(indices.map((actor) => stateAt(trace, actor, move))).toEqual(there);
  });

  it("explains each step of a statechart by an edge of its drawing", () => {
    for (let row = 0; row < trace.steps.length; row++) {
      const { chart, name } = trace.head.actors[trace.stepActors.at(row)] ?? {};
      const step = trace.stepTable.get(trace.steps.at(row));
      const drawn = chart === undefined ? undefined : trace.head.charts[chart];
      if (drawn === undefined || step === undefined || step.from === "" || step.to === "") continue;
      const edges = edgesTaken(drawn, step.from, step.event, step.to);
      expect(edges.length, `${name}: ${JSON.stringify(step)}`).toBeGreaterThan(0);
    }
  });

  it("counts edges and times the same from move to move, and back, as from the beginning", () => {
    for (const [actor, { chart: index, role }] of trace.head.actors.entries()) {
      const chart = trace.head.charts[index ?? -1];
      if (chart === undefined) continue;
      const kept = new ChartUsage(trace, actor, chart);
      const moves = [1, 2, 700, 701, 3_000, 650, 0, trace.length];
      for (const move of moves) expect(kept.at(move)).toEqual(new ChartUsage(trace, actor, chart).at(move));
      const { counts, shares } = kept.at(trace.length);
      if (role === "guest") expect([...counts.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(10);
      // In each region of the chart there is one state at a time.
      const regions = chart.root.kind === "parallel" ? chart.root.children.length : 1;
      const whole = [...shares.values()].reduce((a, b) => a + b, 0);
      if (role !== "model") expect(whole).toBeCloseTo(regions, 6);
    }
  });

  it("pairs every delivery with a message sent before it, of the same type", () => {
    let deliveries = 0;
    for (let move = 1; move <= trace.length; move++) {
      const { kind, type } = trace.moveOf(move) ?? {};
      const index = trace.messageOf(move);
      if (kind !== "deliver") {
        expect(index).toBeUndefined();
        continue;
      }
      deliveries++;
      expect(messageView(trace, index ?? -1)?.type).toBe(type);
      expect(trace.sentBy.at(index ?? -1)).toBeLessThan(move);
      expect(trace.deliveredBy.at(index ?? -1)).toBe(move);
    }
    expect(deliveries).toBeGreaterThan(100);
  });

  it("ends with the owner that the VMM has, and has seen others", () => {
    const [arbiter] = run.arbiters.actors;
    const owners = new Set(Array.from({ length: trace.length }, (_, i) => holdAt(trace, 0, i).owner));
    expect(owners).toContain(0);
    expect(owners).toContain(1);
    expect(holdAt(trace, 0, trace.length).owner).toBe((arbiter as unknown as { owner: number }).owner);
  });

  it("is the same when it comes in pieces", () => {
    const whole = encode(trace);
    const there = new Trace(JSON.parse(JSON.stringify(trace.head)));
    decode(there, whole);
    expect(markOf(there)).toEqual(markOf(trace));
    expect(Buffer.compare(encode(there), whole)).toBe(0);
    for (let move = 0; move <= trace.length; move += 97) {
      expect(holdAt(there, 0, move)).toEqual(holdAt(trace, 0, move));
      expect(indices.map((actor) => stateAt(there, actor, move))).toEqual(states[move]);
    }
  });
});

it("knows what each line of the wire does, step by step", () => {
  const { trace, run } = recorded(talk("ne2000"), 7);
  const { actors } = trace.head;
  const wire = actors.findIndex(({ role }) => role === "wire");
  const lines = [...actors.keys()].filter((actor) => actors[actor]?.role === "line");
  const ports = [
    ...run.nics.map((_, card) => `nic ${card}`),
    ...run.scenario.wire.peers.map(({ name }) => name),
  ];
  expect(lines).toHaveLength(2 * ports.length);
  const busy = new Set<string>();
  for (let move = 0; move <= trace.length; move++) {
    const words = lines.flatMap((line, i) => {
      const state = stateAt(trace, line, move);
      return state === "idle" ? [] : [`${i % 2 === 0 ? "from" : "to"} ${ports[i >> 1]} ${state}`];
    });
    expect(words.join(", ") || "idle").toBe(stateAt(trace, wire, move));
    for (const word of words) busy.add(word);
  }
  expect(busy.size).toBeGreaterThan(2);
  // Within one move of the wire a line takes several steps, and none is left out.
  const steps = lines.map((line) => trace.stepRows[line]?.length ?? 0);
  for (const [i, line] of lines.entries()) {
    const rows = trace.stepRows[line];
    let state = "";
    for (let row = 0; row < (steps[i] ?? 0); row++) {
      const step = trace.stepTable.get(trace.steps.at(rows?.at(row) ?? -1));
      expect(step?.from).toBe(state);
      state = step?.to ?? "";
    }
  }
  expect(Math.max(...steps)).toBeGreaterThan(20);
});

it("comes to the other side piece by piece while it grows", () => {
  const scenario = scenarioOf(duel("rtl8139"));
  const run = new SeededRun(scenario, {
    scheduler: randomWalk(3),
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  });
  const recorder = new Recorder(run, () => run.engine.nowNs);
  const { trace } = recorder;
  run.engine.observe(recorder);
  run.begin();
  const there = new Trace(trace.head);
  let mark = markOf(there);
  for (let piece = 0; piece < 20; piece++) {
    for (let i = 0; i < 37; i++) run.engine.move();
    decode(there, encode(trace, mark));
    mark = markOf(trace);
    expect(markOf(there)).toEqual(mark);
  }
  expect(Buffer.compare(encode(there), encode(trace))).toBe(0);
});
