/**
 * A campaign from its submitter's side: puts the ranges into the queue, counts what comes back, and clears up. All that is
 * known is in Redis until then, so that a submitter that died can be started again; and what the submitter has counted is
 * put back when Redis has lost it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { invariant, VpioError } from "../../base/errors.ts";
import type { SeedRange, StressTally } from "../range.ts";
import { RangeLedger, type ShrunkSeed } from "./ledger.ts";
import { RangeQueue } from "./range-queue.ts";
import type { RedisLink } from "./redis.ts";
import { bailsOf, type CampaignSpec, rangesOfSpec } from "./spec.ts";
import { CampaignStore, campaignOf } from "./store.ts";

/** From one look at Redis to the next. */
const LOOK_MS = 200;
/** Ranges that the queue may have lost are offered again so often: whatever is there is not added twice. */
const OFFER_MS = 60_000;
/** When all is over, Redis has so long to hear of it. */
const GOODBYE_MS = 3000;

export interface SubmitOptions {
  readonly link: RedisLink;
  readonly build: string;
  /** What somebody who comes back asks for. */
  readonly name: string;
  readonly spec: CampaignSpec;
  /** Aborted: what is counted by then is the answer, and the rest is cancelled. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: QueueProgress) => void;
  readonly offerMs?: number;
}

export interface QueueProgress {
  readonly tally: StressTally;
  /** The workers that may serve this campaign. */
  readonly hands: readonly Hand[];
}

export interface Hand {
  readonly name: string;
  /** What it does for this campaign. */
  readonly ranges: readonly SeedRange[];
  /** It does something for another one. */
  readonly isElsewhere: boolean;
}

export interface QueueOutcome {
  /** Lost: Redis was away for too long. */
  readonly ending: "complete" | "bailed" | "interrupted" | "lost";
  readonly tally: StressTally;
  /** The failing seeds that were made small, in order of their seeds. */
  readonly shrunk: readonly ShrunkSeed[];
  /** False: Redis was away, and still has the campaign. */
  readonly cleared: boolean;
}

/** Throws a USAGE error when the id is taken, or Redis refuses to serve; INTERNAL when a range cannot be run. */
export async function submitCampaign(options: SubmitOptions): Promise<QueueOutcome> {
  const queue = await RangeQueue.open(options.link.client, options.build);
  const submission = new Submission(options, queue);
  try {
    return await submission.run();
  } finally {
    await queue.close();
  }
}

class Submission {
  readonly #options: SubmitOptions;
  readonly #queue: RangeQueue;
  readonly #store: CampaignStore;
  readonly #ledger: RangeLedger;
  readonly #campaign: string;
  #offeredMs = 0;
  #comebacks = 0;

  constructor(options: SubmitOptions, queue: RangeQueue) {
    this.#options = options;
    this.#queue = queue;
    this.#store = new CampaignStore(options.link.client);
    this.#ledger = new RangeLedger(rangesOfSpec(options.spec));
    this.#campaign = campaignOf(options.name, options.spec, options.build);
  }

  async run(): Promise<QueueOutcome> {
    const { name, spec, build, link, signal } = this.#options;
    let ending: QueueOutcome["ending"] | "broken";
    let work: Promise<QueueOutcome["ending"] | "broken">;
    try {
      await this.#store.create(name, spec, build);
      work = this.#watch();
      ending = await Promise.race([work, interrupted(signal)]);
    } catch (error) {
      if (!link.isGone)
        throw link.explain(error, `the same command with --campaign ${name} goes on where this one was`);
      return this.#outcome("lost", false);
    }
    const cleared = await this.#clear(work);
    if (ending === "broken") throw brokenRange(this.#ledger.broken);
    return this.#outcome(ending, cleared);
  }

  #outcome(ending: QueueOutcome["ending"], cleared: boolean): QueueOutcome {
    return { ending, tally: this.#ledger.tally, shrunk: this.#ledger.shrunk, cleared };
  }

  async #watch(): Promise<"complete" | "bailed" | "interrupted" | "broken"> {
    const { spec, signal, onProgress } = this.#options;
    while (!signal?.aborted) {
      const isThere = await this.#store.isThere(this.#campaign);
      await this.#collect();
      if (this.#ledger.broken !== undefined) return "broken";
      if (this.#ledger.outstanding.length === 0) return "complete";
      if (bailsOf(spec) && this.#ledger.tally.failures.length > 0) return "bailed";
      await this.#offer(!isThere);
      const hands = await this.#hands();
      if (!signal?.aborted) onProgress?.({ tally: this.#ledger.tally, hands });
      await delay(LOOK_MS);
    }
    return "interrupted";
  }

  async #hands(): Promise<readonly Hand[]> {
    const workers = await this.#store.workers();
    return workers
      .filter(({ build }) => build === this.#options.build)
      .map(({ name, doing }) => {
        const ours = doing.filter(({ campaign }) => campaign === this.#campaign);
        return { name, ranges: ours.map(({ range }) => range), isElsewhere: ours.length < doing.length };
      });
  }

  /** Counts what is new. */
  async #collect(): Promise<void> {
    const done = await this.#store.doneOf(this.#campaign);
    const fresh = done.filter((index) => !this.#ledger.has(index));
    for (const [index, outcome] of await this.#store.outcomesOf(this.#campaign, fresh))
      this.#ledger.count(index, outcome);
  }

  /** Sees to it that all that is outstanding is in the queue. */
  async #offer(lost: boolean): Promise<void> {
    const { name, spec, build, link, offerMs = OFFER_MS } = this.#options;
    const { comebacks } = link;
    const nowMs = performance.now();
    const isDue = this.#offeredMs === 0 || nowMs - this.#offeredMs > offerMs;
    if (!lost && !isDue && comebacks === this.#comebacks) return;
    if (lost) {
      await this.#store.create(name, spec, build);
      for (const [index, outcome] of this.#ledger.outcomes)
        await this.#store.record(this.#campaign, index, outcome);
    }
    await this.#queue.offer(this.#campaign, this.#ledger.outstanding);
    this.#offeredMs = nowMs;
    this.#comebacks = comebacks;
  }

  /** Counts what has come in by now, and leaves nothing behind. False: Redis did not hear of it. */
  async #clear(work: Promise<unknown>): Promise<boolean> {
    const goodbye = async (): Promise<true> => {
      // It offers nothing any more.
      await work.catch(() => undefined);
      await this.#collect();
      await this.#store.remove(this.#options.name, this.#campaign);
      await this.#queue.withdraw(this.#campaign, this.#ledger.outstanding);
      return true;
    };
    return Promise.race([goodbye().catch(() => false), delay(GOODBYE_MS, false, { ref: false })]);
  }
}

function brokenRange(broken: RangeLedger["broken"]): VpioError {
  invariant(broken !== undefined, "a broken campaign has a broken range");
  const { range, worker, why } = broken;
  const last = range.first + range.count - 1;
  return new VpioError("INTERNAL", `worker ${worker} could not run seeds ${range.first} to ${last}: ${why}`);
}

function interrupted(signal: AbortSignal | undefined): Promise<"interrupted"> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve("interrupted");
    signal?.addEventListener("abort", () => resolve("interrupted"), { once: true });
  });
}
