/** What `vpio worker` and `vpio stress --queue` say when they cannot begin. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { handsText } from "../../src/cli/stress-queue.ts";
import { WorkerNews } from "../../src/cli/worker-news.ts";
import { PLAIN } from "../../src/export/table.ts";
import { foundIn, specFor } from "../stress/queue/support.ts";
import { duel } from "../stress/support.ts";
import { describeWithRedis, freePort, RedisServer } from "../support/redis.ts";
import { say } from "./support.ts";

let folder: string;
let duelFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-queue-"));
  duelFile = join(folder, "duel.yaml");
  writeFileSync(duelFile, duel("rtl8139"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("say that nobody is there, and what to do, without the password", async () => {
  const place = `127.0.0.1:${await freePort()}`;
  for (const line of [["worker"], ["stress", duelFile]]) {
    const { code, out, err } = await say([...line, "--queue", `redis://user:secret@${place}`]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(
      `error: redis://user@${place}: found no Redis that lets us in (connect ECONNREFUSED`,
    );
    expect(err).toContain("start one there (`redis-server`), or name another one");
    expect(err).not.toContain("secret");
  }
});

it.each(["http://127.0.0.1", "redis://", "nonsense", "redis://host/queue", "redis://a:secret@host:bad"])(
  "refuse %s",
  async (url) => {
    const { code, err } = await say(["worker", "--queue", url]);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: found '.*', expected a Redis such as redis:\/\/127\.0\.0\.1:6379\n/);
    expect(err).not.toContain("secret");
  },
);

it("refuse what does not go together", async () => {
  const url = "redis://127.0.0.1";
  const refused = async (...line: readonly string[]): Promise<string> => {
    const { code, err } = await say(line);
    expect(code).toBe(2);
    return err;
  };
  expect(await refused("worker")).toContain("--queue <url>' not specified");
  expect(await refused("worker", "--queue", url, "--once", "--until-idle")).toContain("cannot be used with");
  expect(await refused("worker", "--queue", url, "--lock", "1ms")).toContain("Expected a time from 100 ms");
  expect(await refused("stress", duelFile, "--queue", url, "--jobs", "3")).toContain("cannot be used with");
  expect(await refused("stress", duelFile, "--campaign", "one")).toContain("--campaign without --queue");
  expect(await refused("stress", duelFile, "--queue", url, "--campaign", "a b")).toContain("Expected a name");
});

it("refuse a scenario with files of its own, which do not travel", async () => {
  const { code, err } = await say([
    "stress",
    "own-driver",
    "--max-moves",
    "10",
    "--queue",
    "redis://127.0.0.1",
  ]);
  expect(code).toBe(2);
  expect(err).toMatch(
    /own-driver\.yaml: found that guest '.*' needs the file '.*', expected a scenario that is all/,
  );
});

it("refuse a scenario with a plug-in, which does not travel either", async () => {
  const line = ["stress", "plugged-card", "--max-moves", "10", "--queue", "redis://127.0.0.1"];
  const { code, err } = await say(line);
  expect(code).toBe(2);
  expect(err).toContain(
    "found that the card 'dfe-538tx' needs the file 'cards/dfe-538tx.ts', expected a scenario that is all",
  );
});

it("show who is at work, and at what", () => {
  const at = (first: number) => ({ first, count: 25 });
  const idle = { ranges: [], isElsewhere: false };
  expect(handsText([])).toBe("no worker");
  expect(handsText([{ ...idle, name: "alpha" }])).toBe("1 worker: alpha idle");
  const hands = [
    { name: "alpha", ranges: [at(1000), at(1025)], isElsewhere: true },
    { name: "beta", ranges: [], isElsewhere: true },
  ];
  expect(handsText(hands)).toBe("2 workers: alpha at 1,000 to 1,024 and 1,025 to 1,049, beta elsewhere");
});

it("a worker tells of each campaign once, of violations, and of what was in vain", () => {
  const said: string[] = [];
  const terminal = {
    out: () => undefined,
    err: (text: string) => void said.push(text),
    outStyle: PLAIN,
    errStyle: PLAIN,
    window: () => undefined,
  };
  const news = new WorkerNews(terminal, "0.1.0-b", false);
  const range = { first: 0, count: 10 };
  const served = { ranges: 1, seeds: 10, failures: 1 };
  const ended = { kind: "ended", campaign: "c", range, counted: true, served } as const;
  const tally = foundIn(range, [7]);
  const spec = specFor(range, 10);
  news.tell({ kind: "began", campaign: "c", spec, range });
  news.tell({ kind: "began", campaign: "c", spec, range });
  news.tell({ ...ended, outcome: { kind: "done", worker: "alpha", tally, shrunk: [] } });
  news.tell({ ...ended, outcome: { kind: "broken", worker: "alpha", why: "it was ill" } });
  news.tell({ ...ended, counted: false, outcome: { kind: "done", worker: "alpha", tally, shrunk: [] } });
  news.tell({ kind: "foreign", campaign: "d", build: "0.2.0-c" });
  expect(said).toEqual([
    "campaign c: 10 seeds\n",
    "campaign c, seed 7: seed 7 is bad\n",
    "campaign c, seeds 0 to 9: it was ill\n",
    "campaign c, seeds 0 to 9: somebody else was quicker, or it is over\n",
    "campaign d is for vpio 0.2.0-c, this is 0.1.0-b: it is left to others\n",
  ]);
});

describeWithRedis("with a Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start("--requirepass", "secret");
  });
  afterAll(() => server.stop());

  it("say that it wants a password", async () => {
    const { code, err } = await say(["worker", "--queue", server.url.href]);
    expect(code).toBe(2);
    expect(err).toContain("it wants a user and password, as in redis://user:password@host:6379");
  });

  it("a worker without work ends when it is idle, and says what it did", async () => {
    const url = new URL(server.url);
    url.password = "secret";
    const { code, out, err } = await say(["worker", "--queue", url.href, "--jobs", "1", "--until-idle"]);
    expect([code, out]).toEqual([0, "0 ranges, 0 seeds, 0 violations\n"]);
    expect(err).toMatch(/^worker \S+ of vpio \S+ on 1 thread, at redis:\/\/127\.0\.0\.1:\d+\n$/);
  });
});
