/** Plays a run for an export: its first moves, as a trace, with the frames of that time. */

import { setImmediate } from "node:timers/promises";
import { loadFilesOf } from "../../engine/loaded.ts";
import type { CapturedFrame } from "../../engine/report.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { movesToReplay } from "../../stress/counterexample.ts";
import { listedFaults, noFaults } from "../../stress/fault-plan.ts";
import { playableOf } from "../../stress/plan.ts";
import type { SavedCounterexample } from "../../stress/saved.ts";
import { randomWalk } from "../../stress/schedulers/random-walk.ts";
import { replay } from "../../stress/schedulers/replay.ts";
import { Trial, type TrialOptions } from "../../stress/trial.ts";
import { violationNote } from "../../stress/violation-note.ts";
import { Recorder } from "../../trace/recorder.ts";
import type { Trace } from "../../trace/trace.ts";
import { type FiledRun, scenarioOf } from "../recording-file.ts";
import { recordedTrace } from "./recorded.ts";

export interface Played {
  readonly scenario: Scenario;
  readonly trace: Trace;
  /** Of the whole of what was played; undefined when a recording has not kept them. */
  readonly frames: readonly CapturedFrame[] | undefined;
  /** True when the run goes on behind the trace. */
  readonly goesOn: boolean;
}

export interface PlayOptions {
  /** At most so many moves. */
  readonly moves: number;
  /** Aborted: what there is until then will do. */
  readonly signal?: AbortSignal;
  /** `done`: moves so far. */
  readonly onProgress?: (done: number) => void;
}

/** Moves between two looks at signals. */
const STRIDE = 10_000;

/** The schedule that `vpio stress --seed` walks at random. */
export async function playScenario(scenario: Scenario, seed: number, options: PlayOptions): Promise<Played> {
  const trial = { scenario, ...(await loadFilesOf(scenario)), scheduler: randomWalk(seed), faults: noFaults };
  return playTrial({ ...trial, maxMoves: options.moves }, options);
}

export async function playCounterexample(found: SavedCounterexample, options: PlayOptions): Promise<Played> {
  const { decisions, strikes } = found.schedule;
  const { scenario, workloads, devices } = await playableOf(found.source);
  const all = movesToReplay(found.schedule);
  const trial = { scenario, workloads, devices, scheduler: replay(decisions), faults: listedFaults(strikes) };
  const played = await playTrial({ ...trial, maxMoves: Math.min(all, options.moves) }, options);
  return { ...played, goesOn: played.goesOn && played.trace.length < all };
}

async function playTrial(parts: TrialOptions, { signal, onProgress }: PlayOptions): Promise<Played> {
  const frames: CapturedFrame[] = [];
  let { scheduler } = parts;
  const trial = new Trial({
    ...parts,
    scheduler: { name: scheduler.name, choose: (moves) => scheduler.choose(moves) },
    hashed: false,
    onFrame: (frame) => void frames.push(frame),
  });
  const { engine } = trial.run;
  const recorder = new Recorder(trial.run, () => engine.nowNs);
  // So that it knows of moves that a fault has called off: they count.
  scheduler = recorder.listening(scheduler);
  engine.observe(recorder);
  let result = trial.advance(STRIDE);
  while (result === undefined) {
    onProgress?.(engine.moves);
    await setImmediate();
    if (signal?.aborted === true) break;
    result = trial.advance(STRIDE);
  }
  const violation = result?.violation;
  if (violation !== undefined) recorder.note(violationNote(violation, recorder.trace.length));
  const goesOn = result === undefined || (result.violation === undefined && result.ending === "cut");
  return { scenario: parts.scenario, trace: recorder.trace, frames, goesOn };
}

/** A recorded run is always replayed to its end; the trace has its first moves. Throws DIVERGED. */
export async function playRecording(run: FiledRun, { moves }: PlayOptions): Promise<Played> {
  const { recording } = run;
  const scenario = scenarioOf(run);
  const { trace, beyond, frames } = await recordedTrace(scenario, recording, moves);
  return { scenario, trace, frames: recording.capture ? frames : undefined, goesOn: beyond > 0 };
}
