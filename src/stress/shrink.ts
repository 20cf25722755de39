/**
 * From a seed that fails to a counterexample that one can read: first a smaller scenario in which the same property is
 * violated, then a simpler schedule of it.
 */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import {
  type FailingTrial,
  fails,
  isSame,
  type RecordedTrial,
  recordTrial,
  switchesOf,
} from "./counterexample.ts";
import type { Violation } from "./oracles/oracle.ts";
import { type StressBrief, trialOptionsOf } from "./range.ts";
import { SIMPLIFICATIONS, type Simplification, versionsOf } from "./shrink-scenario.ts";
import { isLess, shrinkSchedule } from "./shrink-schedule.ts";

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

/** Further seeds that are tried on a simpler scenario, where the same seed makes another schedule. */
const OTHER_SEEDS = 3;
/** A simpler scenario needs not much longer than the one it is made from. */
const MOVES_FACTOR = 2;

/** Undefined: the seed does not fail after all. */
export async function shrink(options: ShrinkOptions): Promise<Counterexample | undefined> {
  const { brief, playable, seed, attempts } = options;
  const first = failing(brief, playable, seed, brief.maxMoves);
  if (first === undefined) return undefined;
  const simpler = await shrinkScenario(options, first);
  const trial = shrinkSchedule({ trial: simpler.playable, failing: simpler.trial, attempts });
  const { violation } = trial.result;
  return {
    playable: simpler.playable,
    seed,
    trial,
    violation,
    from: sizeOf(first),
    to: sizeOf({ ...simpler, trial }),
  };
}

interface Failing {
  readonly playable: Playable;
  readonly trial: FailingTrial;
}

/** The run of a seed, if a property is violated in it. */
function failing(
  brief: Omit<StressBrief, "scenario">,
  playable: Playable,
  seed: number,
  maxMoves: number,
): Failing | undefined {
  const { scenario, workloads } = playable;
  const trial = recordTrial(trialOptionsOf({ ...brief, scenario, maxMoves }, workloads, seed));
  return fails(trial) ? { playable, trial } : undefined;
}

/** Simplifies as long as anything helps, and attempts are left. */
async function shrinkScenario(options: ShrinkOptions, first: Failing): Promise<Failing> {
  const budget = { left: options.attempts };
  let best = first;
  for (let before: Failing | undefined; before !== best && budget.left > 0; ) {
    before = best;
    for (const simplification of SIMPLIFICATIONS) {
      for (let next: Failing | undefined = best; next !== undefined; ) {
        best = next;
        next = await simplerRun(options, best, simplification, budget);
      }
    }
  }
  return best;
}

/** A run of a simpler scenario that shows the same as `best`; undefined: there is none, or no attempt is left. */
async function simplerRun(
  options: ShrinkOptions,
  best: Failing,
  simplification: Simplification,
  budget: { left: number },
): Promise<Failing | undefined> {
  for (const text of versionsOf(best.playable.text, simplification)) {
    const playable = await readable(options, text);
    if (playable === undefined) continue;
    for (const found of runsOf(options, playable, MOVES_FACTOR * best.trial.decisions.length)) {
      if (budget.left-- <= 0) return undefined;
      const shown = found?.trial.result.violation;
      if (found === undefined || !isSame(best.trial.result.violation, shown)) continue;
      if (isLess(complexityOf(found), complexityOf(best))) return found;
    }
  }
  return undefined;
}

/** Runs of another scenario, in which what one run of the first has shown may show as well. */
function* runsOf(
  { brief, seed }: ShrinkOptions,
  playable: Playable,
  maxMoves: number,
): Generator<Failing | undefined> {
  yield failing({ ...brief, scheduler: { kind: "delay", depth: 0 } }, playable, seed, maxMoves);
  yield failing(brief, playable, seed, maxMoves);
  for (let other = 0; other < OTHER_SEEDS; other++) yield failing(brief, playable, other, maxMoves);
}

/** What is in it counts first, then how long it takes, then how much there is to read. */
const complexityOf = ({ playable: { scenario, text }, trial }: Failing): readonly number[] => [
  scenario.guests.length,
  scenario.cards.length + scenario.wire.peers.length,
  trial.decisions.length,
  text.length,
];

async function readable({ read }: ShrinkOptions, text: string): Promise<Playable | undefined> {
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof VpioError && error.code === "SCENARIO") return undefined;
    throw error;
  }
}

const sizeOf = ({ playable, trial }: Failing): Size => ({
  guests: playable.scenario.guests.length,
  moves: trial.decisions.length,
  switches: switchesOf(trial.decisions),
});
