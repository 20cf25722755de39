/** Threads that run ranges of seeds, and shrink what they find. */
import { Piscina } from "piscina";
import { packageRoot } from "../engine/root.ts";
import type { RangeRunner } from "./campaign.ts";
import type { StressPlan } from "./plan.ts";
import type { StressTally } from "./range.ts";
import type { SavedCounterexample } from "./saved.ts";

/** Runs that may be tried for a smaller scenario, and as many for a simpler schedule. */
export interface ExplainTask {
  readonly seed: number;
  readonly attempts: number;
}

export interface StressPool {
  readonly runner: RangeRunner;
  /** Shrinks the run of a seed that has failed. Undefined when it does not fail after all. */
  readonly explain: (task: ExplainTask) => Promise<SavedCounterexample | undefined>;
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

export function openPool(plan: StressPlan, threads: number): StressPool {
  const pool = new Piscina<unknown, unknown>({
    filename: `${packageRoot()}/dist/workers/stress.js`,
    workerData: plan,
    minThreads: threads,
    maxThreads: threads,
  });
  return {
    runner: (range) => pool.run(range, { name: "run" }) as Promise<StressTally>,
    explain: (task) => pool.run(task, { name: "explain" }) as Promise<SavedCounterexample | undefined>,
    close: () => pool.destroy(),
  };
}
