/** What a campaign runs: scenarios and schedulers, and which of them a seed means. All of it is plain data. */
import type { Devices } from "../devices/catalogue.ts";
import { type Loaded, loadFilesOf } from "../engine/loaded.ts";
import { filesBeside } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import type { Overrides } from "../scenario/scenario.ts";
import {
  addTallies,
  EMPTY_TALLY,
  runRange,
  type SeedRange,
  type StressBrief,
  type StressTally,
} from "./range.ts";
import type { Playable } from "./shrink.ts";

/** A scenario as it was given. */
export interface ScenarioSource {
  /** Where it was, for the files that it names. */
  readonly file: string;
  readonly text: string;
  readonly overrides: Overrides;
}

/** One scenario under one scheduler. */
export interface PlanPart {
  readonly source: ScenarioSource;
  readonly brief: StressBrief;
}

/** At least one part; seeds take them in turn. */
export type StressPlan = readonly PlanPart[];

/** A plan with what the scenario of each part names by file. */
export type LoadedPlan = readonly (PlanPart & { readonly loaded: Loaded })[];

/** The part that `seed` is of. */
export const partOf = <T>(plan: readonly T[], seed: number): T => plan[seed % plan.length] as T;

/** `devices`: when they have been loaded before. Throws a SCENARIO error when `text` is none. */
export async function playableOf(
  { file, overrides, text }: ScenarioSource,
  devices?: Devices,
): Promise<Playable> {
  const scenario = readScenario(text, file, filesBeside(file), overrides);
  return { text, scenario, ...(await loadFilesOf(scenario, devices)) };
}

export const loadPlan = (plan: StressPlan): Promise<LoadedPlan> =>
  Promise.all(plan.map(async (part) => ({ ...part, loaded: await loadFilesOf(part.brief.scenario) })));

/** Runs the seeds of a range, each on its part; with `bail` up to the first violation. */
export function runPlan(plan: LoadedPlan, { first, count }: SeedRange): StressTally {
  let tally = EMPTY_TALLY;
  for (let seed = first; seed < first + count; seed++) {
    const { brief, loaded } = partOf(plan, seed);
    const one = runRange(brief, loaded, { first: seed, count: 1 });
    tally = addTallies(tally, one);
    if (brief.bail && one.failures.length > 0) break;
  }
  return tally;
}
