/** Where a campaign runs: on threads of this machine, or on the workers of a queue. */
import { plural } from "../export/numbers.ts";
import { runCampaign } from "../stress/campaign.ts";
import type { StressPlan } from "../stress/plan.ts";
import { openPool } from "../stress/pool.ts";
import type { SeedRange, StressTally } from "../stress/range.ts";
import type { SavedCounterexample } from "../stress/saved.ts";

/** What is to be run. */
export interface Order {
  readonly plan: StressPlan;
  readonly seeds: SeedRange;
  readonly bail: boolean;
  /** Of what fails: runs to try for something smaller. */
  readonly attempts: number;
}

/** How a campaign stands. */
export interface Standing {
  readonly tally: StressTally;
  /** Seeds that were done before this command began. */
  readonly before: number;
  /** Who is at work, where that may change. */
  readonly hands?: string;
}

export interface Ground {
  /** "2 threads". */
  readonly name: string;
  /** Aborted: answers what is done by then. */
  run(signal: AbortSignal, onProgress: (standing: Standing) => void): Promise<StressTally>;
  /** Failing seeds that have been shrunk already. */
  readonly shrunk: readonly number[];
  /** A failing seed, shrunk. Undefined when it does not fail after all. */
  explain(seed: number): Promise<SavedCounterexample | undefined>;
  /** Ends what is still under way. */
  close(): Promise<void>;
}

export function threadsHere({ plan, seeds, bail, attempts }: Order, jobs: number): Ground {
  const pool = openPool(plan, jobs);
  return {
    name: plural(jobs, "thread"),
    run: (signal, onProgress) =>
      runCampaign({
        ...{ seeds, jobs, bail, signal },
        runner: pool.runner,
        onProgress: (tally) => onProgress({ tally, before: 0 }),
      }),
    shrunk: [],
    explain: (seed) => pool.explain({ seed, attempts }),
    close: () => pool.close(),
  };
}
