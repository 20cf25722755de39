/**
 * What campaigns keep in Redis beside BullMQ's queue: what they are, what their ranges have found, and who is at work.
 * Every key begins with `vpio:` and expires when nobody has touched it for a week.
 */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { VpioError } from "../../base/errors.ts";
import type { SeedRange } from "../range.ts";
import type { RangeOutcome } from "./ledger.ts";
import type { CampaignSpec } from "./spec.ts";

export const KEY_PREFIX = "vpio";
/** So long after anybody has last touched them. */
export const KEEP_MS = 7 * 24 * 60 * 60_000;

const campaignKey = (campaign: string): string => `${KEY_PREFIX}:campaign:${campaign}`;
const outcomesKey = (campaign: string): string => `${campaignKey(campaign)}:outcomes`;
const shrunkKey = (campaign: string): string => `${campaignKey(campaign)}:shrunk`;
const workerKey = (name: string): string => `${KEY_PREFIX}:worker:${name}`;
/** By the name that a user has given it, what each campaign is called here, and the build that it is for. */
const CAMPAIGNS = `${KEY_PREFIX}:campaigns`;
const WORKERS = `${KEY_PREFIX}:workers`;

/** Answers what has the name already, if that is another campaign that is still there. */
const CREATE = `
local mine = ARGV[2] .. ' ' .. ARGV[3]
local before = redis.call('HGET', KEYS[2], ARGV[1])
if before and before ~= mine and redis.call('EXISTS', ARGV[6] .. string.match(before, '^%S+')) == 1 then
  return before
end
redis.call('HSET', KEYS[1], 'spec', ARGV[4], 'build', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], mine)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[5]) end
return false`;

/** The first outcome of a range stays; none of a campaign that is over is kept. */
const RECORD = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local first = redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return first`;

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

/**
 * What a campaign is called in Redis: a name may be used again, and what an earlier campaign of that name still has under
 * way must not be taken for the later one's.
 */
export function campaignOf(name: string, spec: CampaignSpec, build: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([build, spec]))
    .digest("hex");
  return `${name}-${digest.slice(0, 8)}`;
}

export class CampaignStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Puts a campaign there, unless it is there. Throws a USAGE error when `name` is that of another one. */
  async create(name: string, spec: CampaignSpec, build: string): Promise<void> {
    const campaign = campaignOf(name, spec, build);
    const keys = [campaignKey(campaign), CAMPAIGNS];
    const args = [name, campaign, build, JSON.stringify(spec), KEEP_MS, campaignKey("")];
    const before = await this.#redis.eval(CREATE, keys.length, ...keys, ...args);
    if (typeof before !== "string") return;
    const [, theirs] = before.split(" ");
    throw new VpioError(
      "USAGE",
      theirs === build
        ? `campaign ${name} is there already, with other scenarios or options`
        : `campaign ${name} is there already, of vpio ${theirs}; this is ${build}`,
    );
  }

  /** False: it is over, or Redis has lost its memory. */
  async isThere(campaign: string): Promise<boolean> {
    return (await this.#redis.exists(campaignKey(campaign))) === 1;
  }

  /** False: nobody waits for that range any more. */
  async wants(campaign: string, index: number): Promise<boolean> {
    const [build, bailer] = await this.#redis.hmget(campaignKey(campaign), "build", "bailer");
    return build != null && (bailer == null || bailer === String(index));
  }

  /** What a range is to be run with; undefined when nobody waits for it, or it has an outcome. */
  async specFor(campaign: string, index: number): Promise<CampaignSpec | undefined> {
    const [wanted, done, spec] = await Promise.all([
      this.wants(campaign, index),
      this.#redis.hexists(outcomesKey(campaign), String(index)),
      this.#redis.hget(campaignKey(campaign), "spec"),
    ]);
    // The queue is named after the build: what is in it was written by this very program.
    return wanted && done === 0 && spec !== null ? (JSON.parse(spec) as CampaignSpec) : undefined;
  }

  /** False: the range had an outcome, or the campaign is over. */
  async record(campaign: string, index: number, outcome: RangeOutcome): Promise<boolean> {
    const keys = [campaignKey(campaign), outcomesKey(campaign)];
    const args = [index, JSON.stringify(outcome), KEEP_MS];
    return (await this.#redis.eval(RECORD, keys.length, ...keys, ...args)) === 1;
  }

  /** From now on only the range `index` is wanted. False: only another one is. */
  async bail(campaign: string, index: number): Promise<boolean> {
    return (await this.#redis.eval(BAIL, 1, campaignKey(campaign), index)) === 1;
  }

  /** True: `seed` is the one of its kind that shall be shrunk; at most `most` kinds have one. */
  async claimShrinking(campaign: string, kind: string, seed: number, most: number): Promise<boolean> {
    const keys = [campaignKey(campaign), shrunkKey(campaign)];
    return (await this.#redis.eval(CLAIM, keys.length, ...keys, kind, seed, most, KEEP_MS)) === 1;
  }

  /** The ranges that have an outcome. */
  async doneOf(campaign: string): Promise<readonly number[]> {
    return (await this.#redis.hkeys(outcomesKey(campaign))).map(Number);
  }

  async outcomesOf(
    campaign: string,
    indexes: readonly number[],
  ): Promise<readonly (readonly [number, RangeOutcome])[]> {
    if (indexes.length === 0) return [];
    const texts = await this.#redis.hmget(outcomesKey(campaign), ...indexes.map(String));
    return indexes.flatMap((index, i) => {
      const text = texts[i];
      return text == null ? [] : [[index, JSON.parse(text) as RangeOutcome] as const];
    });
  }

  async remove(name: string, campaign: string): Promise<void> {
    await this.#redis.del(campaignKey(campaign), outcomesKey(campaign), shrunkKey(campaign));
    await this.#redis.hdel(CAMPAIGNS, name);
  }

  /** Campaigns that another build of vpio was asked for. */
  async foreign(build: string): Promise<readonly { readonly name: string; readonly build: string }[]> {
    const found: { name: string; build: string }[] = [];
    for (const [name, entry] of Object.entries(await this.#redis.hgetall(CAMPAIGNS))) {
      const [campaign = "", theirs = ""] = entry.split(" ");
      if (!(await this.isThere(campaign))) await this.#redis.hdel(CAMPAIGNS, name);
      else if (theirs !== build) found.push({ name, build: theirs });
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
