/** `vpio stress` and the replay of what it writes; the violations come from test/stress/mutants. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCounterexample, writeCounterexample } from "../../src/export/counterexample-file.ts";
import { recordTrial, scheduleOf } from "../../src/stress/counterexample.ts";
import { noFaults } from "../../src/stress/fault-plan.ts";
import { playableOf } from "../../src/stress/plan.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { duel, hasty } from "../stress/support.ts";
import { say } from "./support.ts";

let folder: string;
let duelFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-stress-"));
  duelFile = write("duel.yaml", duel("rtl8139"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const ONE_JOB = ["--jobs", "1"];

describe("vpio stress", () => {
  it("ends with 0 and says what it has seen when all properties hold", async () => {
    const { code, out, err } = await say(["stress", duelFile, "--seeds", "3", "--seed", "7", ...ONE_JOB]);
    expect(code).toBe(0);
    expect(out).toMatch(/^3 seeds from 7 on, over duel under random\n/);
    expect(out).toMatch(/\n +1\d\d {2}handoffs: the card went from one guest to another\n/);
    expect(out).toMatch(/All properties hold\.\n$/);
    expect(err).toBe("3 seeds over 1 part on 1 thread\n");
  });

  it("takes schedulers and scenarios in turn, all those of a folder", async () => {
    const set = join(folder, "set");
    mkdirSync(set);
    writeFileSync(join(set, "a.yaml"), duel("rtl8139").replace("name: duel", "name: first"));
    writeFileSync(join(set, "b.yaml"), duel("ne2000").replace("name: duel", "name: second"));
    const line = [
      "stress",
      set,
      "--seeds",
      "4",
      "--scheduler",
      "pct,starve",
      "--json",
      "--quiet",
      ...ONE_JOB,
    ];
    const { code, out, err } = await say(line);
    expect([code, err]).toEqual([0, ""]);
    const json = JSON.parse(out);
    expect(json.parts.map((part: { scenario: string }) => part.scenario)).toEqual([
      ...["first", "first"],
      ...["second", "second"],
    ]);
    expect(json).toMatchObject({
      version: 1,
      seeds: 4,
      askedSeeds: 4,
      verdict: { kind: "holds" },
      failures: [],
    });
  });

  it("counts faults, and is inconclusive when something expected was never seen", async () => {
    const file = write("hasty.yaml", hasty("rtl8139"));
    const faults = ["--faults", "slow-guest=1/100:40"];
    const line = ["stress", file, "--seeds", "2", ...faults, ...ONE_JOB];
    const seen = await say([...line, "--expect", "handoffs,fencedOff"]);
    expect(seen.code).toBe(0);
    expect(seen.out).toMatch(/\d+ {2}slow-guest: a guest does nothing for a while\n/);
    const unseen = await say([...line, "--expect", "all"]);
    expect(unseen.code).toBe(3);
    expect(unseen.out).toMatch(/Inconclusive: nothing was violated, but never seen: .*watchdogs\.\n$/);
  });

  it("runs each seed twice on request, and writes JUnit XML", async () => {
    const xml = join(folder, "out.xml");
    const { code } = await say(["stress", duelFile, "--seeds", "1", "--twice", "--junit", xml, ...ONE_JOB]);
    expect(code).toBe(0);
    expect(readFileSync(xml, "utf8")).toContain('<testsuite name="vpio stress" tests="1" failures="0"');
  });

  it.each([
    [
      ["--scheduler", "fair"],
      "Found 'fair', expected all, or some of random, pct, delay, round-robin, starve.",
    ],
    [["--faults", "rain"], "found 'rain', expected faults such as slow-guest"],
    [["--seeds", "0"], "Expected a whole number from 1 to 4294967295."],
    [["--expect", "rain"], "Found 'rain', expected all, or some of handoffs"],
    [["--mode", "raw"], "Allowed choices are passthrough, vpio, vnic."],
  ])("refuses %j", async (options, message) => {
    const { code, err } = await say(["stress", duelFile, ...options]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("expects no handoffs where there are none", async () => {
    const line = ["stress", duelFile, "--seeds", "2", "--quiet", ...ONE_JOB];
    const { code, out } = await say([...line, "--mode", "vnic"]);
    expect([code, out]).toEqual([0, expect.stringMatching(/never {2}handoffs.*All properties hold\.\n$/s)]);
    expect((await say([...line, "--mode", "vnic", "--expect", "handoffs"])).code).toBe(3);
  });

  it("refuses seeds that there are not", async () => {
    const { code, err } = await say(["stress", duelFile, "--seed", "4294967295", "--seeds", "2"]);
    expect(code).toBe(2);
    expect(err).toContain("found --seeds up to 4294967296, expected 4294967295 for the last of them");
  });

  it.each([
    ["--junit", "nowhere/out.xml", "cannot write it: ENOENT"],
    ["--junit", ".", "cannot write it: it is a folder"],
    ["--output", "duel.yaml/found", "duel.yaml is no folder"],
  ])("refuses %s %s before it runs anything", async (option, path, message) => {
    const { code, out, err } = await say(["stress", duelFile, option, join(folder, path)]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^error: .*\n$/);
    expect(err).toContain(message);
  });

  it("refuses a folder without scenarios, and a scenario with an error by its place", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const nothing = await say(["stress", empty]);
    expect([nothing.code, nothing.err]).toEqual([2, `error: ${empty}: found no scenario (.yaml) in it\n`]);
    const bad = write("bad.yaml", `${duel("rtl8139")}colour: red\n`);
    const { code, err } = await say(["stress", bad]);
    expect(code).toBe(2);
    expect(err).toMatch(/bad\.yaml:10:1: unknown key 'colour'/);
  });
});

describe("Ctrl-C", () => {
  it("ends a campaign with what it has found so far", async () => {
    const command = [resolve("dist/src/cli/main.js"), "stress", duelFile, "--seeds", "1000000", ...ONE_JOB];
    const child = spawn(process.execPath, command, { env: { ...process.env, NO_COLOR: "1" } });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    await said(child, /1,000,000 seeds over 1 part/);
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(3);
    expect(out).toMatch(/Inconclusive: nothing was violated, but [\d,]+ of 1,000,000 seeds were not run/);
  });
});

/** Resolves when the child has said it on stderr. */
function said({ stderr }: ChildProcess, what: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (what.test(text)) resolve();
    });
  });
}

describe("vpio replay", () => {
  it.each([
    ["none.vpio", undefined, "none.vpio: found no such file"],
    [".", undefined, "found a folder, expected a file"],
    ["empty.vpio", "", "found neither a recording of `vpio run --record` nor a counterexample"],
    ["other.vpio", '{"format":"other"}', "found neither a recording"],
    [
      "short.vpio",
      '{"format":"vpio recording","vers',
      "no recording of version 1: Unterminated string in JSON",
    ],
    [
      "cut.vpio",
      '{"format":"vpio counterexample","vers',
      "no counterexample of version 1: Unterminated string",
    ],
    ["new.vpio", '{"format":"vpio recording","version":2}', "no recording of version 1: version: "],
  ])("refuses %s", async (name, text, message) => {
    const { code, out, err } = await say([
      "replay",
      text === undefined ? join(folder, name) : write(name, text),
    ]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });

  it.each([["--moves", "5"], ["--original"]])("refuses %s of a recording", async (...option) => {
    const recording = write("run.vpio", '{"format":"vpio recording"}');
    const { code, err } = await say(["replay", recording, ...option]);
    expect(code).toBe(2);
    expect(err).toContain(`found ${option[0]} with ${recording}, expected a counterexample`);
  });
});

it("a campaign does not overwrite its scenario with JUnit XML", async () => {
  const file = write("own.yaml", duel("rtl8139"));
  const { code, err } = await say(["stress", file, "--seeds", "1", "--junit", file]);
  expect([code, err]).toEqual([2, `error: ${file}: cannot write it: it is the file that is read\n`]);
  expect(readFileSync(file, "utf8")).toBe(duel("rtl8139"));
});

describe("vpio replay of a file", () => {
  it("does not overwrite it with the report", async () => {
    const recording = write("own.vpio", '{"format":"vpio recording"}');
    const { code, err } = await say(["replay", recording, "--report", recording]);
    expect([code, err]).toEqual([2, `error: ${recording}: cannot write it: it is the file that is read\n`]);
    expect(readFileSync(recording, "utf8")).toBe('{"format":"vpio recording"}');
  });

  it("has no moves in its JSON", async () => {
    const { code, err } = await say(["replay", "found.vpio", "--json", "--moves", "5"]);
    expect(code).toBe(2);
    expect(err).toContain("option '--moves <n>' cannot be used with option '--json'");
  });
});

describe("vpio replay of a counterexample", () => {
  /** A true schedule of the real system, with a violation that it does not show. */
  async function claimed(claim: string): Promise<string> {
    const source = { file: duelFile, text: duel("rtl8139"), overrides: {} };
    const { scenario, workloads, devices } = await playableOf(source);
    const trial = recordTrial({
      ...{ scenario, workloads, devices, scheduler: randomWalk(1), faults: noFaults, maxMoves: 300 },
    });
    const incident = { what: claim, atNs: 1, move: 300 };
    const size = { guests: 2, moves: 300, switches: 1 };
    return writeCounterexample(
      {
        ...{ source, seed: 1, scheduler: "random", schedule: scheduleOf(trial), from: size, to: size },
        violation: { property: 1, oracle: "ownership", incident, because: undefined },
      },
      "0.1.0",
    );
  }

  it("ends with 4 when the run shows no violation", async () => {
    const file = write("claim.vpio", await claimed("two guests own the card"));
    const { code, err } = await say(["replay", file]);
    expect(code).toBe(4);
    expect(err).toContain("all properties hold; recorded is: two guests own the card");
  });

  it("ends with 4 at the first move that cannot be made", async () => {
    const text = (await claimed("nothing")).replaceAll("guest 0 steps", "guest 7 steps");
    const { code, err } = await say(["replay", write("wrong.vpio", text)]);
    expect(code).toBe(4);
    expect(err).toMatch(/at move \d+: recorded is "guest 7 steps", possible now is only: /);
  });

  it("replays the run before it was shrunk when it is asked to, where there is one", async () => {
    const shrunk = readCounterexample(await claimed("two guests own the card"), "claim.vpio").found;
    const { text } = shrunk.source;
    const [violation, schedule] = [shrunk.violation, shrunk.schedule];
    const incident = { ...violation.incident, what: "three guests own the card" };
    const whole = { ...shrunk, original: { text, schedule, violation: { ...violation, incident } } };
    const both = write("both.vpio", writeCounterexample(whole, "0.1.0"));
    expect((await say(["replay", both])).err).toContain("recorded is: two guests own the card");
    expect((await say(["replay", both, "--original"])).err).toContain(
      "recorded is: three guests own the card",
    );
    const alone = write("alone.vpio", writeCounterexample(shrunk, "0.1.0"));
    const { code, err } = await say(["replay", alone, "--original"]);
    expect(code).toBe(2);
    expect(err).toContain("alone.vpio: found no original run in it, expected one for --original");
  });

  it("says so when another version has written the file", async () => {
    const text = (await claimed("nothing")).replace('"vpio":"0.1.0"', '"vpio":"9.9.9"');
    const { err } = await say(["replay", write("newer.vpio", text)]);
    expect(err).toContain("newer.vpio was written by vpio 9.9.9, this is 0.1.0: it may diverge");
  });
});
