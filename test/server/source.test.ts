/** What `vpio studio` and `--report` are given, and what they make of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeCounterexample } from "../../src/export/counterexample-file.ts";
import { readBundle } from "../../src/server/page.ts";
import { playedOut, reportHtml } from "../../src/server/report.ts";
import { Session } from "../../src/server/session.ts";
import { openSource } from "../../src/server/source.ts";
import { recordTrial, scheduleOf } from "../../src/stress/counterexample.ts";
import { listedFaults, noFaults, type Strike } from "../../src/stress/fault-plan.ts";
import { playableOf } from "../../src/stress/plan.ts";
import type { OriginalRun } from "../../src/stress/saved.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { decode } from "../../src/trace/codec.ts";
import { firstDivergence } from "../../src/trace/divergence.ts";
import { Trace } from "../../src/trace/trace.ts";
import { say } from "../cli/support.ts";
import { duel } from "../stress/support.ts";
import { VpioProcess } from "../support/command.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-source-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A true schedule of the real system, with a violation that it does not show, and with a fault in it. */
async function claimed(strikes: readonly Strike[], before?: "original"): Promise<string> {
  const source = { file: join(folder, "duel.yaml"), text: duel("rtl8139"), overrides: {} };
  const { scenario, workloads, devices } = await playableOf(source);
  const faults = listedFaults(strikes);
  const trial = recordTrial({
    scenario,
    workloads,
    devices,
    scheduler: randomWalk(1),
    faults,
    maxMoves: 300,
  });
  const incident = { what: "two guests own the card", atNs: 1, move: 300 };
  const size = { guests: 2, moves: 300, switches: 1 };
  const found = {
    ...{ source, seed: 1, scheduler: "random", schedule: scheduleOf(trial), from: size, to: size },
    violation: { property: 1 as const, oracle: "ownership", incident, because: undefined },
    original: before && (await originalIn(source.text)),
  };
  const file = join(folder, `claim-${strikes.length}${before ?? ""}.vpio`);
  writeFileSync(file, writeCounterexample(found, "0.1.0"));
  return file;
}

/** Another true schedule, longer and of a scenario with another name. */
async function originalIn(text: string): Promise<OriginalRun> {
  const longer = text.replace("name: duel", "name: before");
  const { scenario, workloads, devices } = await playableOf({ file: "", text: longer, overrides: {} });
  const trial = recordTrial({
    ...{ scenario, workloads, devices, scheduler: randomWalk(2), faults: noFaults, maxMoves: 400 },
  });
  const incident = { what: "three guests own the card", atNs: 1, move: 400 };
  const violation = { property: 1 as const, oracle: "ownership", incident, because: undefined };
  return { text: longer, violation, schedule: scheduleOf(trial) };
}

describe("a source", () => {
  it("is a counterexample by its own word, and says when it does not show what it should", async () => {
    const source = await openSource(await claimed([]), {});
    expect(source.kind).toBe("counterexample");
    const { trace, over } = playedOut(source);
    expect(trace.length).toBe(300);
    expect(over).toBe("the violation that was recorded does not show any more");
  });

  it("has the run before it was shrunk beside it, where that was kept", async () => {
    const source = await openSource(await claimed([], "original"), {});
    const { trace, original } = playedOut(source);
    expect([trace.length, trace.head.scenario]).toEqual([300, "duel"]);
    expect([original?.length, original?.head.scenario]).toEqual([400, "before"]);
    expect(firstDivergence(trace, original ?? trace)).toBeLessThan(300);
    const session = new Session(source);
    expect(session.original?.length).toBe(400);
    session.close();
    const alone = await openSource(await claimed([]), {});
    expect(playedOut(alone).original).toBeUndefined();
  });

  it("says which of the two runs goes another way", async () => {
    const text = readFileSync(await claimed([], "original"), "utf8");
    const whole = JSON.parse(text);
    whole.original.moves = whole.original.moves.map(() => whole.names.length);
    const file = join(folder, "strange.vpio");
    writeFileSync(file, JSON.stringify({ ...whole, names: [...whole.names, "guest 7 steps"] }));
    const source = await openSource(file, {});
    expect(() => playedOut(source)).toThrow(
      expect.objectContaining({
        code: "DIVERGED",
        message: expect.stringMatching(/^the original run, at move 1: recorded is "guest 7 steps"/),
      }),
    );
  });

  it("counts the moves that a fault has called off", async () => {
    const strike: Strike = { kind: "guest-crash", at: 40, forNs: 0 };
    const { trace } = playedOut(await openSource(await claimed([strike]), {}));
    expect(trace.length).toBe(300);
    const [note] = trace.notes;
    expect(note?.kind).toBe("fault");
    expect(note?.text).toMatch(/^a fault strikes instead: guest \d steps$/);
    expect(trace.moveOf(note?.move ?? 0)?.text).toBe(note?.text.replace("a fault strikes instead: ", ""));
  });

  it("is forked with its faults", async () => {
    const strike: Strike = { kind: "guest-crash", at: 40, forNs: 0 };
    const session = new Session(await openSource(await claimed([strike]), {}));
    const { trace } = session;
    const struck = trace.notes[0]?.move ?? 0;
    const move = Array.from({ length: 100 }, (_, i) => struck + 10 + i).find((at) => {
      return trace.choicesAt(at + 1).length > 1;
    });
    const choice = trace
      .choicesAt((move ?? 0) + 1)
      .find(({ text }) => text !== trace.moveOf((move ?? 0) + 1)?.text);
    session.command({ do: "fork", move: move ?? 0, choice: choice?.text ?? "" });
    expect(session.trace).not.toBe(trace);
    expect(session.trace.length).toBe((move ?? 0) + 1);
    expect(session.trace.notes[0]).toEqual(trace.notes[0]);
    session.close();
  });

  it("goes on to the next request that the VMM stops, and rests there", async () => {
    const session = new Session(await openSource("scenarios/hostile-dma.yaml", { seed: 1 }));
    const next = async (): Promise<number> => {
      const rested = new Promise<void>((resolve) => {
        session.listen(() => {
          if (!session.news.running) resolve();
        });
      });
      session.command({ do: "seekNote" });
      await rested;
      return session.trace.notes.length;
    };
    const first = await next();
    expect(first).toBeGreaterThan(0);
    const [note] = session.trace.notes;
    expect(note?.kind).toBe("stopped");
    expect(note?.text).toMatch(/^the VMM stops mallory: RBSTART: receive ring of .+ is not the guest's/);
    expect(note?.move).toBeLessThanOrEqual(session.trace.length);
    expect(await next()).toBeGreaterThan(first);
    session.close();
  });

  it("goes past whatever else is found when it is to go on to the next violation, and to the end", async () => {
    const session = new Session(await openSource("scenarios/hostile-dma.yaml", { durationNs: 700_000 }));
    const over = new Promise<void>((resolve) => {
      session.listen(() => {
        if (session.news.over !== undefined) resolve();
      });
    });
    session.command({ do: "seekNote", only: "violation" });
    await over;
    const kinds = session.trace.notes.map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThan(1);
    expect(new Set(kinds)).toEqual(new Set(["stopped"]));
    session.close();
  });

  it.each([
    ["nothing.yaml", undefined, "found no such file"],
    ["bad.yaml", "name: [", "bad.yaml:1"],
    ["bad.vpio", '{"format":"vpio counterexample","version":99}', "expected"],
  ])("that is none is refused: %s", async (name, text, message) => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    await expect(openSource(path, {})).rejects.toThrow(message);
  });
});

describe("vpio studio", () => {
  it.each([
    [["studio", "two-tenant"], "found no such file, and no scenario that ships, did you mean 'two-tenants'?"],
    [["studio", "--port", "70000"], "Expected a whole number from 0 to 65535."],
    [["studio", "--seed", "x"], "Expected a whole number from 0 to 4294967295."],
  ])("refuses %j", async (line, message) => {
    const { code, err } = await say(line);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it.each([
    ["--seed", "3"],
    ["--mode", "vnic"],
  ])("refuses %s %s of a counterexample, which has its schedule", async (...option) => {
    const file = await claimed([]);
    const { code, err } = await say(["studio", file, "--no-open", ...option]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}: found ${option[0]}, expected it with a scenario only`);
  });

  it("ends with 4 when a counterexample goes another way", async () => {
    const file = await claimed([]);
    const other = join(folder, "other.vpio");
    writeFileSync(other, readFileSync(file, "utf8").replaceAll("guest 0 steps", "guest 7 steps"));
    const { code, err } = await say(["studio", other, "--no-open"]);
    expect(code).toBe(4);
    expect(err).toMatch(/at move \d+: recorded is "guest 7 steps", possible now is only: /);
  });

  it("prints its address and nothing else, and ends with Ctrl-C while a browser listens", async () => {
    const studio = new VpioProcess(["studio", "two-tenants", "--no-open"]);
    let url: string | undefined;
    while (url === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      [url] = /http\S+/.exec(studio.out) ?? [];
    }
    const { body } = await fetch(`${url}stream`);
    const first = await body?.getReader().read();
    expect(first?.value?.length).toBeGreaterThan(0);
    studio.kill("SIGINT");
    const { code, out, err } = await studio.ended;
    expect([code, out, err]).toEqual([0, `${url}\n`, "Ctrl-C ends the studio\n"]);
  });
});

describe("a report", () => {
  it("of a replay is written beside what the replay says", async () => {
    const file = await claimed([]);
    const report = join(folder, "report.html");
    const { code, err } = await say(["replay", file, "--report", report]);
    // The replay itself finds that the violation does not show; the page is there to see why.
    expect(code).toBe(4);
    expect(err).toContain(`to look at in ${report}`);
    const html = readFileSync(report, "utf8");
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
  });

  it("of a counterexample holds the run before it was shrunk as well, packed", async () => {
    const file = await claimed([], "original");
    const html = reportHtml(playedOut(await openSource(file, {})), file);
    const packed = /id="report-original">([^<]+)</.exec(html)?.[1] ?? "";
    const head = /id="report-head">([^<]+)</.exec(html)?.[1] ?? "";
    const there = new Trace(JSON.parse(head).original);
    decode(there, inflateRawSync(Buffer.from(packed, "base64")));
    expect([there.length, there.head.scenario]).toEqual([400, "before"]);
  });

  it("that cannot be written is refused before anything runs", async () => {
    const nowhere = join(folder, "no-folder", "report.html");
    const run = await say(["run", "two-tenants", "--report", nowhere]);
    expect([run.code, run.runs.length]).toEqual([2, 0]);
    expect(run.err).toContain(nowhere);
    const crash = await say(["run", "two-tenants", "--report", "r.html", "--faults", "guest-crash"]);
    expect(crash.code).toBe(2);
    expect(crash.err).toContain("found --report with --faults guest-crash");
  });

  it("keeps what it holds from becoming markup", async () => {
    const scenario = join(folder, "evil.yaml");
    const name = "</script><b onclick=x>&";
    writeFileSync(scenario, duel("rtl8139").replace("name: duel", `name: duel\ndescription: "${name}"`));
    const html = reportHtml(playedOut(await openSource(scenario, { durationNs: 100_000 })), scenario);
    expect(html).not.toContain("<b onclick");
    expect(html).toContain("\\u003c/script>\\u003cb onclick");
  });
});

it("the whole application is smaller than 200 kB on its way", () => {
  const { script, style } = readBundle();
  const bytes = gzipSync(script).length + gzipSync(style).length;
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(200_000);
});
