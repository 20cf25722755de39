/** A recorded run as a trace: replayed to its end, move by move. */
import { VpioError } from "../../base/errors.ts";

import { loadFilesOf } from "../../engine/loaded.ts";
import { replayRun } from "../../engine/replay-run.ts";
import type { CapturedFrame, RunRecording } from "../../engine/report.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { Recorder } from "../../trace/recorder.ts";
import type { Trace } from "../../trace/trace.ts";

export interface RecordedTrace {
  /** The first moves. */
  readonly trace: Trace;
  /** How many more there were. */
  readonly beyond: number;
  readonly frames: readonly CapturedFrame[];
}

/** Throws DIVERGED when the run goes another way than it did. */
export async function recordedTrace(
  scenario: Scenario,
  recording: RunRecording,
  maxMoves: number,
): Promise<RecordedTrace> {
  const recorders: Recorder[] = [];
  const watch: Parameters<typeof replayRun>[3] = (cast, nowNs) => {
    const recorder = new Recorder({ ...cast, scenario }, nowNs, { time: "recorded", maxMoves });
    recorders.push(recorder);
    return recorder;
  };
  const { finalHash, frames } = replayRun(scenario, await loadFilesOf(scenario), recording, watch);
  const [recorder] = recorders;
  if (recorder === undefined || finalHash !== recording.finalHash)
    throw new VpioError("DIVERGED", "the replay of the recording ends in another state");
  return { trace: recorder.trace, beyond: recorder.beyond, frames };
}
