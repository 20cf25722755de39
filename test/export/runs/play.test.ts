/** What is played for an export is the run that was asked for. */

import { beforeAll, describe, expect, it } from "vitest";
import { BUILT_IN } from "../../../src/devices/catalogue.ts";
import type { CapturedFrame } from "../../../src/engine/report.ts";
import { runOnThreads } from "../../../src/engine/threads.ts";
import { exportRun } from "../../../src/export/runs/formats.ts";
import { playCounterexample, playRecording, playScenario } from "../../../src/export/runs/play.ts";
import { recordTrial, scheduleOf } from "../../../src/stress/counterexample.ts";
import { seededFaults } from "../../../src/stress/fault-plan.ts";
import type { SavedCounterexample } from "../../../src/stress/saved.ts";
import { randomWalk } from "../../../src/stress/schedulers/random-walk.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { Workload } from "../../../src/workloads/catalogue.ts";
import { duel } from "../../stress/support.ts";
import { scenarioOf } from "../../support/seeded.ts";
import { eventsOf, imported } from "./perfetto-reader.ts";
import { playDuel } from "./scenes.ts";

const movesOf = (trace: Trace): readonly string[] =>
  Array.from({ length: trace.length }, (_, i) => trace.moveOf(i + 1)?.text ?? "");

const sizesOf = (frames: readonly CapturedFrame[]): readonly number[] =>
  frames.map(({ bytes }) => bytes.length).sort((a, b) => a - b);

/** A run of the duel as a file has it; what it violates does not matter here. */
function saved(faults: SavedCounterexample["schedule"]["strikes"] | "some"): SavedCounterexample {
  const scenario = scenarioOf(duel("rtl8139"));
  const plan = seededFaults(5, faults === "some" ? [{ kind: "slow-guest", rate: [1, 50], budget: 5 }] : []);
  const recorded = recordTrial({
    ...{ scenario, scheduler: randomWalk(7), faults: plan, maxMoves: 4_000 },
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  });
  const size = { guests: 2, moves: 0, switches: 0 };
  const incident = { what: "nothing", atNs: 0, move: 1 };
  return {
    source: { file: "duel.yaml", text: duel("rtl8139"), overrides: {} },
    ...{ seed: 7, scheduler: "random", from: size, to: size },
    violation: { property: 1, oracle: "ownership", incident, because: undefined },
    schedule: scheduleOf(recorded),
  };
}

describe("a scenario", () => {
  it("is played as its seed says, and no further than asked for", async () => {
    const [whole, part] = [await playDuel(), await playDuel(1_000)];
    expect(part.trace.length).toBe(1_000);
    expect([whole.goesOn, part.goesOn]).toEqual([false, true]);
    expect(movesOf(whole.trace).slice(0, 1_000)).toEqual(movesOf(part.trace));
    const other = await playScenario(scenarioOf(duel("rtl8139")), 8, { moves: 1_000 });
    expect(movesOf(other.trace)).not.toEqual(movesOf(part.trace));
  });

  it("stops early when it is told to, with what there is", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const long = scenarioOf(duel("rtl8139").replaceAll("count: 2", "count: 2000"));
    const { trace, goesOn } = await playScenario(long, 7, {
      moves: 1_000_000,
      signal: controller.signal,
      onProgress: (done) => {
        seen.push(done);
        if (seen.length === 2) controller.abort();
      },
    });
    expect(seen).toEqual([10_000, 20_000]);
    expect(trace.length).toBe(20_000);
    expect(goesOn).toBe(true);
  });
});

describe("a counterexample", () => {
  it.each([["without faults", []] as const, ["with faults", "some"] as const])(
    "%s is played move by move",
    async (_, faults) => {
      const found = saved(faults);
      expect(found.schedule.strikes.length).toBe(faults === "some" ? 5 : 0);
      const { trace, goesOn } = await playCounterexample(found, { moves: 100_000 });
      expect(movesOf(trace)).toEqual(found.schedule.decisions);
      expect(goesOn).toBe(false);
    },
  );

  it("goes on where it was not played to its end", async () => {
    const { trace, goesOn } = await playCounterexample(saved([]), { moves: 100 });
    expect([trace.length, goesOn]).toEqual([100, true]);
  });
});

describe("a recorded run", () => {
  const text = `
name: recorded
duration: 400ms
wire: { peers: [{ kind: echo, name: gateway }, { kind: source, name: feed, to: [bob], rate: 500, size: 100 }] }
cards: [{ name: card0, kind: rtl8139, receive: arrival }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 1ms } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;
  const recordedRun = async (capture: boolean) => {
    const { recording, frames } = await runOnThreads(scenarioOf(text), { record: true, capture });
    if (recording === undefined) throw new Error("there is no recording");
    const run = { name: "run.vpio", vpio: "0", file: "recorded.yaml", text, overrides: {}, recording };
    return { frames, run };
  };
  let recorded: Awaited<ReturnType<typeof recordedRun>>;
  beforeAll(async () => {
    recorded = await recordedRun(true);
  });

  it("is replayed with its handoffs and its frames", async () => {
    const { run, frames } = recorded;
    const played = await playRecording(run, { moves: 1_000_000 });
    expect(played.goesOn).toBe(false);
    expect(played.trace.head.time).toBe("recorded");
    expect(frames.length).toBeGreaterThan(0);
    expect(sizesOf(played.frames ?? [])).toEqual(sizesOf(frames));
    const grants = movesOf(played.trace).filter((move) => move.includes("receives grant"));
    expect(grants.length).toBeGreaterThan(0);
    const window = { first: 1, last: played.trace.length };
    expect(exportRun(played, window, "mermaid", "vpio")).toContain(": grant (epoch 1)");
    const perfetto = String(exportRun(played, window, "perfetto", "vpio"));
    expect(perfetto).toContain('"time":"recorded"');
    expect(imported(eventsOf(perfetto)).complaints).toEqual([]);
  });

  it("is cut where it was asked to be", async () => {
    const { trace, goesOn } = await playRecording(recorded.run, { moves: 50 });
    expect([trace.length, goesOn]).toEqual([50, true]);
  });

  it("has no frames to export when none were captured", async () => {
    const played = await playRecording((await recordedRun(false)).run, { moves: 100 });
    expect(() => exportRun(played, { first: 1, last: 100 }, "pcapng", "vpio")).toThrow("with --pcap");
  });
});

describe("the frames of a part of a run", () => {
  it("are those of its moves, and all parts have all of them", async () => {
    const played = await playDuel();
    const { length } = played.trace;
    const packetsOf = (first: number, last: number): number => {
      const chunks = [...(exportRun(played, { first, last }, "pcapng", "vpio") as Iterable<Uint8Array>)];
      // The first chunk is the header; then each frame is one.
      return chunks.length - 1;
    };
    const middle = played.frames?.[Math.floor(played.frames.length / 2)]?.timestampNs ?? 0;
    const cut = played.trace.moveAt(middle);
    const [before, after] = [packetsOf(1, cut), packetsOf(cut + 1, length)];
    expect(before).toBeGreaterThan(0);
    expect(after).toBeGreaterThan(0);
    expect(before + after).toBe(played.frames?.length);
    expect(packetsOf(1, length)).toBe(played.frames?.length);
  });
});
