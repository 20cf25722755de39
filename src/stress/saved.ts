/** A counterexample as plain data: what a file holds, and what crosses from thread to thread and machine to machine. */
import { VpioError } from "../base/errors.ts";
import { isSame, type Schedule, scheduledTrial, scheduleOf } from "./counterexample.ts";
import type { Violation } from "./oracles/oracle.ts";
import { type LoadedPlan, partOf, playableOf, type ScenarioSource } from "./plan.ts";
import { type Size, shrink } from "./shrink.ts";
import { type TraceEntry, TraceLog } from "./trace.ts";

/** How it looked before it was shrunk: of the same file, with the same overrides. */
export interface OriginalRun {
  /** Of the scenario. */
  readonly text: string;
  readonly violation: Violation;
  readonly schedule: Schedule;
}

/** An original that is longer is not kept: more than a run of a campaign takes, unless it is told to take more. */
const ORIGINAL_MAX_MOVES = 200_000;

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
  /** Undefined: it is the same, too long to be kept, or not to be had again. */
  readonly original?: OriginalRun | undefined;
}

/** The original as a counterexample of its own; undefined when there is none beside the shrunk one. */
export const originalOf = ({ original, ...found }: SavedCounterexample): SavedCounterexample | undefined =>
  original && {
    ...found,
    source: { ...found.source, text: original.text },
    violation: original.violation,
    schedule: original.schedule,
    to: found.from,
  };

/**
 * Shrinks what `seed` shows, trying at most so many runs for a smaller scenario and as many for a simpler schedule.
 * Undefined: the seed shows nothing; equal seeds differ (property 8) leave nothing to shrink.
 */
export async function explainSeed(
  plan: LoadedPlan,
  seed: number,
  attempts: number,
): Promise<SavedCounterexample | undefined> {
  const { source, brief, loaded } = partOf(plan, seed);
  const found = await shrink({
    playable: { text: source.text, scenario: brief.scenario, ...loaded },
    brief,
    seed,
    read: (text) => playableOf({ ...source, text }, loaded.devices),
    attempts,
  });
  if (found === undefined) return undefined;
  const saved: SavedCounterexample = {
    source: { ...source, text: found.playable.text },
    seed,
    scheduler: brief.scheduler.kind,
    violation: found.violation,
    schedule: scheduleOf(found.trial),
    from: found.from,
    to: found.to,
  };
  const { original } = found;
  const isOther = original !== found.trial || saved.source.text !== source.text;
  if (!isOther || original.decisions.length > ORIGINAL_MAX_MOVES) return saved;
  return withOriginal(saved, {
    text: source.text,
    violation: original.result.violation,
    schedule: scheduleOf(original),
  });
}

/** Only what can be had again from the file is kept in it. */
async function withOriginal(saved: SavedCounterexample, original: OriginalRun): Promise<SavedCounterexample> {
  const whole = { ...saved, original };
  try {
    await replaySaved(originalOf(whole) ?? saved);
    return whole;
  } catch (error) {
    if (error instanceof VpioError && error.code === "DIVERGED") return saved;
    throw error;
  }
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
  const playable = await playableOf(source);
  const trial = scheduledTrial(playable.scenario, playable, schedule);
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
