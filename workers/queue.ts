/** A thread of `vpio worker`: runs ranges of whatever campaign they are of, and shrinks what fails. */
import { packageVersion } from "../src/engine/root.ts";
import { writeCounterexample } from "../src/export/counterexample-file.ts";
import { type LoadedPlan, loadPlan, runPlan } from "../src/stress/plan.ts";
import { type CampaignSpec, planOfSpec } from "../src/stress/queue/spec.ts";
import type { RangeTask, ShrinkTask } from "../src/stress/queue/threads.ts";
import type { StressTally } from "../src/stress/range.ts";
import { explainSeed } from "../src/stress/saved.ts";

/** The plan that came last: the next range is likely to be of the same one. */
let last: { readonly key: string; readonly plan: Promise<LoadedPlan> } | undefined;

function planFor(spec: CampaignSpec): Promise<LoadedPlan> {
  const key = JSON.stringify(spec.parts);
  if (last?.key !== key) last = { key, plan: loadPlan(planOfSpec(spec)) };
  return last.plan;
}

export const run = async ({ spec, range }: RangeTask): Promise<StressTally> =>
  runPlan(await planFor(spec), range);

export async function shrink({ spec, seed }: ShrinkTask): Promise<string | undefined> {
  const found = await explainSeed(await planFor(spec), seed, spec.attempts);
  return found && writeCounterexample(found, packageVersion());
}
