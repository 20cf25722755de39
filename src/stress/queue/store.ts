/**
 * What campaigns keep in Redis beside BullMQ's queue: what they are, what their ranges have found, and who is at work.
 * Every key begins with `vpio:` and expires when nobody has touched it for a week.
 */
import type { Redis } from "ioredis";
import { VpioError } from "../../base/errors.ts";
import type { SeedRange } from "../range.ts";
import type { RangeOutcome } from "./ledger.ts";
import type { CampaignSpec } from "./spec.ts";

export const KEY_PREFIX = "vpio";
const KEEP_MS = 7 * 24 * 60 * 60_000;

const campaignKey = (id: string): string => `${KEY_PREFIX}:campaign:${id}`;
const outcomesKey = (id: string): string => `${campaignKey(id)}:outcomes`;
const shrunkKey = (id: string): string => `${campaignKey(id)}:shrunk`;
const workerKey = (name: string): string => `${KEY_PREFIX}:worker:${name}`;
/** Of all campaigns, the build that each is for. */
const CAMPAIGNS = `${KEY_PREFIX}:campaigns`;
const WORKERS = `${KEY_PREFIX}:workers`;

/** Answers the spec and build of the campaign that was there before. */
const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HMGET', KEYS[1], 'spec', 'build') end
redis.call('HSET', KEYS[1], 'spec', ARGV[2], 'build', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
return false`;

/** The first outcome of a range stays; none of a campaign that is over is kept. */
const RECORD = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])`;

/** The first range with a violation ends the others. */
const BAIL = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSETNX', KEYS[1], 'bailer', ARGV[1])
return redis.call('HGET', KEYS[1], 'bailer') == ARGV[1] and 1 or 0`;

/** One seed of each kind; whoever takes over a range from a dead worker has what that one has claimed. */
const CLAIM = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local claimed = redis.call('HGET', KEYS[2], ARGV[1])
if claimed then return claimed == ARGV[2] and 1 or 0 end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1`;

/** What a worker says of itself, again and again. */
export interface WorkerState {
  readonly name: string;
  readonly build: string;
  readonly jobs: number;
  /** Since it began. */
  readonly seeds: number;
  readonly doing: readonly { readonly campaign: string; readonly range: SeedRange }[];
}

export class CampaignStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Puts a campaign there, unless it is there. Throws a USAGE error when `id` is taken by another one. */
  async create(id: string, spec: CampaignSpec, build: string): Promise<void> {
    const text = JSON.stringify(spec);
    const before = await this.#redis.eval(CREATE, 2, campaignKey(id), CAMPAIGNS, id, text, build, KEEP_MS);
    if (!Array.isArray(before)) return;
    if (before[1] !== build)
      throw new VpioError("USAGE", `campaign ${id} is there already, of vpio ${before[1]}; this is ${build}`);
    if (before[0] !== text)
      throw new VpioError(
        "USAGE",
        `campaign ${id} is there already, with another scenario, or other options`,
      );
  }

  /** False: it is over, or Redis has lost its memory. */
  async isThere(id: string): Promise<boolean> {
    return (await this.#redis.exists(campaignKey(id))) === 1;
  }

  /** False: nobody waits for that range any more. */
  async wants(id: string, index: number): Promise<boolean> {
    const [build, bailer] = await this.#redis.hmget(campaignKey(id), "build", "bailer");
    return build != null && (bailer == null || bailer === String(index));
  }

  /** What a range is to be run with; undefined when nobody waits for it, or it has an outcome. */
  async specFor(id: string, index: number): Promise<CampaignSpec | undefined> {
    const [wanted, done, spec] = await Promise.all([
      this.wants(id, index),
      this.#redis.hexists(outcomesKey(id), String(index)),
      this.#redis.hget(campaignKey(id), "spec"),
    ]);
    // The queue is named after the build: what is in it was written by this very program.
    return wanted && done === 0 && spec !== null ? (JSON.parse(spec) as CampaignSpec) : undefined;
  }

  /** False: the range had an outcome, or the campaign is over. */
  async record(id: string, index: number, outcome: RangeOutcome): Promise<boolean> {
    const keys = [campaignKey(id), outcomesKey(id)];
    const args = [index, JSON.stringify(outcome), KEEP_MS];
    return (await this.#redis.eval(RECORD, keys.length, ...keys, ...args)) === 1;
  }

  /** From now on only the range `index` is wanted. False: only another one is. */
  async bail(id: string, index: number): Promise<boolean> {
    return (await this.#redis.eval(BAIL, 1, campaignKey(id), index)) === 1;
  }

  /** True: `seed` is the one of its kind that shall be shrunk; at most `most` kinds have one. */
  async claimShrinking(id: string, kind: string, seed: number, most: number): Promise<boolean> {
    const keys = [campaignKey(id), shrunkKey(id)];
    return (await this.#redis.eval(CLAIM, keys.length, ...keys, kind, seed, most, KEEP_MS)) === 1;
  }

  /** The ranges that have an outcome. */
  async doneOf(id: string): Promise<readonly number[]> {
    return (await this.#redis.hkeys(outcomesKey(id))).map(Number);
  }

  async outcomesOf(
    id: string,
    indexes: readonly number[],
  ): Promise<readonly (readonly [number, RangeOutcome])[]> {
    if (indexes.length === 0) return [];
    const texts = await this.#redis.hmget(outcomesKey(id), ...indexes.map(String));
    return indexes.flatMap((index, i) => {
      const text = texts[i];
      return text == null ? [] : [[index, JSON.parse(text) as RangeOutcome] as const];
    });
  }

  async remove(id: string): Promise<void> {
    await this.#redis.del(campaignKey(id), outcomesKey(id), shrunkKey(id));
    await this.#redis.hdel(CAMPAIGNS, id);
  }

  /** Campaigns that another build of vpio was asked for. */
  async foreign(build: string): Promise<readonly { readonly id: string; readonly build: string }[]> {
    const found: { id: string; build: string }[] = [];
    for (const [id, theirs] of Object.entries(await this.#redis.hgetall(CAMPAIGNS))) {
      if ((await this.#redis.exists(campaignKey(id))) === 0) await this.#redis.hdel(CAMPAIGNS, id);
      else if (theirs !== build) found.push({ id, build: theirs });
    }
    return found;
  }

  /** A sign of life, that counts for `forMs`. */
  async beat(worker: WorkerState, forMs: number): Promise<void> {
    await Promise.all([
      this.#redis.set(workerKey(worker.name), JSON.stringify(worker), "PX", forMs),
      this.#redis.sadd(WORKERS, worker.name),
      this.#redis.pexpire(WORKERS, KEEP_MS),
    ]);
  }

  async leave(name: string): Promise<void> {
    await Promise.all([this.#redis.del(workerKey(name)), this.#redis.srem(WORKERS, name)]);
  }

  /** Everybody who is alive, in order of their names. */
  async workers(): Promise<readonly WorkerState[]> {
    const names = (await this.#redis.smembers(WORKERS)).sort();
    if (names.length === 0) return [];
    const texts = await this.#redis.mget(names.map(workerKey));
    const dead = names.filter((_, i) => texts[i] == null);
    if (dead.length > 0) await this.#redis.srem(WORKERS, dead);
    return texts.flatMap((text) => (text == null ? [] : [JSON.parse(text) as WorkerState]));
  }
}
