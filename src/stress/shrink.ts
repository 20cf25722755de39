/**
 * From a seed that fails to a counterexample that one can read: first fewer faults and a simpler scenario
 * with which the same property is violated, then a simpler schedule of it.
 */
import { VpioError } from "../base/errors.ts";
import type { Loaded } from "../engine/loaded.ts";
import type { Scenario } from "../scenario/scenario.ts";
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
export interface Playable extends Loaded {
  readonly text: string;
  readonly scenario: Scenario;
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
  /** The run of the seed as it was before anything was shrunk. */
  readonly original: FailingTrial;
  /** Moves and changes of actors before and after. */
  readonly from: Size;
  readonly to: Size;
}

export interface Size {
  readonly guests: number;
  readonly moves: number;
  readonly switches: number;
}

/** Further seeds that are tried in a simpler setting, where the same seed makes another schedule. */
const OTHER_SEEDS = 4;
/** A simpler setting needs not much longer than the one it is made from. */
const MOVES_FACTOR = 2;

/** Undefined: the seed does not fail after all. */
export async function shrink(options: ShrinkOptions): Promise<Counterexample | undefined> {
  const { brief, playable, seed, attempts } = options;
  const first = failing({ ...brief, playable }, seed);
  if (first === undefined) return undefined;
  const simpler = await shrinkSetting(options, first);
  const trial = shrinkSchedule({ trial: simpler.setting.playable, failing: simpler.trial, attempts });
  const { violation } = trial.result;
  const sizes = { from: sizeOf(first), to: sizeOf({ ...simpler, trial }) };
  return { playable: simpler.setting.playable, seed, trial, violation, original: first.trial, ...sizes };
}

/** Whatever may fail: a scenario under a brief. */
type Setting = Omit<StressBrief, "scenario"> & { readonly playable: Playable };

interface Failing {
  readonly setting: Setting;
  readonly trial: FailingTrial;
}

/** The run of a seed, if a property is violated in it. */
function failing(setting: Setting, seed: number): Failing | undefined {
  const { scenario, workloads, devices } = setting.playable;
  const trial = recordTrial(trialOptionsOf({ ...setting, scenario }, { workloads, devices }, seed));
  return fails(trial) ? { setting, trial } : undefined;
}

/** Simplifies as long as anything helps, and attempts are left. */
async function shrinkSetting(options: ShrinkOptions, first: Failing): Promise<Failing> {
  const steps = [withFewerFaults, ...SIMPLIFICATIONS.map((one) => withText(options, one))];
  const budget = { left: options.attempts };
  let best = first;
  for (let before: Failing | undefined; before !== best && budget.left > 0; ) {
    before = best;
    for (const step of steps) {
      for (let next: Failing | undefined = best; next !== undefined; ) {
        best = next;
        next = await simplerRun(best, step(best.setting), options.seed, budget);
      }
    }
  }
  return best;
}

/** Without faults; or without one kind of them. */
async function* withFewerFaults(setting: Setting): AsyncGenerator<Setting> {
  const { faults } = setting;
  if (faults.length > 1) yield { ...setting, faults: [] };
  for (const fault of faults) yield { ...setting, faults: faults.filter((one) => one !== fault) };
}

const withText = ({ read }: ShrinkOptions, simplification: Simplification) =>
  async function* (setting: Setting): AsyncGenerator<Setting> {
    for (const text of versionsOf(setting.playable.text, simplification)) {
      const playable = await readable(read, text);
      if (playable !== undefined) yield { ...setting, playable };
    }
  };

/**
 * A run in one of `settings` that shows the same as `best`; undefined: there is none, or no attempt is left.
 */
async function simplerRun(
  best: Failing,
  settings: AsyncGenerator<Setting>,
  seed: number,
  budget: { left: number },
): Promise<Failing | undefined> {
  if (budget.left <= 0) return undefined;
  const { violation } = best.trial.result;
  const maxMoves = Math.max(MOVES_FACTOR * best.trial.decisions.length, best.setting.expectedMoves);
  for await (const setting of settings) {
    for (const found of runsOf({ ...setting, maxMoves }, seed)) {
      if (budget.left-- <= 0) return undefined;
      if (found === undefined || !isSame(violation, found.trial.result.violation)) continue;
      if (isLess(complexityOf(found), complexityOf(best))) return found;
    }
  }
  return undefined;
}

/**
 * Runs in which what a run of another setting has shown may show as well: a calm one, and some as they come.
 */
function* runsOf(setting: Setting, seed: number): Generator<Failing | undefined> {
  const calm = failing({ ...setting, scheduler: { kind: "delay", depth: 0 } }, seed);
  yield calm && { ...calm, setting };
  yield failing(setting, seed);
  for (let other = 0; other < OTHER_SEEDS; other++) yield failing(setting, other);
}

/** What is in it counts first, then how long it takes, then how much there is to read. */
const complexityOf = ({ setting: { faults, playable }, trial }: Failing): readonly number[] => [
  faults.length,
  playable.scenario.guests.length,
  playable.scenario.cards.length,
  trial.decisions.length,
  playable.text.length,
];

async function readable(read: ShrinkOptions["read"], text: string): Promise<Playable | undefined> {
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof VpioError && error.code === "SCENARIO") return undefined;
    throw error;
  }
}

const sizeOf = ({ setting: { playable }, trial }: Failing): Size => ({
  guests: playable.scenario.guests.length,
  moves: trial.decisions.length,
  switches: switchesOf(trial.decisions),
});
