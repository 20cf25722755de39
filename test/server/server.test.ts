/** The studio's server: who is let in, what it says, and how it obeys. */

import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { BUILT_IN } from "../../src/devices/catalogue.ts";
import { type BranchOptions, MAX_MOVES } from "../../src/server/branch.ts";
import { type StudioServer, serveStudio } from "../../src/server/server.ts";
import { Session } from "../../src/server/session.ts";
import { noFaults } from "../../src/stress/fault-plan.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { decode } from "../../src/trace/codec.ts";
import { type Command, FRAME, FrameReader, type News } from "../../src/trace/studio-talk.ts";
import { Trace } from "../../src/trace/trace.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";
import { duel } from "../stress/support.ts";
import { scenarioOf } from "../support/seeded.ts";

const BUNDLE = { script: "let studio;", style: "main {}" };

function branchOf(text: string, seed: number): BranchOptions {
  const scenario = scenarioOf(text);
  return {
    scenario,
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
    faults: () => noFaults,
    decisions: [],
    scheduler: randomWalk(seed),
    maxMoves: MAX_MOVES,
  };
}

let server: StudioServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function served(): Promise<StudioServer> {
  const branch = branchOf(duel("rtl8139"), 5);
  server = await serveStudio(new Session({ kind: "live", file: "duel.yaml", seed: 5, branch }), BUNDLE, 0);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Plain, with exactly these headers: `fetch` would choose Host and Origin itself. */
function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const command = ({ port, url }: StudioServer, what: Command): Promise<Answer> =>
  ask(port, "POST", "/command", { origin: url.slice(0, -1) }, JSON.stringify(what));

/** Follows the stream until `done`, and answers what it has brought. */
async function follow(
  { url }: StudioServer,
  done: (trace: Trace, news: News) => boolean,
): Promise<{ readonly trace: Trace; readonly news: News }> {
  const stop = new AbortController();
  const { body } = await fetch(`${url}stream`, { signal: stop.signal });
  let trace: Trace | undefined;
  let news: News | undefined;
  const reader = new FrameReader((kind, payload) => {
    const json = (): unknown => JSON.parse(new TextDecoder().decode(payload));
    if (kind === FRAME.head) trace = new Trace(json() as Trace["head"]);
    if (kind === FRAME.piece && trace !== undefined) decode(trace, payload);
    if (kind === FRAME.news) news = json() as News;
  });
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    reader.push(chunk);
    if (trace !== undefined && news !== undefined && done(trace, news)) break;
  }
  stop.abort();
  if (trace === undefined || news === undefined) throw new Error("the stream ended too early");
  return { trace, news };
}

describe("the guard", () => {
  it("lets in whoever comes by the loopback address", async () => {
    const { port, url } = await served();
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await (await fetch(`${url}main.js`)).text()).toBe(BUNDLE.script);
    expect((await ask(port, "GET", "/", { host: `localhost:${port}` })).status).toBe(200);
    expect((await fetch(`${url}elsewhere`)).status).toBe(404);
    expect((await fetch(`${url}main.css?again`)).status).toBe(200);
  });

  it.each(["//", "//[", "http://", "/\\..", "*"])("lives on when asked for %j", async (path) => {
    const { port } = await served();
    expect((await ask(port, "GET", path, { host: `127.0.0.1:${port}` })).status).toBe(404);
    expect((await ask(port, "GET", "/", { host: `127.0.0.1:${port}` })).status).toBe(200);
  });

  it.each([
    ["a name that was bent to this machine", { host: "studio.example" }],
    ["the right name with another port", { host: "127.0.0.1:1" }],
    ["another site's page", { origin: "http://evil.example" }],
    ["another local server's page", { origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { origin: "null" }],
    ["a picture of another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
  ])("refuses %s", async (_who, headers) => {
    const { port } = await served();
    const honest = { host: `127.0.0.1:${port}` };
    for (const path of ["/", "/stream", "/main.js"]) {
      const { status, body } = await ask(port, "GET", path, { ...honest, ...headers });
      expect(status).toBe(403);
      expect(body).toMatch(/expected|no business/);
    }
    const own = { ...honest, origin: `http://127.0.0.1:${port}` };
    expect((await ask(port, "POST", "/command", { ...own, ...headers }, '{"do":"step"}')).status).toBe(403);
  });

  it("takes no command without an origin", async () => {
    const { port } = await served();
    const { status, body } = await ask(port, "POST", "/command", {}, '{"do":"step"}');
    expect([status, body]).toEqual([403, expect.stringContaining("needs an Origin")]);
  });

  it("listens on the loopback address only", async () => {
    const { url, port } = await served();
    expect(url).toBe(`http://127.0.0.1:${port}/`);
  });
});

describe("commands", () => {
  it("steps, and streams what comes of it", async () => {
    const studio = await served();
    for (let i = 1; i <= 3; i++) {
      const { status, body } = await command(studio, { do: "step" });
      expect([status, JSON.parse(body)]).toEqual([200, { length: i }]);
    }
    const { trace, news } = await follow(studio, ({ length }) => length >= 3);
    expect(trace.length).toBe(3);
    expect(news).toMatchObject({ source: "live", running: false, branch: 0 });
    expect(news.over).toBeUndefined();
  });

  it("steps one actor as far as its next move", async () => {
    const studio = await served();
    await command(studio, { do: "stepActor", actor: 1 });
    const { trace } = await follow(studio, ({ length }) => length > 0);
    expect(trace.head.actors[1]?.name).toBe("bob");
    expect(trace.moveOf(trace.length)?.who).toBe(1);
    expect(trace.actorMoves[1]?.length).toBe(1);
  });

  it("seeks a move, and runs on to the end of the scenario", async () => {
    const studio = await served();
    await command(studio, { do: "seek", move: 500 });
    const sought = await follow(studio, (_, { running }) => !running);
    expect(sought.trace.length).toBeGreaterThanOrEqual(500);
    expect(sought.trace.length).toBeLessThan(700);
    await command(studio, { do: "run", speed: 0 });
    const { trace, news } = await follow(studio, (_, { over }) => over !== undefined);
    expect(news.over).toContain("all properties hold");
    expect(trace.length).toBeGreaterThan(1_000);
    const late = await command(studio, { do: "step" });
    expect([late.status, late.body]).toEqual([400, expect.stringContaining("all properties hold")]);
  });

  it("runs until it is told to pause", async () => {
    const studio = await served();
    await command(studio, { do: "run", speed: 1_000 });
    await follow(studio, ({ length }, { running }) => running && length > 50);
    await command(studio, { do: "pause" });
    const { trace, news } = await follow(studio, (_, { running }) => !running);
    expect(news.over).toBeUndefined();
    expect((await command(studio, { do: "step" })).body).toBe(JSON.stringify({ length: trace.length + 1 }));
  });

  it("forks a branch that is the same up to there, then another, and comes back", async () => {
    const studio = await served();
    await command(studio, { do: "seek", move: 300 });
    const { trace } = await follow(studio, (_, { running }) => !running);
    const move = Array.from({ length: 200 }, (_, i) => 99 + i).find((at) => {
      return trace.choicesAt(at + 1).length > 1;
    });
    if (move === undefined) throw new Error("nothing else was ever possible");
    const other = trace.choicesAt(move + 1).find(({ text }) => text !== trace.moveOf(move + 1)?.text);
    const { status } = await command(studio, { do: "fork", move, choice: other?.text ?? "" });
    expect(status).toBe(200);
    const fork = await follow(studio, (_, { branch }) => branch === 1);
    expect(fork.news.branches[1]).toEqual({ id: 1, parent: 0, move, choice: other?.text });
    expect(fork.trace.length).toBe(move + 1);
    for (let at = 1; at <= move; at++) {
      expect(fork.trace.moveOf(at)?.text).toBe(trace.moveOf(at)?.text);
      expect(fork.trace.timeOf(at)).toBe(trace.timeOf(at));
    }
    expect(fork.trace.moveOf(move + 1)?.text).toBe(other?.text);
    await command(studio, { do: "step" });
    await command(studio, { do: "branch", id: 0 });
    const back = await follow(studio, (_, { branch }) => branch === 0);
    expect(back.trace.length).toBe(trace.length);
  });

  it("says at the end what is possible, and goes on with what is chosen of it", async () => {
    const studio = await served();
    await command(studio, { do: "seek", move: 200 });
    const before = await follow(studio, (_, { running }) => !running);
    const last = before.trace.length;
    const chosen = before.news.possible.at(-1);
    expect(chosen).toBeDefined();
    await command(studio, { do: "fork", move: last, choice: chosen?.text ?? "" });
    const { trace, news } = await follow(studio, ({ length }) => length > last);
    expect(trace.moveOf(last + 1)).toEqual(chosen);
    expect(trace.choicesAt(last + 1)).toEqual(before.news.possible);
    expect(news.branches.length).toBe(1);
  });

  it.each([
    ["{}", "no command"],
    ["nonsense", "no command"],
    ['{"do":"seek","move":-1}', "no command: move"],
    ['{"do":"step","now":true}', "no command"],
    ['{"do":"branch","id":9}', "there is no branch 9"],
    ['{"do":"fork","move":0,"choice":"guest 9 steps"}', "it is not possible that guest 9 steps"],
    ['{"do":"stepActor","actor":77}', "that is no actor that moves"],
    [`{"do":"${"x".repeat(70_000)}"}`, "too long"],
  ])("refuses %.40s", async (text, message) => {
    const studio = await served();
    const answer = await ask(studio.port, "POST", "/command", { origin: studio.url.slice(0, -1) }, text);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).error).toContain(message);
  });
});

it("says when its port is taken", async () => {
  const { port } = await served();
  const branch = branchOf(duel("rtl8139"), 5);
  const second = serveStudio(new Session({ kind: "live", file: "", seed: 5, branch }), BUNDLE, port);
  await expect(second).rejects.toThrow(`port ${port}: somebody else has it: try another --port`);
});
