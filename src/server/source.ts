/** What the studio can show: a scenario that runs now, a counterexample, a recorded run. */
import { VpioError } from "../base/errors.ts";
import { loadFilesOf } from "../engine/loaded.ts";
import type { RunRecording } from "../engine/report.ts";
import { COUNTEREXAMPLE_FORMAT, formatOf, readCounterexample } from "../export/counterexample-file.ts";
import { RECORDING_FORMAT, readRecording, scenarioOf } from "../export/recording-file.ts";
import { recordedTrace } from "../export/runs/recorded.ts";
import { textOfFile } from "../export/text-file.ts";
import { refuseLinux } from "../scenario/linux.ts";
import { loadScenario } from "../scenario/load.ts";
import type { Overrides, Scenario } from "../scenario/scenario.ts";
import { refuseUplinks, VIRTUAL_TIME } from "../scenario/uplinks.ts";
import { movesToReplay } from "../stress/counterexample.ts";
import { listedFaults, noFaults } from "../stress/fault-plan.ts";
import { playableOf } from "../stress/plan.ts";
import { originalOf, type SavedCounterexample } from "../stress/saved.ts";
import { randomWalk } from "../stress/schedulers/random-walk.ts";
import type { Trace } from "../trace/trace.ts";
import { type BranchOptions, MAX_MOVES } from "./branch.ts";

/** Moves of a recorded run that are shown at most. */
export const MAX_RECORDED_MOVES = 1_000_000;

export type StudioSource =
  /** Played on the seeded engine: it can be stepped, and forked. */
  | {
      readonly kind: "live";
      readonly file: string;
      readonly seed: number;
      readonly branch: BranchOptions;
    }
  | {
      readonly kind: "counterexample";
      readonly file: string;
      readonly seed: number;
      readonly branch: BranchOptions;
      /** As it was before it was shrunk: to be looked at. Undefined when the file has it not. */
      readonly original: BranchOptions | undefined;
    }
  /** Replayed to its end: it can be looked at. */
  | { readonly kind: "recording"; readonly file: string; readonly trace: Trace; readonly over: string };

/** `path`: of a scenario, or of a file that `vpio replay` takes. */
export async function openSource(path: string, overrides: Overrides): Promise<StudioSource> {
  const format = formatOf(textOfFile(path));
  if (format === COUNTEREXAMPLE_FORMAT || format === RECORDING_FORMAT) {
    refuseOverrides(path, overrides);
    return format === RECORDING_FORMAT ? openRecording(path) : openCounterexample(path);
  }
  const scenario = loadScenario(path, overrides);
  refuseLinux(scenario, "vpio studio");
  refuseUplinks(scenario, "vpio studio", VIRTUAL_TIME);
  return {
    kind: "live",
    file: path,
    seed: scenario.seed,
    branch: {
      scenario,
      ...(await loadFilesOf(scenario)),
      faults: () => noFaults,
      decisions: [],
      scheduler: randomWalk(scenario.seed),
      maxMoves: MAX_MOVES,
    },
  };
}

/** What is in a file has its schedule. */
function refuseOverrides(path: string, overrides: Overrides): void {
  const [name] = Object.entries(overrides).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined)
    throw new VpioError("USAGE", `${path}: found --${name}, expected it with a scenario only`);
}

async function openCounterexample(path: string): Promise<StudioSource> {
  const { found } = readCounterexample(textOfFile(path), path);
  const original = originalOf(found);
  return {
    kind: "counterexample",
    file: path,
    seed: found.seed,
    branch: await branchOf(found),
    original: original && (await branchOf(original)),
  };
}

async function branchOf({ source, schedule }: SavedCounterexample): Promise<BranchOptions> {
  const { scenario, workloads, devices } = await playableOf(source);
  const { decisions, strikes } = schedule;
  return {
    scenario,
    workloads,
    devices,
    faults: () => listedFaults(strikes),
    decisions,
    scheduler: undefined,
    maxMoves: movesToReplay(schedule),
  };
}

async function openRecording(path: string): Promise<StudioSource> {
  const run = readRecording(textOfFile(path), path);
  return { kind: "recording", file: path, ...(await traceOfRecording(scenarioOf(run), run.recording)) };
}

/** Replays a recorded run, move by move. Throws DIVERGED when it goes another way. */
export async function traceOfRecording(
  scenario: Scenario,
  recording: RunRecording,
): Promise<{ readonly trace: Trace; readonly over: string }> {
  const { trace, beyond } = await recordedTrace(scenario, recording, MAX_RECORDED_MOVES);
  const over = beyond === 0 ? "the recorded run is over" : `${beyond} more moves of the run are not shown`;
  return { trace, over };
}
