/** Campaigns on several machines: commands in processes of their own, that are stopped and killed. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../../src/engine/root.ts";
import { rangesOf } from "../../../src/stress/campaign.ts";
import { CampaignStore, type WorkerState } from "../../../src/stress/queue/store.ts";
import { VpioProcess } from "../../support/command.ts";
import { installMutant, REVOKE_NOT_AWAITED } from "../../support/mutant-installation.ts";
import { describeWithRedis, RedisServer } from "../../support/redis.ts";
import { until } from "./support.ts";

let server: RedisServer;
let look: Redis;
let store: CampaignStore;

const SEEDS = { first: 0, count: 75 };
const DUEL = join(packageRoot(), "scenarios/stress/duel-rtl8139.yaml");
/** Runs are cut off: a range takes long enough to be stopped in, and no longer. */
const asked = ["stress", DUEL, "--max-moves", "1500", "--json"];
const vpio = (...args: readonly string[]): VpioProcess => new VpioProcess(args);
const worker = (...options: readonly string[]): VpioProcess =>
  vpio("worker", "--queue", server.url.href, "--jobs", "1", "--lock", "500ms", ...options);
const stress = (seeds: number): VpioProcess =>
  vpio(...asked, "--seeds", String(seeds), "--queue", server.url.href, "--campaign", "one");

/** All that a campaign has found; how long it took is another matter. */
function foundBy(json: string): unknown {
  const { tookNs, ...found } = JSON.parse(json);
  expect(tookNs).toBeGreaterThan(0);
  return found;
}

const stateOf = async ({ pid }: VpioProcess): Promise<WorkerState | undefined> =>
  (await store.workers()).find(({ name }) => name.includes(`-${pid}-`));

/** What the campaign "one" is called in Redis. */
const campaign = async (): Promise<string> =>
  ((await look.hget("vpio:campaigns", "one")) ?? "").split(" ")[0] ?? "";

/** The number of a range that a worker is certainly in the middle of: it is stopped there. */
async function stopInMidRange(one: VpioProcess): Promise<number> {
  const ranges = [...rangesOf(SEEDS)];
  for (;;) {
    const task = (await stateOf(one))?.doing[0];
    if (task === undefined) continue;
    one.kill("SIGSTOP");
    const index = ranges.findIndex(({ first }) => first === task.range.first);
    // Whatever it has sent has been carried out by then.
    await look.ping();
    if (!(await store.doneOf(await campaign())).includes(index)) return index;
    one.kill("SIGCONT");
  }
}

describeWithRedis("commands on several machines", () => {
  beforeAll(async () => {
    server = await RedisServer.start();
    look = server.look();
    store = new CampaignStore(look);
  });
  afterEach(async () => {
    await VpioProcess.killAll();
    await look.flushall();
  });
  afterAll(async () => {
    look.disconnect();
    await server.stop();
  });

  it("find what one machine finds, though a worker is killed in the middle of a range", async () => {
    const alone = vpio(...asked, "--seeds", "75", "--jobs", "1");
    const submitter = stress(75);
    const victim = worker();
    const lost = await stopInMidRange(victim);
    const done = (await store.doneOf(await campaign())).length;
    const other = worker();
    await until(async () => (await stateOf(other))?.doing.length === 1);
    victim.kill("SIGKILL");
    await victim.ended;
    const { code, out, err } = await submitter.ended;
    const expected = await alone.ended;
    expect([code, foundBy(out)], err).toEqual([0, foundBy(expected.out)]);
    expect(foundBy(out)).toMatchObject({ seeds: 75 });
    expect(lost).toBe(done);
    other.kill("SIGINT");
    const ranges = `${3 - done} range${done === 2 ? "" : "s"}`;
    expect(await other.ended).toMatchObject({
      code: 0,
      out: `${ranges}, ${25 * (3 - done)} seeds, 0 violations\n`,
    });
  });

  it("end with what is done at Ctrl-C, and cancel the rest", async () => {
    const submitter = stress(100_000);
    const one = worker();
    await until(async () => ((await stateOf(one))?.seeds ?? 0) >= 100);
    submitter.kill("SIGINT");
    const { code, out, err } = await submitter.ended;
    const { seeds } = JSON.parse(out);
    expect([code, seeds % 50, seeds >= 100], err).toEqual([3, 0, true]);
    expect(err).toContain("ending early");
    expect(await look.keys("vpio:campaign*")).toEqual([]);
    await until(async () => (await stateOf(one))?.doing.length === 0);
    one.kill("SIGINT");
    expect((await one.ended).code).toBe(0);
    expect(await look.keys("vpio:worker*")).toEqual([]);
  });

  it("let a worker finish its range at Ctrl-C, and end at once at the second", async () => {
    const submitter = stress(75);
    const patient = worker();
    await until(async () => (await stateOf(patient))?.doing.length === 1);
    patient.kill("SIGINT");
    expect(await patient.ended).toMatchObject({ code: 0, out: "1 range, 25 seeds, 0 violations\n" });
    expect(await store.doneOf(await campaign())).toEqual([0]);
    const hasty = worker();
    await stopInMidRange(hasty);
    hasty.kill("SIGINT");
    hasty.kill("SIGCONT");
    await until(() => hasty.err.includes("finishing what has begun"));
    hasty.kill("SIGINT");
    expect(await hasty.ended).toMatchObject({ code: null, out: "" });
    worker();
    const { code, out, err } = await submitter.ended;
    expect([code, JSON.parse(out).seeds], err).toEqual([0, 75]);
  });

  it("go on where they were when the one that waits for them is killed, and started again", async () => {
    const first = stress(75);
    await until(() =>
      first.err.includes(`no worker is there: start some with vpio worker --queue ${server.url}`),
    );
    const one = worker();
    await stopInMidRange(one);
    first.kill("SIGKILL");
    await first.ended;
    one.kill("SIGCONT");
    const { code, out, err } = await stress(75).ended;
    expect([code, JSON.parse(out).seeds], err).toEqual([0, 75]);
    one.kill("SIGINT");
    expect((await one.ended).out).toBe("3 ranges, 75 seeds, 0 violations\n");
  });

  it("bring a failing seed back, shrunk, in a file that shows it again", async () => {
    const root = await installMutant(REVOKE_NOT_AWAITED);
    try {
      const mutant = (...args: readonly string[]): VpioProcess => new VpioProcess(args, root);
      const queue = ["--queue", server.url.href];
      const submitter = mutant(
        "stress",
        DUEL,
        "--seeds",
        "75",
        "--bail",
        "--output",
        root,
        "--json",
        ...queue,
      );
      mutant("worker", ...queue, "--jobs", "1");
      const { code, out, err } = await submitter.ended;
      expect(code, err).toBe(1);
      expect(err).not.toContain("shrinking");
      const [failure] = JSON.parse(out).failures;
      expect(failure.shrunk.to.moves).toBeLessThan(failure.shrunk.from.moves);
      const replayed = await mutant("replay", failure.shrunk.file).ended;
      expect(replayed.code, replayed.err).toBe(1);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
