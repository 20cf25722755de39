/** A run in which a property did not hold, with all that is needed to have it again. */

import type { Loaded } from "../engine/loaded.ts";
import { describeMove, moverOf } from "../engine/scheduler.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { listedFaults, type Strike } from "./fault-plan.ts";
import type { TrialEnding, Violation } from "./oracles/oracle.ts";
import type { Decision } from "./schedulers/guided.ts";
import { replay } from "./schedulers/replay.ts";
import { Trial, type TrialOptions, type TrialResult } from "./trial.ts";

/** What a replay needs beside the scenario. */
export interface Schedule {
  /** Each move, by its description. */
  readonly decisions: readonly string[];
  readonly strikes: readonly Strike[];
  readonly ending: TrialEnding;
}

/** A run in which nothing more could happen must be asked once more, to see that. */
export const movesToReplay = ({ decisions, ending }: Schedule): number =>
  endsByItself(ending) ? decisions.length + 1 : decisions.length;

export interface RecordedTrial {
  readonly result: TrialResult;
  readonly decisions: readonly Decision[];
}

/** One in which a property was violated. */
export interface FailingTrial extends RecordedTrial {
  readonly result: TrialResult & { readonly violation: Violation };
}

export const fails = (trial: RecordedTrial): trial is FailingTrial => trial.result.violation !== undefined;

/** Plays a trial, and keeps what its scheduler decides. */
export function recordTrial(options: TrialOptions): RecordedTrial {
  const decisions: Decision[] = [];
  const trial = new Trial({
    ...options,
    onMove: (move) => decisions.push({ mover: moverOf(move), move: describeMove(move) }),
  });
  return { result: trial.play(), decisions };
}

export const scheduleOf = ({ result, decisions }: RecordedTrial): Schedule => ({
  decisions: decisions.map(({ move }) => move),
  strikes: result.strikes,
  ending: result.ending,
});

/** Changes from one actor to another. */
export const switchesOf = (decisions: readonly Decision[]): number =>
  decisions.filter(({ mover }, i) => i > 0 && decisions[i - 1]?.mover !== mover).length;

/** The same property, found by the same oracle. */
export const isSame = (one: Violation, other: Violation | undefined): boolean =>
  one.property === other?.property && one.oracle === other.oracle;

/** Makes the moves of `schedule` once more. Throws DIVERGED when they cannot be made. */
export const replaySchedule = (scenario: Scenario, loaded: Loaded, schedule: Schedule): TrialResult =>
  scheduledTrial(scenario, loaded, schedule).play();

/** True when it may be that nothing more could happen: the run must be asked for one more move, to see that. */
const endsByItself = (ending: TrialEnding): boolean => ending === "quiet" || ending === "complete";

/** A trial that is going to make the moves of `schedule`. */
export function scheduledTrial(
  scenario: Scenario,
  { workloads, devices }: Loaded,
  schedule: Schedule,
): Trial {
  const { decisions, strikes } = schedule;
  return new Trial({
    scenario,
    workloads,
    devices,
    scheduler: replay(decisions),
    faults: listedFaults(strikes),
    maxMoves: movesToReplay(schedule),
  });
}
