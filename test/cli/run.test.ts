import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { cardId } from "../../src/base/ids.ts";
import type { Engine } from "../../src/cli/context.ts";
import type { CapturedFrame } from "../../src/engine/report.ts";
import { readCapture } from "../../src/ethernet/capture.ts";
import { readRecording } from "../../src/export/recording-file.ts";
import { FAULT_KINDS } from "../../src/transport/fault-plan.ts";
import { runReport, UPLINK_REPORT } from "../export/made-up.ts";
import { say } from "./support.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const CHANGED = { comparedBytes: 4096, changedBytes: 8, firstChanged: 0 };

const UPLINK = "uplink-passt";

test.each([
  ["run", "two-linux", "--record", "FILE"],
  ["stress", "two-linux"],
  ["studio", "two-linux", "--no-open"],
  ["export", "two-linux"],
])("a scenario with guests that run Linux is refused by name: %s", async (...line) => {
  const file = join(folder, "never");
  const { code, err, runs } = await say(line.map((word) => (word === "FILE" ? file : word)));
  expect(code).toBe(2);
  expect(err).toMatch(/two-linux\.yaml: found guests that run Linux \(penguin-1, .*\), expected none with /);
  expect([existsSync(file), runs]).toEqual([false, []]);
});

describe("a scenario with uplinks", () => {
  test.each([
    ["run", UPLINK, "--record", "FILE"],
    ["run", UPLINK, "--report", "FILE"],
    ["stress", UPLINK],
    ["check", UPLINK],
    ["studio", UPLINK, "--no-open"],
    ["export", UPLINK],
  ])("is refused by %s, where there is no real network", async (...line) => {
    const file = join(folder, "never");
    const { code, out, err, runs } = await say(line.map((word) => (word === "FILE" ? file : word)));
    expect(code).toBe(2);
    expect(err).toContain("uplink-passt.yaml: found uplinks (host), expected none with ");
    expect([out, runs, existsSync(file)]).toEqual(["", [], false]);
  });

  test("says where each of them is, once", async () => {
    const uplink = { ...UPLINK_REPORT, name: "lab", to: "listens at 127.0.0.1:40000" };
    const engine: Engine = async (scenario, { onProgress }) => {
      const report = runReport(scenario, { uplinks: [uplink] });
      onProgress?.(report);
      onProgress?.(report);
      return { report, frames: [], startedAt: 0n, recording: undefined };
    };
    const { err } = await say(["run", "two-tenants"], { engine });
    expect(err.match(/^uplink lab: listens at 127\.0\.0\.1:40000$/gm)).toHaveLength(1);
  });
});

describe("vpio run", () => {
  test("puts the report on stdout and narration on stderr", async () => {
    const { code, out, err, runs } = await say(["run", "two-tenants"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^two-tenants: mode vpio, 2.00 s, seed 1, engine threads\n/);
    expect(out).toMatch(/All checked properties hold\.\n$/);
    expect(err).toBe("two-tenants in mode vpio: 2 guests on rtl0 (rtl8139) for 5.00 s\n");
    expect(runs[0]?.options.capture).toBe(false);
  });

  test("takes a file by its path", async () => {
    expect((await say(["run", "scenarios/three-modes.yaml"])).runs[0]?.scenario.name).toBe("three-modes");
  });

  test("lets the command line go before the file", async () => {
    const { runs } = await say(["run", "two-tenants", "--seed=7", "--mode=vnic", "--duration=250us"]);
    expect(runs[0]?.scenario).toMatchObject({ seed: 7, mode: "vnic", durationNs: 250_000 });
  });

  test("says nothing on stderr with --quiet", async () => {
    const { err, runs } = await say(["run", "two-tenants", "--quiet"]);
    expect(err).toBe("");
    expect(runs[0]?.options.onProgress).toBeUndefined();
  });

  test("writes one line of JSON with --json", async () => {
    const { out } = await say(["run", "two-tenants", "--json"]);
    expect(out.split("\n")).toHaveLength(2);
    expect(JSON.parse(out)).toMatchObject({ version: 1, exitCode: 0, report: { scenario: "two-tenants" } });
  });

  test("ends with 1 when a property was violated, in JSON too", async () => {
    const parts = { guests: [{ memory: CHANGED }] };
    expect((await say(["run", "two-tenants"], { parts })).code).toBe(1);
    const json = await say(["run", "two-tenants", "--json"], { parts });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      exitCode: 1,
      findings: [{ property: "memory", where: "alice" }],
    });
  });

  test("ends with 0 when passthrough did what it is known for", async () => {
    const parts = { guests: [{ memory: CHANGED }] };
    const { code, out } = await say(["run", "two-tenants", "--mode", "passthrough"], { parts });
    expect(code).toBe(0);
    expect(out).toContain("CORRUPTED");
  });

  test("ends with 5 when a worker failed", async () => {
    const workers = [{ name: "wire 0", sleeps: 0, notifies: 0, failure: "it died" }];
    const { code, out } = await say(["run", "two-tenants"], { parts: { workers } });
    expect(code).toBe(5);
    expect(out).toContain("A worker of vpio failed: wire 0: it died");
  });
});

describe("errors of a run", () => {
  const failing = (error: Error) => ({
    engine: () => Promise.reject(error),
  });

  test("of the user's files end with 2 and their message", async () => {
    const error = new VpioError("PROGRAM", "driver.ts: found no default export");
    const { code, out, err } = await say(["run", "two-tenants", "--quiet"], failing(error));
    expect([code, out, err]).toEqual([2, "", "error: driver.ts: found no default export\n"]);
  });

  test.each([new TypeError("x is not a function"), new VpioError("INTERNAL", "the wire died")])(
    "of vpio end with 5, the stack, and a request: %s",
    async (error) => {
      const { code, err } = await say(["run", "two-tenants", "--quiet"], failing(error));
      expect(code).toBe(5);
      expect(err).toContain(error.message);
      expect(err).toContain("run.test.ts");
      expect(err).toContain("Please report it");
    },
  );
});

describe("live status", () => {
  const looks = [0.25, 0.5, 1.1, 1.3, 2.2].map((seconds) => seconds * 1e9);
  const engine: Parameters<typeof say>[1] = {
    engine: async (scenario, { onProgress }) => {
      for (const elapsedNs of looks) onProgress?.(runReport(scenario, { elapsedNs }));
      return { report: runReport(scenario), frames: [], startedAt: 0n, recording: undefined };
    },
  };

  test("is a line each second where there is no terminal", async () => {
    const { err } = await say(["run", "two-tenants"], engine);
    const times = err.split("\n").map((line) => line.split(" of ")[0]);
    expect(times.slice(1, -1)).toEqual(["1.10 s", "2.20 s"]);
  });

  test("is a table redrawn in place on a terminal, and taken away at the end", async () => {
    const { err } = await say(["run", "two-tenants"], { ...engine, window: { columns: 40, rows: 24 } });
    const ESC = String.fromCharCode(27);
    const [opening = "", ...drawn] = err.split(`${ESC}[0J`);
    expect(opening).toMatch(/^two-tenants in mode vpio/);
    expect(drawn).toHaveLength(looks.length + 1);
    for (const table of drawn.slice(0, -1)) {
      const lines = table.replace(`${ESC}[4F`, "").split("\n");
      expect(lines).toHaveLength(5);
      expect(lines.every((line) => line.length < 40)).toBe(true);
    }
    expect(drawn.at(-1)).toBe("");
  });
});

describe("--compare", () => {
  test("says which modes were not begun when it is ended early", async () => {
    const engine: Engine = async (scenario) => {
      process.emit("SIGINT");
      return { report: runReport(scenario), frames: [], startedAt: 0n, recording: undefined };
    };
    const { err, runs } = await say(["run", "three-modes", "--compare"], { engine });
    expect(runs).toHaveLength(1);
    expect(err).toMatch(/\nending early\nnot begun: vpio, vnic\n$/);
  });

  test("runs the scenario in each mode", async () => {
    const { code, out, runs } = await say(["run", "three-modes", "--compare", "--quiet"]);
    expect(code).toBe(0);
    expect(runs.map(({ scenario }) => scenario.mode)).toEqual(["passthrough", "vpio", "vnic"]);
    expect(out).toMatch(/passthrough +vpio +vnic\n/);
    expect(out).toMatch(/the paper's rtl8139, send \/ receive +1\.3 \/ 1\.4 +6\.4 \/ 7\.5 +15\.7 \/ 14\.9\n/);
  });

  test("as JSON has a run for each mode", async () => {
    const { out } = await say(["run", "three-modes", "--compare", "--json"]);
    const { version, runs } = JSON.parse(out);
    expect(version).toBe(1);
    expect(runs.map((run: { report: { mode: string } }) => run.report.mode)).toEqual([
      "passthrough",
      "vpio",
      "vnic",
    ]);
  });

  test("ends with 1 when vpio or vnic violated a property", async () => {
    const parts = { guests: [{ memory: CHANGED }] };
    expect((await say(["run", "three-modes", "--compare"], { parts })).code).toBe(1);
  });

  test.each([
    ["--mode", "vpio"],
    ["--pcap", "x.pcapng"],
  ])("goes with no %s", async (option, value) => {
    const { code, err, runs } = await say(["run", "three-modes", "--compare", option, value]);
    expect([code, runs]).toEqual([2, []]);
    expect(err).toContain(`'--compare' cannot be used with option '${option}`);
  });
});

describe("--pcap", () => {
  const frame: CapturedFrame = {
    at: { kind: "card", card: cardId(0) },
    timestampNs: 5,
    direction: "out",
    epoch: undefined,
    holder: undefined,
    outcome: undefined,
    bytes: new Uint8Array(60),
  };
  const madeUp: Engine = async (scenario) => ({
    report: runReport(scenario),
    frames: [frame],
    startedAt: 1000n,
    recording: undefined,
  });
  const engine: Parameters<typeof say>[1] = { engine: madeUp };

  test("writes the frames, and leaves nothing else behind", async () => {
    const path = join(folder, "out.pcapng");
    writeFileSync(path, "what was there before");
    const { code, err, runs } = await say(["run", "two-tenants", "--pcap", path], engine);
    expect(code).toBe(0);
    expect(runs[0]?.options.capture).toBe(true);
    expect(err).toContain(`1 frame captured in ${path}\n`);
    const [read] = readCapture(readFileSync(path), path).frames;
    expect([...(read?.bytes ?? [])]).toEqual([...frame.bytes]);
    expect(readdirSync(folder)).toEqual(["out.pcapng"]);
  });

  test("keeps what was there when the run fails", async () => {
    const path = join(folder, "out.pcapng");
    const before = readFileSync(path);
    const { code } = await say(["run", "two-tenants", "--pcap", path], {
      engine: () => Promise.reject(new Error("no")),
    });
    expect(code).toBe(5);
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["out.pcapng"]);
  });

  test("has nothing beside its place while the run goes on: who kills it leaves nothing behind", async () => {
    const during: string[][] = [];
    const watching: Engine = (scenario, options) => {
      during.push(readdirSync(folder));
      return madeUp(scenario, options);
    };
    const path = join(folder, "out.pcapng");
    expect((await say(["run", "two-tenants", "--pcap", path], { engine: watching })).code).toBe(0);
    expect(during).toEqual([["out.pcapng"]]);
  });

  test("leaves nothing behind when another file of the run cannot be written", async () => {
    const before = readdirSync(folder);
    const path = join(folder, "other.pcapng");
    const line = ["run", "two-tenants", "--pcap", path, "--record", join(folder, "nothing/run.vpio")];
    expect((await say(line, { engine: madeUp })).code).toBe(2);
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each([
    ["a folder", "."],
    ["a path below nothing", "nothing/out.pcapng"],
  ])("%s is an error before anything runs", async (_what, path) => {
    const { code, err, runs } = await say(["run", "two-tenants", "--pcap", join(folder, path)], engine);
    expect([code, runs]).toEqual([2, []]);
    expect(err).toContain("cannot write it");
  });
});

describe("--faults", () => {
  const struck = {
    counts: [
      { kind: "guest-crash" as const, struck: 1, budget: 1 },
      { kind: "irq-late" as const, struck: 0, budget: 10 },
    ],
    killed: ["guest 0"],
  };

  test("are given to the engine, with their rates and budgets", async () => {
    const { code, runs } = await say(["run", "two-tenants", "--faults", "slow-guest, irq-late=1/3:10"]);
    expect(code).toBe(0);
    expect(runs[0]?.options.faults).toEqual([
      { kind: "slow-guest", rate: [1, 500], budget: 10 },
      { kind: "irq-late", rate: [1, 3], budget: 10 },
    ]);
    expect((await say(["run", "two-tenants"])).runs[0]?.options).not.toHaveProperty("faults");
  });

  test("are counted in the report, and in JSON too", async () => {
    const line = ["run", "two-tenants", "--faults", "guest-crash,irq-late:10"];
    const { out } = await say(line, { parts: { faults: struck } });
    expect(out).toMatch(
      /^fault +what +struck +at most\nguest-crash +a guest dies .* 1 +1\nirq-late .* 0 +10\n/m,
    );
    const json = await say([...line, "--json"], { parts: { faults: struck } });
    expect(JSON.parse(json.out).report.faults).toEqual(struck);
    expect((await say(["run", "two-tenants"])).out).not.toContain("Faults");
  });

  test.each([
    [
      "slow",
      "found 'slow', expected faults such as slow-guest or irq-late=1/3:10, of guest-crash, card-lost",
    ],
    ["irq-late=4/3", "found the rate 4/3, expected a ratio from 0/1 to 1/1"],
    ["irq-late,slow-guest,irq-late", "found irq-late twice, expected each fault once"],
  ])("'%s' is a usage error", async (list, expected) => {
    const { code, out, err, runs } = await say(["run", "two-tenants", "--faults", list]);
    expect([code, out, runs]).toEqual([2, "", []]);
    expect(err).toContain(`option '--faults <list>' argument '${list}' is invalid. ${expected}`);
  });

  test.each(["guest-crash", "all"])("of which one kills, as in '%s', go with no --record", async (list) => {
    const path = join(folder, "run.vpio");
    const { code, err, runs } = await say(["run", "two-tenants", "--faults", list, "--record", path]);
    expect([code, runs, existsSync(path)]).toEqual([2, [], false]);
    expect(err).toContain("--faults guest-crash");
    expect(err).toContain("a run in which a worker has died has no recording");
  });

  test("go with no --compare", async () => {
    const { code, err } = await say(["run", "three-modes", "--compare", "--faults", "irq-late"]);
    expect(code).toBe(2);
    expect(err).toContain("'--compare' cannot be used with option '--faults");
  });

  test("are listed in the help, all of them", async () => {
    const { out } = await say(["help", "run"]);
    for (const kind of FAULT_KINDS) expect(out).toMatch(new RegExp(`^ {2}${kind} .*\\(1/\\d+:\\d+\\)$`, "m"));
  });
});

test("one file for two things is refused before the run", async () => {
  const path = join(folder, "both");
  const { code, err, runs } = await say(["run", "two-tenants", "--pcap", path, "--record", path]);
  expect([code, runs, existsSync(path)]).toEqual([2, [], false]);
  expect(err).toContain(`found ${path} twice, expected a file each for --pcap, --record and --report`);
});

test("a capture that cannot be written takes no report with it", async () => {
  const { code, out, err } = await say(["run", "two-tenants", "--pcap", "/dev/full"]);
  expect(code).toBe(2);
  expect(out).toMatch(/All checked properties hold\.\n$/);
  expect(err).toContain("/dev/full: cannot write it: ENOSPC");
});

test("a place below a file is refused before the run", async () => {
  const { code, err, runs } = await say(["run", "two-tenants", "--pcap", "package.json/out.pcapng"]);
  const why = "package.json/out.pcapng: cannot write it: ENOTDIR: not a directory";
  expect([code, err, runs]).toEqual([2, `error: ${why}\n`, []]);
});

test.each(["--pcap", "--record", "--report"])("%s does not overwrite the scenario", async (option) => {
  const scenario = join(folder, "own.yaml");
  const text = readFileSync("scenarios/two-tenants.yaml", "utf8");
  writeFileSync(scenario, text);
  const other = join(folder, `link${option}.yaml`);
  symlinkSync(scenario, other);
  for (const path of [scenario, other]) {
    const { code, err, runs } = await say(["run", scenario, option, path]);
    expect([code, err, runs]).toEqual([
      2,
      `error: ${path}: cannot write it: it is the file that is read\n`,
      [],
    ]);
  }
  expect(readFileSync(scenario, "utf8")).toBe(text);
});

describe("--record", () => {
  test("keeps the scenario as it was when the run began", async () => {
    const [scenario, path] = [join(folder, "edited.yaml"), join(folder, "edited.vpio")];
    const before = readFileSync("scenarios/two-tenants.yaml", "utf8");
    writeFileSync(scenario, before);
    const engine: Engine = async (running) => {
      writeFileSync(scenario, "name: edited\n");
      const recording = { capture: false, finalHash: "00", logs: new Map() };
      return { report: runReport(running), frames: [], startedAt: 0n, recording };
    };
    expect((await say(["run", scenario, "--record", path], { engine })).code).toBe(0);
    expect(readRecording(readFileSync(path, "utf8"), path).text).toBe(before);
  });

  test("is whole, and nothing else is left behind, when the replay for the report fails", async () => {
    const own = mkdtempSync(join(tmpdir(), "vpio-report-"));
    const recording = { capture: false, finalHash: "00", logs: new Map() };
    const engine: Engine = async (scenario) => ({
      report: runReport(scenario),
      frames: [],
      startedAt: 0n,
      recording,
    });
    const files = ["--record", join(own, "run.vpio"), "--report", join(own, "run.html")];
    expect((await say(["run", "two-tenants", ...files], { engine })).code).toBe(4);
    expect(readdirSync(own)).toEqual(["run.vpio"]);
  });

  test("says that nothing is written when a worker has died, with --quiet too", async () => {
    const path = join(folder, "run.vpio");
    const { err } = await say(["run", "two-tenants", "--record", path, "--quiet"]);
    expect(err).toBe(`error: ${path} is not written: a worker died, and its part of the recording with it\n`);
    expect(existsSync(path)).toBe(false);
  });
});

describe("usage", () => {
  test.each([
    [["rn"], "unknown command 'rn'", "Did you mean run?"],
    [["run", "x.yaml", "--pcp", "y"], "unknown option '--pcp'", "Did you mean --pcap?"],
    [["run"], "missing required argument 'scenario'", "vpio help run"],
    [["run", "a.yaml", "b.yaml"], "too many arguments for 'run'", "vpio help run"],
    [["run", "two-tenant"], "two-tenant: found no such file", "did you mean 'two-tenants'?"],
    [["run", "scenarios"], "scenarios: found a folder", "expected a file"],
    [["help", "stres"], "unknown command 'stres'", "did you mean 'stress'?"],
    [["help", "guest", "list", "all"], "unknown command 'all'", "expected none"],
    [["run", "x", "--mode", "vpoi"], "'vpoi' is invalid", "passthrough, vpio, vnic"],
    [["run", "x", "--seed", "0x10"], "'0x10' is invalid", "a whole number from 0 to 4294967295"],
    [["run", "x", "--seed", "4294967296"], "'4294967296' is invalid", "a whole number from 0 to 4294967295"],
    [["run", "x", "--duration", "5"], "'5' is invalid", "a duration such as 250us, 10ms, 5s"],
    [["run", "x", "--duration", "2000min"], "'2000min' is invalid", "a duration from 1us to 60min"],
  ])("%j", async (line, ...expected) => {
    const { code, out, err, runs } = await say(line);
    expect([code, out, runs]).toEqual([2, "", []]);
    for (const text of expected) expect(err).toContain(text);
  });

  test("help on a command of a command", async () => {
    const { code, out } = await say(["help", "guest", "build"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: vpio guest build/);
    expect(out).toContain("Examples:\n  vpio guest build");
  });

  test("a folder is not in the way of a scenario that ships", async () => {
    const here = process.cwd();
    mkdirSync(join(folder, "two-tenants"));
    process.chdir(folder);
    try {
      expect((await say(["validate", "two-tenants"])).out).toBe("two-tenants: OK\n");
    } finally {
      process.chdir(here);
    }
  });

  test("without a command it is the help, as an error", async () => {
    const { code, out, err } = await say([]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("Usage: vpio");
  });
});
