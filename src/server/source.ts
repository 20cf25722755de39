/** What the studio can show: a scenario that runs now, a counterexample, a recorded run. */
import { readFileSync } from "node:fs";
import { VpioError } from "../base/errors.ts";
import { replayRun } from "../engine/replay-run.ts";
import { COUNTEREXAMPLE_FORMAT, formatOf, readCounterexample } from "../export/counterexample-file.ts";
import { RECORDING_FORMAT, readRecording } from "../export/recording-file.ts";
import { filesBeside, loadScenario } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import type { Overrides, Scenario } from "../scenario/scenario.ts";
import { listedFaults, noFaults } from "../stress/fault-plan.ts";
import { playableOf, workloadsOf } from "../stress/plan.ts";
import { randomWalk } from "../stress/schedulers/random-walk.ts";
import { Recorder } from "../trace/recorder.ts";
import type { Trace } from "../trace/trace.ts";
import type { BranchOptions } from "./branch.ts";

/** Moves of a recorded run that are shown at most. */
export const MAX_RECORDED_MOVES = 1_000_000;

export type StudioSource =
  /** Played on the seeded engine: it can be stepped, and forked. */
  | {
      readonly kind: "live" | "counterexample";
      readonly file: string;
      readonly seed: number;
      readonly branch: BranchOptions;
    }
  /** Replayed to its end: it can be looked at. */
  | { readonly kind: "recording"; readonly file: string; readonly trace: Trace; readonly over: string };

/** `path`: of a scenario, or of a file that `vpio replay` takes. */
export async function openSource(path: string, overrides: Overrides): Promise<StudioSource> {
  const format = formatOf(textOf(path));
  if (format === COUNTEREXAMPLE_FORMAT) return openCounterexample(path);
  if (format === RECORDING_FORMAT) return openRecording(path);
  const scenario = loadScenario(path, overrides);
  return {
    kind: "live",
    file: path,
    seed: scenario.seed,
    branch: {
      scenario,
      workloads: await workloadsOf(scenario),
      faults: noFaults,
      decisions: [],
      scheduler: randomWalk(scenario.seed),
    },
  };
}

async function openCounterexample(path: string): Promise<StudioSource> {
  const { found } = readCounterexample(textOf(path), path);
  const { scenario, workloads } = await playableOf(found.source);
  const { decisions, strikes, ending } = found.schedule;
  return {
    kind: "counterexample",
    file: path,
    seed: found.seed,
    branch: {
      scenario,
      workloads,
      faults: listedFaults(strikes),
      decisions,
      scheduler: undefined,
      endsQuiet: ending === "quiet",
    },
  };
}

async function openRecording(path: string): Promise<StudioSource> {
  const { text, file, overrides, recording } = readRecording(textOf(path), path);
  const scenario = readScenario(text, file, filesBeside(file), overrides);
  return { kind: "recording", file: path, ...(await traceOfRecording(scenario, recording)) };
}

/** Replays a recorded run, move by move. Throws DIVERGED when it goes another way. */
export async function traceOfRecording(
  scenario: Scenario,
  recording: Parameters<typeof replayRun>[2],
): Promise<{ readonly trace: Trace; readonly over: string }> {
  let recorder: Recorder | undefined;
  const { finalHash } = replayRun(scenario, await workloadsOf(scenario), recording, (cast, nowNs) => {
    const options = { time: "recorded", maxMoves: MAX_RECORDED_MOVES } as const;
    recorder = new Recorder({ ...cast, scenario }, nowNs, options);
    return recorder;
  });
  if (recorder === undefined || finalHash !== recording.finalHash)
    throw new VpioError("DIVERGED", "the replay of the recording ends in another state");
  const { trace, beyond } = recorder;
  const over = beyond === 0 ? "the recorded run is over" : `${beyond} more moves of the run are not shown`;
  return { trace, over };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new VpioError("USAGE", `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
