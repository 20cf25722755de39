/** Campaigns through a real Redis: nothing is lost, and nothing is counted twice. */
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { queueNameOf } from "../../../src/stress/queue/range-queue.ts";
import { type LinkOptions, RedisLink } from "../../../src/stress/queue/redis.ts";
import { type CampaignSpec, rangesOfSpec } from "../../../src/stress/queue/spec.ts";
import { CampaignStore, campaignOf } from "../../../src/stress/queue/store.ts";
import {
  type Hand,
  type QueueOutcome,
  type SubmitOptions,
  submitCampaign,
} from "../../../src/stress/queue/submit.ts";
import { addTallies, EMPTY_TALLY, type SeedRange, type StressTally } from "../../../src/stress/range.ts";
import { describeWithRedis, RedisServer } from "../../support/redis.ts";
import { BUILD, finder, foundIn, Holder, specFor, type TestWorker, until, worker } from "./support.ts";

let server: RedisServer;
let look: Redis;
const links: RedisLink[] = [];
const workers: TestWorker[] = [];
const holders: Holder[] = [];

async function link(options: LinkOptions = {}): Promise<RedisLink> {
  const one = await RedisLink.open(server.url, options);
  links.push(one);
  return one;
}

function hire(one: TestWorker): TestWorker {
  workers.push(one);
  return one;
}

function submit(spec: CampaignSpec, options: Partial<SubmitOptions> = {}): Promise<QueueOutcome> {
  const done = link().then((one) =>
    submitCampaign({ link: one, build: BUILD, name: "one", spec, ...options }),
  );
  // A test that has failed waits for it no more.
  done.catch(() => undefined);
  return done;
}

const campaignOne = (spec: CampaignSpec): string => campaignOf("one", spec, BUILD);
const jobOf = (spec: CampaignSpec, index: number): string =>
  `vpio:${queueNameOf(BUILD)}:${campaignOne(spec)}-${index}`;

/** A worker that stops at the range with `seed`, but no longer than the test takes. */
function hold(seed: number): Holder {
  const holder = new Holder(seed);
  holders.push(holder);
  return holder;
}

const allOf = (spec: CampaignSpec, bad: readonly number[] = []): StressTally =>
  rangesOfSpec(spec).reduce((sum, range) => addTallies(sum, foundIn(range, bad)), EMPTY_TALLY);

function prepare(): void {
  beforeAll(async () => {
    server = await RedisServer.start();
    look = server.look();
  });
  afterAll(async () => {
    look.disconnect();
    await server.stop();
  });
  beforeEach(() => look.flushall());
  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.letGo();
    for (const { stop } of workers) stop();
    await Promise.all(workers.splice(0).map(({ ended }) => ended.catch(() => undefined)));
    for (const one of links.splice(0)) one.close();
  });
}

describeWithRedis("a campaign on a queue", () => {
  prepare();

  it("finds what the same seeds find on one machine, and leaves nothing behind", async () => {
    const spec = specFor({ first: 7, count: 205 }, 10);
    const bad = [8, 77, 200, 201];
    hire(worker(await link(), finder(bad), { name: "alpha", jobs: 2 }));
    hire(worker(await link(), finder(bad), { name: "beta" }));
    const outcome = await submit(spec);
    expect(outcome).toMatchObject({ ending: "complete", cleared: true });
    expect(outcome.tally).toEqual(allOf(spec, bad));
    for (const { stop } of workers) stop();
    await Promise.all(workers.map(({ ended }) => ended));
    expect(await lasting()).toEqual([]);
  });

  it("counts a range once that a slow worker finishes when another one has", async () => {
    const spec = specFor({ first: 0, count: 30 }, 10);
    const [slow, last] = [hold(5), hold(25)];
    const alpha = hire(worker(await link(), slow, { name: "alpha" }));
    const done = submit(spec);
    await slow.held;
    hire(worker(await link(), last, { name: "beta", jobs: 2 }));
    await last.held;
    // Alpha has not renewed its lock.
    await look.del(`${jobOf(spec, 0)}:lock`);
    const store = new CampaignStore(look);
    await until(async () => (await store.doneOf(campaignOne(spec))).includes(0));
    slow.letGo();
    await until(() => alpha.news.some(({ kind }) => kind === "ended"));
    expect(alpha.news.at(-1)).toMatchObject({ kind: "ended", counted: false, range: { first: 0 } });
    last.letGo();
    const { tally, ending } = await done;
    expect([ending, tally]).toEqual(["complete", allOf(spec)]);
    alpha.stop();
    expect(await alpha.ended).toEqual({ ranges: 0, seeds: 0, failures: 0 });
  });

  it("brings back the first failing seed of each kind made small", async () => {
    hire(worker(await link(), finder([3, 14, 215, 292, 301, 400])));
    const { tally, shrunk } = await submit(specFor({ first: 0, count: 500 }, 10));
    expect(tally.failures.map(({ seed }) => seed)).toEqual([3, 14, 215, 292, 301, 400]);
    expect(shrunk).toEqual([3, 215, 301].map((seed) => ({ seed, replay: `replay of ${seed}` })));
  });

  it("lets whoever takes over a range shrink what its first worker was to shrink", async () => {
    const store = new CampaignStore(look);
    const spec = specFor({ first: 0, count: 10 }, 10);
    await store.create("one", spec, BUILD);
    const claims: boolean[] = [];
    for (const [kind, seed] of [
      ["a", 7],
      ["a", 8],
      ["b", 8],
      ["c", 9],
      ["a", 7],
    ] as const)
      claims.push(await store.claimShrinking(campaignOne(spec), kind, seed, 2));
    expect(claims).toEqual([true, false, true, false, true]);
  });

  it("with bail stops everybody at the first violation", async () => {
    const other = hold(5);
    const idler = hire(worker(await link(), other, { name: "alpha" }));
    const done = submit(specFor({ first: 0, count: 500 }, 10, true));
    await other.held;
    const finds = hire(worker(await link(), finder([23]), { name: "beta" }));
    const outcome = await done;
    expect(outcome.ending).toBe("bailed");
    expect(outcome.tally.failures.map(({ seed }) => seed)).toEqual([23]);
    await until(() => other.dropped);
    for (const { stop } of workers) stop();
    await Promise.all(workers.map(({ ended }) => ended));
    const begun = [...idler.news, ...finds.news].filter(({ kind }) => kind === "began");
    expect(begun.length).toBe(3);
    expect(await look.llen(`vpio:${queueNameOf(BUILD)}:wait`)).toBe(0);
  });

  it("with bail stops the others while the violation is still made small", async () => {
    const other = hold(5);
    const alpha = hire(worker(await link(), other, { name: "alpha" }));
    const done = submit(specFor({ first: 0, count: 500 }, 10, true));
    await other.held;
    let show = (): void => undefined;
    const shown = new Promise<void>((resolve) => {
      show = resolve;
    });
    const slow = { ...finder([13]), shrink: () => shown.then(() => "replay of 13") };
    hire(worker(await link(), slow, { name: "beta" }));
    await until(() => other.dropped);
    await until(async () => (await look.llen(`vpio:${queueNameOf(BUILD)}:wait`)) === 0);
    show();
    expect(await done).toMatchObject({ ending: "bailed", shrunk: [{ seed: 13, replay: "replay of 13" }] });
    expect(alpha.news.filter(({ kind }) => kind === "began").length).toBe(1);
  });

  it("after a bail wants only the range that bailed, whoever runs it", async () => {
    const store = new CampaignStore(look);
    const spec = specFor({ first: 0, count: 30 }, 10, true);
    const campaign = campaignOne(spec);
    await store.create("one", spec, BUILD);
    expect([await store.bail(campaign, 1), await store.bail(campaign, 2)]).toEqual([true, false]);
    expect(await store.bail(campaign, 1)).toBe(true);
    expect(await store.wants(campaign, 1)).toBe(true);
    expect(await store.specFor(campaign, 2)).toBeUndefined();
    expect(await store.specFor(campaign, 1)).toEqual(spec);
  });

  it("when interrupted answers with what is done, and cancels the rest", async () => {
    const holder = hold(35);
    hire(worker(await link(), holder));
    const controller = new AbortController();
    const done = submit(specFor({ first: 0, count: 100 }, 10), { signal: controller.signal });
    await holder.held;
    controller.abort();
    const outcome = await done;
    expect(outcome).toMatchObject({ ending: "interrupted", cleared: true });
    expect(outcome.tally).toEqual(allOf(specFor({ first: 0, count: 30 }, 10)));
    await until(() => holder.dropped);
    expect(await look.keys("vpio:campaign*")).toEqual([]);
    expect(await look.keys("vpio:*-9")).toEqual([]);
  });

  it("goes on where it was when its submitter is started again", async () => {
    const spec = specFor({ first: 0, count: 100 }, 10);
    const holder = hold(15);
    const alpha = hire(worker(await link(), holder));
    const first = await link();
    const dead = submitCampaign({ link: first, build: BUILD, name: "one", spec });
    await holder.held;
    first.close();
    expect(await dead).toMatchObject({ ending: "lost" });
    // Should nobody ever come back, Redis forgets it by itself.
    expect((await lasting()).filter((key) => key.startsWith("vpio:campaign"))).toEqual([]);
    const done = submit(spec);
    holder.letGo();
    const { tally, ending } = await done;
    expect([ending, tally]).toEqual(["complete", allOf(spec)]);
    expect(alpha.news.filter(({ kind }) => kind === "began").length).toBe(10);
  });

  it("has its ranges again when a submitter died before they were all in the queue", async () => {
    const spec = specFor({ first: 0, count: 40 }, 10);
    await new CampaignStore(look).create("one", spec, BUILD);
    hire(worker(await link(), finder()));
    expect((await submit(spec)).tally).toEqual(allOf(spec));
  });

  it("does not take another campaign for its own", async () => {
    const store = new CampaignStore(look);
    const spec = specFor({ first: 0, count: 40 }, 10);
    await store.create("one", spec, BUILD);
    await expect(submit(specFor({ first: 0, count: 50 }, 10))).rejects.toMatchObject({ code: "USAGE" });
    await expect(submit(specFor({ first: 0, count: 40 }, 10), { build: "0.0.1-other" })).rejects.toThrow(
      "of vpio 0.0.0-test; this is 0.0.1-other",
    );
    expect(await store.isThere(campaignOne(spec))).toBe(true);
  });

  it("does not count what an earlier campaign of the same name still has under way", async () => {
    const [before, spec] = [specFor({ first: 0, count: 10 }, 10), specFor({ first: 500, count: 10 }, 10)];
    let end = (): void => undefined;
    const ends = new Promise<void>((resolve) => {
      end = resolve;
    });
    const deaf = { ...finder(), run: (_: unknown, range: SeedRange) => ends.then(() => foundIn(range)) };
    const alpha = hire(worker(await link(), deaf));
    const controller = new AbortController();
    const first = submit(before, { signal: controller.signal });
    await until(() => alpha.news.length === 1);
    controller.abort();
    await first;
    const holder = hold(505);
    const second = submit(spec);
    hire(worker(await link(), holder, { name: "beta" }));
    await holder.held;
    end();
    await until(() => alpha.news.length === 2);
    expect(alpha.news.at(-1)).toMatchObject({ kind: "ended", counted: false, range: { first: 0 } });
    holder.letGo();
    expect((await second).tally).toEqual(allOf(spec));
  });

  it("is left alone by workers of another build, who say so", async () => {
    const spec = specFor({ first: 0, count: 20 }, 10);
    const stranger = hire(worker(await link(), finder([1]), { build: "0.0.1-other", name: "stranger" }));
    const shown: string[] = [];
    const done = submit(spec, {
      onProgress: ({ hands }) => shown.push(...hands.map(({ name }) => name)),
    });
    await until(() => stranger.news.length > 0);
    expect(stranger.news).toEqual([{ kind: "foreign", campaign: "one", build: BUILD }]);
    hire(worker(await link(), finder()));
    expect((await done).tally).toEqual(allOf(spec));
    expect(stranger.news.length).toBe(1);
    expect(shown).not.toContain("stranger");
  });

  it("shares its workers with others, one campaign after the other", async () => {
    const spec = specFor({ first: 0, count: 30 }, 10);
    const first = submit(spec, { name: "one" });
    const jobs = (): Promise<number> => look.llen(`vpio:${queueNameOf(BUILD)}:wait`);
    await until(async () => (await jobs()) === 3);
    const second = submit(spec, { name: "two" });
    await until(async () => (await jobs()) === 6);
    const alpha = hire(worker(await link(), finder()));
    expect((await first).tally).toEqual(allOf(spec));
    expect((await second).tally).toEqual(allOf(spec));
    const begun = alpha.news.flatMap((one) => (one.kind === "began" ? [one.campaign] : []));
    const two = campaignOf("two", spec, BUILD);
    expect(begun).toEqual([campaignOne(spec), campaignOne(spec), campaignOne(spec), two, two, two]);
  });

  it("shows who is alive and what they do", async () => {
    const spec = specFor({ first: 0, count: 10 }, 10);
    const holder = hold(5);
    hire(worker(await link(), holder));
    const seen: Hand[] = [];
    const elsewhere: Hand[] = [];
    const done = submit(spec, { onProgress: ({ hands }) => seen.push(...hands) });
    await until(() => seen.at(-1)?.ranges.length === 1);
    expect(seen.at(-1)).toEqual({ name: "alpha", ranges: [{ first: 0, count: 10 }], isElsewhere: false });
    const other = submit(spec, { name: "two", onProgress: ({ hands }) => elsewhere.push(...hands) });
    await until(() => elsewhere.length > 0);
    expect(elsewhere.at(-1)).toEqual({ name: "alpha", ranges: [], isElsewhere: true });
    holder.letGo();
    await Promise.all([done, other]);
  });

  it("offers again what the queue has lost", async () => {
    const spec = specFor({ first: 0, count: 50 }, 10);
    const done = submit(spec, { offerMs: 100 });
    const wait = `vpio:${queueNameOf(BUILD)}:wait`;
    await until(async () => (await look.llen(wait)) === 5);
    await look.del(wait, ...[0, 1, 2, 3, 4].map((index) => jobOf(spec, index)));
    hire(worker(await link(), finder()));
    expect((await done).tally).toEqual(allOf(spec));
  });

  it("ends with the reason when a range cannot be run", async () => {
    const ill = { ...finder(), run: () => Promise.reject(new Error("out of memory")) };
    hire(worker(await link(), ill));
    const failure = submit(specFor({ first: 0, count: 30 }, 10));
    await expect(failure).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(failure).rejects.toThrow(/worker alpha could not run seeds 0 to 9: Error: out of memory/);
    expect(await look.keys("vpio:campaign*")).toEqual([]);
  });

  it("gives a range up of which worker after worker dies", async () => {
    const spec = specFor({ first: 0, count: 10 }, 10);
    const failure = submit(spec);
    const job = jobOf(spec, 0);
    await until(async () => (await look.exists(job)) === 1);
    await look.hset(job, "stc", 6);
    hire(worker(await link(), finder()));
    await expect(failure).rejects.toThrow("6 workers in a row took it and were not heard of again");
  });

  it("loses nothing when all connections break", async () => {
    const spec = specFor({ first: 0, count: 100 }, 10);
    const holder = hold(45);
    let away = 0;
    hire(worker(await link({ onAway: () => void away++ }), holder));
    const done = submit(spec);
    await holder.held;
    await look.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    await until(() => away > 0);
    holder.letGo();
    const { tally, ending } = await done;
    expect([ending, tally]).toEqual(["complete", allOf(spec)]);
  });

  it("loses nothing when Redis is started again and has forgotten everything", async () => {
    const spec = specFor({ first: 0, count: 100 }, 10);
    const holder = hold(45);
    const said: string[] = [];
    const alpha = await link({ onAway: () => said.push("away"), onBack: () => said.push("back") });
    hire(worker(alpha, holder));
    const progress: number[] = [];
    const done = submit(spec, { onProgress: ({ tally }) => progress.push(tally.seeds) });
    await holder.held;
    await until(() => progress.at(-1) === 40);
    await server.down();
    await until(() => said.includes("away"));
    await server.up();
    await until(() => said.includes("back"));
    holder.letGo();
    const { tally, ending } = await done;
    expect([ending, tally]).toEqual(["complete", allOf(spec)]);
    expect(said).toEqual(["away", "back"]);
  });

  it("when interrupted while Redis is away does not wait for it", async () => {
    const holder = hold(15);
    const alpha = hire(worker(await link(), holder));
    const controller = new AbortController();
    const progress: number[] = [];
    const done = submit(specFor({ first: 0, count: 20 }, 10), {
      signal: controller.signal,
      onProgress: ({ tally }) => progress.push(tally.seeds),
    });
    await holder.held;
    await until(() => progress.at(-1) === 10);
    await server.down();
    try {
      controller.abort();
      alpha.stop();
      expect(await done).toMatchObject({ ending: "interrupted", cleared: false, tally: { seeds: 10 } });
      expect(await alpha.ended).toMatchObject({ ranges: 1 });
    } finally {
      await server.up();
    }
  });

  it("answers with what is done when Redis is gone for good", async () => {
    const holder = hold(15);
    const alpha = hire(worker(await link({ patienceMs: 0 }), holder));
    const progress: number[] = [];
    const done = submit(specFor({ first: 0, count: 20 }, 10), {
      link: await link({ patienceMs: 0 }),
      onProgress: ({ tally }) => progress.push(tally.seeds),
    });
    await holder.held;
    await until(() => progress.at(-1) === 10);
    await server.down();
    try {
      expect(await done).toMatchObject({ ending: "lost", cleared: false, tally: { seeds: 10 } });
      await expect(alpha.ended).rejects.toMatchObject({ code: "INCONCLUSIVE" });
    } finally {
      await server.up();
    }
  });

  /** Keys that nobody will take away. */
  async function lasting(): Promise<string[]> {
    const keys = await look.keys("*");
    const left: string[] = [];
    for (const key of keys) if ((await look.pttl(key)) < 0) left.push(key);
    return left;
  }
});

describeWithRedis("a worker of the queue", () => {
  prepare();

  it("told to stop finishes its range, and takes no other", async () => {
    const spec = specFor({ first: 0, count: 50 }, 10);
    const holder = hold(5);
    const alpha = hire(worker(await link(), holder));
    const done = submit(spec);
    await holder.held;
    alpha.stop();
    holder.letGo();
    expect(await alpha.ended).toEqual({ ranges: 1, seeds: 10, failures: 0 });
    expect(await new CampaignStore(look).doneOf(campaignOne(spec))).toEqual([0]);
    hire(worker(await link(), finder(), { name: "beta" }));
    expect((await done).tally).toEqual(allOf(spec));
  });

  it("that must end before its range does gives it back", async () => {
    const spec = specFor({ first: 0, count: 10 }, 10);
    const alpha = await link();
    const holder = hold(5);
    const broken = hire(worker(alpha, holder, { lockMs: 60_000 }));
    const done = submit(spec);
    await holder.held;
    // Something that makes a worker end, and nobody else.
    await look.multi().del("vpio:campaigns").set("vpio:campaigns", "what is no hash").exec();
    await expect(broken.ended).rejects.toMatchObject({ code: "USAGE" });
    await look.del("vpio:campaigns");
    hire(worker(await link(), finder(), { name: "beta", lockMs: 60_000 }));
    expect((await done).tally).toEqual(allOf(spec));
  });

  it("ends after one range, or when nothing is left", async () => {
    const spec = specFor({ first: 0, count: 50 }, 10);
    const done = submit(spec);
    const wait = `vpio:${queueNameOf(BUILD)}:wait`;
    await until(async () => (await look.llen(wait)) === 5);
    expect(await hire(worker(await link(), finder(), { until: "once" })).ended).toMatchObject({ ranges: 1 });
    expect(await look.llen(wait)).toBe(4);
    expect(await hire(worker(await link(), finder(), { until: "idle" })).ended).toMatchObject({ ranges: 4 });
    expect((await done).tally).toEqual(allOf(spec));
    expect(await hire(worker(await link(), finder(), { until: "idle" })).ended).toMatchObject({ ranges: 0 });
  });

  it("that is idle waits while another one may still lose its range", async () => {
    const spec = specFor({ first: 0, count: 10 }, 10);
    const holder = hold(5);
    hire(worker(await link(), holder, { name: "alpha" }));
    const done = submit(spec);
    await holder.held;
    const beta = hire(worker(await link(), finder(), { name: "beta", until: "idle" }));
    // What a worker that was killed leaves behind.
    await look.del(`${jobOf(spec, 0)}:lock`);
    expect(await beta.ended).toMatchObject({ ranges: 1 });
    expect((await done).tally).toEqual(allOf(spec));
  });
});
