/**
 * From a seed that fails to a counterexample that one can read: first a smaller scenario in which the same property is
 * violated, then a simpler schedule of it.
 */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import { isSame, type RecordedTrial, recordTrial, switchesOf } from "./counterexample.ts";
import type { Violation } from "./oracles/oracle.ts";
import { type StressBrief, trialOptionsOf } from "./range.ts";
import { smallerScenarios } from "./shrink-scenario.ts";
import { shrinkSchedule } from "./shrink-schedule.ts";

/** A scenario as text, and what it takes to run it. */
export interface Playable {
  readonly text: string;
  readonly scenario: Scenario;
  readonly workloads: readonly Workload[];
}

export interface ShrinkOptions {
  readonly playable: Playable;
  readonly brief: Omit<StressBrief, "scenario">;
  readonly seed: number;
  /** Makes another text playable. Throws a SCENARIO error when it is no scenario. */
  readonly read: (text: string) => Promise<Playable>;
  /** Runs that may be tried for a smaller scenario, and for a simpler schedule. */
  readonly attempts: number;
}

export interface Counterexample {
  readonly playable: Playable;
  /** The seed with which the scenario failed; its schedule is another one since. */
  readonly seed: number;
  readonly trial: RecordedTrial;
  readonly violation: Violation;
  /** Moves and changes of actors before and after. */
  readonly from: Size;
  readonly to: Size;
}

export interface Size {
  readonly guests: number;
  readonly moves: number;
  readonly switches: number;
}

/** Further seeds that are tried on a smaller scenario, where the same seed makes another schedule. */
const OTHER_SEEDS = 8;
/** A smaller scenario needs not much longer than the one it is made from. */
const MOVES_FACTOR = 2;

/** Undefined: the seed does not fail after all. */
export async function shrink(options: ShrinkOptions): Promise<Counterexample | undefined> {
  const first = failing(options, options.playable, options.seed, options.brief.maxMoves);
  if (first === undefined) return undefined;
  const smaller = await shrinkScenario(options, first);
  const { playable, seed, trial } = smaller;
  const { violation } = trial.result;
  const simplest = shrinkSchedule({
    trial: playable,
    failing: { ...trial, result: { ...trial.result, violation } },
    attempts: options.attempts,
  });
  return {
    playable,
    seed,
    trial: simplest,
    violation: simplest.result.violation ?? violation,
    from: sizeOf(first),
    to: sizeOf({ ...smaller, trial: simplest }),
  };
}

interface Failing {
  readonly playable: Playable;
  readonly seed: number;
  readonly trial: RecordedTrial & { readonly result: { readonly violation: Violation } };
}

/** The run of a seed, if a property is violated in it. */
function failing(
  { brief }: ShrinkOptions,
  playable: Playable,
  seed: number,
  maxMoves: number,
): Failing | undefined {
  const { scenario, workloads } = playable;
  const trial = recordTrial(trialOptionsOf({ ...brief, scenario, maxMoves }, workloads, seed));
  const { violation } = trial.result;
  if (violation === undefined) return undefined;
  return { playable, seed, trial: { ...trial, result: { ...trial.result, violation } } };
}

async function shrinkScenario(options: ShrinkOptions, first: Failing): Promise<Failing> {
  let best = first;
  let left = options.attempts;
  for (let smaller = true; smaller && left > 0; ) {
    smaller = false;
    for (const text of smallerScenarios(best.playable.text)) {
      const playable = await readable(options, text);
      if (playable === undefined) continue;
      const maxMoves = best.trial.decisions.length * MOVES_FACTOR;
      for (let i = 0; i <= OTHER_SEEDS && left > 0 && !smaller; i++, left--) {
        const found = failing(options, playable, i === 0 ? best.seed : i - 1, maxMoves);
        if (found === undefined || !isSame(first.trial.result.violation, found.trial.result.violation))
          continue;
        best = found;
        smaller = true;
      }
      if (smaller) break;
    }
  }
  return best;
}

async function readable({ read }: ShrinkOptions, text: string): Promise<Playable | undefined> {
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof VpioError && error.code === "SCENARIO") return undefined;
    throw error;
  }
}

const sizeOf = ({
  playable,
  trial,
}: {
  readonly playable: Playable;
  readonly trial: RecordedTrial;
}): Size => ({
  guests: playable.scenario.guests.length,
  moves: trial.decisions.length,
  switches: switchesOf(trial.decisions),
});
