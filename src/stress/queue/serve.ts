/** A worker of the queue: takes ranges of whatever campaign comes, has them run elsewhere, and reports what they found. */
import { setTimeout as delay } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import type { Failure, SeedRange, StressTally } from "../range.ts";
import type { RangeOutcome, ShrunkSeed } from "./ledger.ts";
import { queueNameOf, type RangeJob } from "./range-queue.ts";
import type { RedisLink } from "./redis.ts";
import { bailsOf, type CampaignSpec, rangesOfSpec } from "./spec.ts";
import { CampaignStore, KEY_PREFIX } from "./store.ts";

/** Kinds of violations of which one is made small. */
const MOST_SHRUNK = 3;
/** A range whose workers die again and again is to blame. */
const MOST_DEATHS = 5;
export const LOCK_MS = 30_000;
const BEAT_MS = 2000;
/** A worker that has not been heard of for so many beats is dead. */
const BEATS_ALIVE = 4;
/** Somebody who wants to go waits no longer than that for a Redis that is away. */
const GOODBYE_MS = 3000;

/** Runs what this thread must not: it has locks to renew. */
export interface RangeExecutor {
  run(spec: CampaignSpec, range: SeedRange, signal: AbortSignal): Promise<StressTally>;
  /** The replay file of a failing seed; undefined when it cannot be had. */
  shrink(spec: CampaignSpec, seed: number, signal: AbortSignal): Promise<string | undefined>;
}

export interface ServeOptions {
  readonly link: RedisLink;
  readonly build: string;
  readonly name: string;
  /** Ranges at once. */
  readonly jobs: number;
  readonly executor: RangeExecutor;
  /** When it ends by itself: never, when nothing is left to do, or after one range. */
  readonly until: "stopped" | "idle" | "once";
  /** Aborted: it finishes what it is at, and ends. */
  readonly signal: AbortSignal;
  /** A worker that gives no sign for so long loses its ranges to others. */
  readonly lockMs?: number;
  readonly beatMs?: number;
  readonly onNews?: (news: ServeNews) => void;
}

export type ServeNews =
  | {
      readonly kind: "began";
      readonly campaign: string;
      readonly spec: CampaignSpec;
      readonly range: SeedRange;
    }
  | {
      readonly kind: "ended";
      readonly campaign: string;
      readonly range: SeedRange;
      readonly outcome: RangeOutcome;
      /** False: somebody else was quicker, or nobody waits for it any more. */
      readonly counted: boolean;
      /** By this worker, until now. */
      readonly served: Served;
    }
  /** Left to workers of that other build. */
  | { readonly kind: "foreign"; readonly campaign: string; readonly build: string };

export interface Served {
  readonly ranges: number;
  readonly seeds: number;
  readonly failures: number;
}

/** Throws an INCONCLUSIVE error when Redis is gone for good. */
export async function serveQueue(options: ServeOptions): Promise<Served> {
  return new RangeServer(options, await import("bullmq")).serve();
}

interface Task {
  readonly campaign: string;
  readonly index: number;
  readonly range: SeedRange;
  readonly controller: AbortController;
}

class RangeServer {
  readonly #options: ServeOptions;
  readonly #bullmq: typeof import("bullmq");
  readonly #store: CampaignStore;
  readonly #doing = new Set<Task>();
  readonly #foreign = new Set<string>();
  /** Aborted when it is time to go. */
  readonly #leaving = new AbortController();
  #over = false;
  #served: Served = { ranges: 0, seeds: 0, failures: 0 };

  constructor(options: ServeOptions, bullmq: typeof import("bullmq")) {
    this.#options = options;
    this.#bullmq = bullmq;
    this.#store = new CampaignStore(options.link.client);
  }

  async serve(): Promise<Served> {
    const { link, name, signal } = this.#options;
    const worker = this.#hire();
    const leave = (): void => this.#leaving.abort();
    this.#leaving.signal.addEventListener("abort", () => void worker.pause(true), { once: true });
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    try {
      await Promise.race([worker.run(), this.#attend(worker), aborted(this.#leaving.signal)]);
      leave();
      await this.#finish();
      return this.#served;
    } catch (error) {
      throw link.explain(error, "what this worker was at is left to others");
    } finally {
      signal.removeEventListener("abort", leave);
      this.#over = true;
      for (const { controller } of this.#doing) controller.abort();
      const goodbye = Promise.all([worker.close(link.isAway), this.#store.leave(name)]).catch(
        () => undefined,
      );
      if (!link.isAway) await Promise.race([goodbye, delay(GOODBYE_MS, undefined, { ref: false })]);
      // A connection that is still trying to come back.
      await worker.getBackend().close(true);
    }
  }

  #hire(): Worker<RangeJob> {
    const { link, build, name, jobs, until, lockMs = LOCK_MS } = this.#options;
    const worker = new this.#bullmq.Worker<RangeJob>(
      queueNameOf(build),
      (job, token) => this.#take(job, token),
      {
        connection: link.client,
        prefix: KEY_PREFIX,
        name,
        concurrency: until === "once" ? 1 : jobs,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        // Counted by us, so that it ends in an outcome.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        autorun: false,
      },
    );
    // A lock that was lost while Redis was away: the range is run twice and counted once.
    worker.on("error", () => undefined);
    return worker;
  }

  /** Says again and again that this worker is alive, and looks whether anybody still waits for what it does. */
  async #attend(worker: Worker): Promise<void> {
    const { until, beatMs = BEAT_MS } = this.#options;
    while (!this.#over) {
      await this.#beat();
      await this.#dropWhatIsOver();
      await this.#tellOfForeign();
      if (until === "idle" && (await this.#isIdle(worker))) return;
      await delay(beatMs, undefined, { ref: false });
    }
  }

  async #beat(): Promise<void> {
    const { name, build, jobs, beatMs = BEAT_MS } = this.#options;
    const doing = [...this.#doing].map(({ campaign, range }) => ({ campaign, range }));
    await this.#store.beat({ name, build, jobs, seeds: this.#served.seeds, doing }, BEATS_ALIVE * beatMs);
  }

  async #dropWhatIsOver(): Promise<void> {
    for (const { campaign, index, controller } of this.#doing)
      if (!(await this.#store.wants(campaign, index))) controller.abort();
  }

  async #tellOfForeign(): Promise<void> {
    for (const { name, build } of await this.#store.foreign(this.#options.build)) {
      if (this.#foreign.has(name)) continue;
      this.#foreign.add(name);
      this.#options.onNews?.({ kind: "foreign", campaign: name, build });
    }
  }

  /** True when neither this worker nor any other has a range left that might come back. */
  async #isIdle(worker: Worker): Promise<boolean> {
    const { client } = this.#options.link;
    const [waiting, active] = await Promise.all([
      client.llen(worker.toKey("wait")),
      client.llen(worker.toKey("active")),
    ]);
    return waiting + active + this.#doing.size === 0;
  }

  async #take(job: Job<RangeJob>, token: string | undefined): Promise<void> {
    const { data, stalledCounter } = job;
    const { campaign, index } = data;
    if (this.#leaving.signal.aborted) return this.#giveBack(job, token);
    const spec = await this.#store.specFor(campaign, index);
    const range = spec === undefined ? undefined : rangesOfSpec(spec)[index];
    if (spec === undefined || range === undefined) return;
    const task = { campaign, index, range, controller: new AbortController() };
    this.#doing.add(task);
    try {
      await this.#beat();
      this.#options.onNews?.({ kind: "began", campaign, spec, range });
      const outcome =
        stalledCounter > MOST_DEATHS ? this.#tooDeadly(stalledCounter) : await this.#outcomeOf(spec, task);
      if (outcome !== undefined) await this.#report(task, outcome);
      else if (this.#over) return await this.#giveBack(job, token);
    } finally {
      this.#doing.delete(task);
    }
    if (this.#options.until === "once") this.#leaving.abort();
  }

  async #giveBack(job: Job<RangeJob>, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    throw new this.#bullmq.WaitingError();
  }

  /** Undefined when nobody waits for it any more, or this worker is to end now. */
  async #outcomeOf(spec: CampaignSpec, task: Task): Promise<RangeOutcome | undefined> {
    const { executor, name } = this.#options;
    const { campaign, index, range, controller } = task;
    try {
      const tally = await executor.run(spec, range, controller.signal);
      const fails = tally.failures.length > 0;
      if (fails && bailsOf(spec) && !(await this.#store.bail(campaign, index))) return undefined;
      const shrunk = await this.#shrink(spec, task, tally.failures);
      return { kind: "done", worker: name, tally, shrunk };
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: "broken", worker: name, why };
    }
  }

  async #shrink(
    spec: CampaignSpec,
    { campaign, controller }: Task,
    failures: readonly Failure[],
  ): Promise<readonly ShrunkSeed[]> {
    const shrunk: ShrunkSeed[] = [];
    for (const { seed, violation } of failures) {
      const kind = `${violation.property} ${violation.oracle}`;
      if (!(await this.#store.claimShrinking(campaign, kind, seed, MOST_SHRUNK))) continue;
      const replay = await this.#options.executor.shrink(spec, seed, controller.signal);
      if (replay !== undefined) shrunk.push({ seed, replay });
    }
    return shrunk;
  }

  #tooDeadly(deaths: number): RangeOutcome {
    const why = `${deaths} workers in a row took it and were not heard of again`;
    return { kind: "broken", worker: this.#options.name, why };
  }

  async #report({ campaign, index, range }: Task, outcome: RangeOutcome): Promise<void> {
    const found = outcome.kind === "done" ? outcome.tally : undefined;
    const counted = await this.#store.record(campaign, index, outcome);
    const { ranges, seeds, failures } = this.#served;
    if (counted && found !== undefined)
      this.#served = {
        ranges: ranges + 1,
        seeds: seeds + found.seeds,
        failures: failures + found.failures.length,
      };
    this.#options.onNews?.({ kind: "ended", campaign, range, outcome, counted, served: this.#served });
  }

  /** Waits for what is under way, but not for long for a Redis that is away. */
  async #finish(): Promise<void> {
    const { link } = this.#options;
    for (let awayMs = 0; this.#doing.size > 0 && awayMs < GOODBYE_MS; awayMs = link.isAway ? awayMs + 50 : 0)
      await delay(50, undefined, { ref: false });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
