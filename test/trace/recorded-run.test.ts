/** The trace of a run that went on threads: made by its replay, which it must not disturb. */
import { expect, it } from "vitest";
import { actorsOf, type Cast } from "../../src/engine/build.ts";
import { replayRun } from "../../src/engine/replay-run.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import { stateAt } from "../../src/trace/at.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { loadedOf, scenarioOf } from "../support/seeded.ts";

const TEXT = `
name: recorded
duration: 200ms
wire: { peers: [{ kind: echo, name: gateway }] }
cards: [{ name: card0, kind: rtl8139 }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 1ms } }
  - { name: bob, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 1ms } }
`;

it("ends where the run ended, with every move in the order of time", async () => {
  const scenario = scenarioOf(TEXT);
  const { recording } = await runOnThreads(scenario, { record: true, faults: [] });
  if (recording === undefined) throw new Error("the run was recorded");
  const loaded = loadedOf(scenario);
  const whole = watched(Number.POSITIVE_INFINITY);
  expect(replayRun(scenario, loaded, recording, whole.watch).finalHash).toBe(recording.finalHash);
  const { trace, beyond } = whole.recorder();
  expect(beyond).toBe(0);
  expect(trace.length).toBeGreaterThan(10);
  for (let move = 2; move <= trace.length; move++)
    expect(trace.timeOf(move)).toBeGreaterThanOrEqual(trace.timeOf(move - 1));
  for (const [index, { address }] of trace.head.actors.entries()) {
    const actor = whole.actors().find((one) => one.address === address);
    if (actor !== undefined) expect(stateAt(trace, index, trace.length)).toBe(actor.stateName);
  }

  // The beginning of the same, when that is all that is kept.
  const part = watched(10);
  expect(replayRun(scenario, loaded, recording, part.watch).finalHash).toBe(recording.finalHash);
  const { trace: begin, beyond: left } = part.recorder();
  expect([begin.length, left]).toEqual([10, trace.length - 10]);
  for (let move = 1; move <= 10; move++) expect(begin.moveOf(move)).toEqual(trace.moveOf(move));

  function watched(maxMoves: number) {
    let recorder: Recorder | undefined;
    let cast: Cast | undefined;
    return {
      watch: (there: Cast, nowNs: () => number): Recorder => {
        cast = there;
        recorder = new Recorder({ ...there, scenario }, nowNs, { time: "recorded", maxMoves });
        return recorder;
      },
      recorder: (): Recorder => recorder as Recorder,
      actors: () => actorsOf(cast as Cast),
    };
  }
});
