/** A worker of a stress campaign: runs ranges of seeds, and shrinks the run of one that has failed. */
import { Piscina } from "piscina";
import { loadPlan, runPlan, type StressPlan } from "../src/stress/plan.ts";
import type { ExplainTask } from "../src/stress/pool.ts";
import type { SeedRange, StressTally } from "../src/stress/range.ts";
import { explainSeed, type SavedCounterexample } from "../src/stress/saved.ts";

const plan = loadPlan(Piscina.workerData as StressPlan);

export const run = async (range: SeedRange): Promise<StressTally> => runPlan(await plan, range);

export const explain = async ({ seed, attempts }: ExplainTask): Promise<SavedCounterexample | undefined> =>
  explainSeed(await plan, seed, attempts);
