/**
 * A campaign: a queue of seed ranges, and runners that take them. Who runs a range is not its business: this thread, a
 * pool of threads, or machines at the other end of a queue.
 */
import { addTallies, EMPTY_TALLY, type SeedRange, type StressTally } from "./range.ts";

/** Runs one range. */
export type RangeRunner = (range: SeedRange) => Promise<StressTally>;

export interface CampaignOptions {
  readonly seeds: SeedRange;
  /** Ranges under way at once. */
  readonly jobs: number;
  readonly runner: RangeRunner;
  /** No new range is begun once there is a violation. */
  readonly bail: boolean;
  /** No new range is begun once it is aborted, and what is under way is not waited for. */
  readonly signal?: AbortSignal;
  /** Called with each range that is done. */
  readonly onProgress?: (sofar: StressTally) => void;
}

/** Seeds of one range: enough to be worth the way to a worker, few enough that progress shows. */
export const RANGE_SEEDS = 25;

/** `seeds` cut into ranges of `size`. */
export function* rangesOf({ first, count }: SeedRange, size: number = RANGE_SEEDS): Generator<SeedRange> {
  for (let at = 0; at < count; at += size) yield { first: first + at, count: Math.min(size, count - at) };
}

/** What all ranges that came to their end have found. */
export async function runCampaign(options: CampaignOptions): Promise<StressTally> {
  const { seeds, jobs, runner, bail, signal, onProgress } = options;
  const queue = rangesOf(seeds);
  let tally = EMPTY_TALLY;
  const over = (): boolean => signal?.aborted === true || (bail && tally.failures.length > 0);
  const serve = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && !over(); next = queue.next()) {
      const found = await runner(next.value);
      if (signal?.aborted) return;
      tally = addTallies(tally, found);
      onProgress?.(tally);
    }
  };
  const work = Promise.all(Array.from({ length: jobs }, serve)).then(() => undefined);
  await (signal === undefined ? work : Promise.race([work, aborted(signal)]));
  return tally;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
