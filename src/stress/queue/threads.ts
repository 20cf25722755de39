/** Threads that run the ranges of a worker, so that the worker itself is free to renew its locks. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Piscina } from "piscina";
import { packageRoot, packageVersion } from "../../engine/root.ts";
import type { SeedRange, StressTally } from "../range.ts";
import type { RangeExecutor } from "./serve.ts";
import type { CampaignSpec } from "./spec.ts";

export interface RangeTask {
  readonly spec: CampaignSpec;
  readonly range: SeedRange;
}

export interface ShrinkTask {
  readonly spec: CampaignSpec;
  readonly seed: number;
}

const entry = (): string => `${packageRoot()}/dist/workers/queue.js`;

/** "0.1.0-3f9a1c20": equal builds find the same in equal seeds, others may not. */
export function buildName(): string {
  const hash = createHash("sha256").update(readFileSync(entry())).digest("hex");
  return `${packageVersion()}-${hash.slice(0, 8)}`;
}

export interface Threads extends RangeExecutor {
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

export function openThreads(count: number): Threads {
  const pool = new Piscina<unknown, unknown>({ filename: entry(), minThreads: count, maxThreads: count });
  return {
    run: (spec, range, signal) => pool.run({ spec, range }, { name: "run", signal }) as Promise<StressTally>,
    shrink: (spec, seed, signal) =>
      pool.run({ spec, seed }, { name: "shrink", signal }) as Promise<string | undefined>,
    close: () => pool.destroy(),
  };
}
