/** A counterexample as plain data: what a file holds, and what crosses from thread to thread and machine to machine. */
import { VpioError } from "../base/errors.ts";
import { isSame, type Schedule, scheduledTrial, scheduleOf } from "./counterexample.ts";
import type { Violation } from "./oracles/oracle.ts";
import { type LoadedPlan, partOf, playableOf, type ScenarioSource } from "./plan.ts";
import { type Size, shrink } from "./shrink.ts";
import { type TraceEntry, TraceLog } from "./trace.ts";

export interface SavedCounterexample {
  readonly source: ScenarioSource;
  /** The seed of the campaign that has failed. */
  readonly seed: number;
  /** As the scheduler calls itself. */
  readonly scheduler: string;
  readonly violation: Violation;
  readonly schedule: Schedule;
  /** Before and after shrinking. */
  readonly from: Size;
  readonly to: Size;
}

/**
 * Shrinks what `seed` shows, trying at most so many runs for a smaller scenario and as many for a simpler schedule.
 * Undefined: the seed shows nothing; equal seeds differ (property 8) leave nothing to shrink.
 */
export async function explainSeed(
  plan: LoadedPlan,
  seed: number,
  attempts: number,
): Promise<SavedCounterexample | undefined> {
  const { source, brief, workloads } = partOf(plan, seed);
  const found = await shrink({
    playable: { text: source.text, scenario: brief.scenario, workloads },
    brief,
    seed,
    read: (text) => playableOf({ ...source, text }),
    attempts,
  });
  if (found === undefined) return undefined;
  return {
    source: { ...source, text: found.playable.text },
    seed,
    scheduler: brief.scheduler.kind,
    violation: found.violation,
    schedule: scheduleOf(found.trial),
    from: found.from,
    to: found.to,
  };
}

export interface ReplayedCounterexample {
  readonly violation: Violation;
  readonly trace: readonly TraceEntry[];
}

/** Plays it once more; answers what it shows now. Throws DIVERGED when that is no violation, or another one. */
export async function replaySaved({
  source,
  schedule,
  violation,
}: SavedCounterexample): Promise<ReplayedCounterexample> {
  const { scenario, workloads } = await playableOf(source);
  const trial = scheduledTrial(scenario, workloads, schedule);
  const log = new TraceLog(() => trial.run.engine.nowNs);
  trial.run.engine.observe(log);
  const { violation: shown } = trial.play();
  if (shown === undefined)
    throw new VpioError(
      "DIVERGED",
      `the run is over and all properties hold; recorded is: ${violation.incident.what}`,
    );
  if (!isSame(violation, shown) || shown.incident.what !== violation.incident.what) {
    const [was, is] = [violation, shown].map(
      ({ property, incident }) => `property ${property}: ${incident.what}`,
    );
    throw new VpioError("DIVERGED", `another violation: recorded is ${was}; shown now is ${is}`);
  }
  return { violation: shown, trace: log.entries };
}
