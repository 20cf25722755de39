/** Threads that run ranges of seeds. */
import { Piscina } from "piscina";
import { packageRoot } from "../engine/root.ts";
import type { RangeRunner } from "./campaign.ts";
import type { StressBrief, StressTally } from "./range.ts";

export interface StressPool {
  readonly runner: RangeRunner;
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

export function openPool(brief: StressBrief, threads: number): StressPool {
  const pool = new Piscina<unknown, StressTally>({
    filename: `${packageRoot()}/dist/workers/stress.js`,
    workerData: brief,
    minThreads: threads,
    maxThreads: threads,
  });
  return {
    runner: (range) => pool.run(range),
    close: () => pool.destroy(),
  };
}
