/** The BullMQ queue of ranges, one for each build of vpio: a worker cannot even see what another build is asked for. */
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { KEEP_MS, KEY_PREFIX } from "./store.ts";

export interface RangeJob {
  readonly campaign: string;
  readonly index: number;
}

export const queueNameOf = (build: string): string => `ranges-${build}`;
const jobIdOf = (campaign: string, index: number): string => `${campaign}-${index}`;

/** Nobody reads BullMQ's events: all that counts is in the store. */
const KEEP_EVENTS = 100;
/** What is left of a queue when it is empty; nothing of it is missed when it expires earlier. */
const LEFTOVERS = ["meta", "id", "events", "marker"];

export class RangeQueue {
  readonly #queue: Queue<RangeJob>;
  readonly #redis: Redis;

  private constructor(queue: Queue<RangeJob>, redis: Redis) {
    this.#queue = queue;
    this.#redis = redis;
  }

  static async open(redis: Redis, build: string): Promise<RangeQueue> {
    const { Queue } = await import("bullmq");
    const queue = new Queue<RangeJob>(queueNameOf(build), {
      connection: redis,
      prefix: KEY_PREFIX,
      streams: { events: { maxLen: KEEP_EVENTS } },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    // Whoever waits for an answer is told of what goes wrong, and RedisLink of connections.
    queue.on("error", () => undefined);
    return new RangeQueue(queue, redis);
  }

  /** Puts ranges at the end, but for those that are there. */
  async offer(campaign: string, indexes: readonly number[]): Promise<void> {
    if (indexes.length === 0) return;
    await this.#queue.addBulk(
      indexes.map((index) => ({
        name: "range",
        data: { campaign, index },
        opts: { jobId: jobIdOf(campaign, index) },
      })),
    );
    await this.#expireLater();
  }

  /** Takes ranges out, also those that somebody is at. */
  async withdraw(campaign: string, indexes: readonly number[]): Promise<void> {
    await Promise.all(
      indexes.map(async (index) => {
        const id = jobIdOf(campaign, index);
        await this.#redis.del(`${this.#queue.toKey(id)}:lock`);
        await this.#queue.remove(id);
      }),
    );
    await this.#expireLater();
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }

  async #expireLater(): Promise<void> {
    await Promise.all(LEFTOVERS.map((key) => this.#redis.pexpire(this.#queue.toKey(key), KEEP_MS)));
  }
}
