/** The command as it ships: bundled, in a process of its own, from a folder that is not the repository's. */
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCapture } from "../../src/ethernet/capture.ts";
import { scenarioJsonSchema } from "../../src/scenario/json-schema.ts";
import { vpioIn } from "../support/command.ts";

const COMMAND = resolve("dist/src/cli/main.js");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-e2e-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Neither colours nor a terminal. */
const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };

const vpio = (...line: readonly string[]) => vpioIn(folder, line);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

/** Its other end was open, and is closed. */
function pipeWithoutReader(): number {
  const path = join(folder, "pipe");
  spawnSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, "w");
  closeSync(reader);
  return writer;
}

const GOOD = `name: small
duration: 20s
cards: [{ name: rtl0, kind: rtl8139 }]
wire: { peers: [{ kind: echo, name: gateway }] }
guests:
  - { name: alice, workload: { kind: ping, to: gateway, count: 3 } }
`;

describe("vpio", () => {
  test("can be executed by itself", () => {
    const { status, stdout } = spawnSync(COMMAND, ["--version"], { encoding: "utf8", env });
    expect(status).toBe(0);
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(stdout).toBe(`${version}\n`);
  });

  test.each([["help"], ["--help"], ["-h"]])("%s lists the commands and the exit codes", (option) => {
    const { status, stdout, stderr } = vpio(option);
    expect([status, stderr]).toEqual([0, ""]);
    for (const text of [
      "run [options] <scenario>",
      "validate [options] <scenario...>",
      "list",
      "schema",
      "Exit codes: 0",
    ])
      expect(stdout).toContain(text);
  });

  test.each(["run", "validate", "list", "schema"])("help %s has examples", (command) => {
    const { status, stdout } = vpio("help", command);
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: vpio ${command}`);
    expect(stdout).toContain("Examples:\n  vpio ");
  });

  test("unknown commands and options are usage errors with a suggestion", () => {
    expect(vpio("validat", "x.yaml")).toEqual({
      status: 2,
      stdout: "",
      stderr: "error: unknown command 'validat'\n(Did you mean validate?)\nTry: vpio help\n",
    });
    expect(vpio("list", "--jsn").stderr).toContain("(Did you mean --json?)");
  });

  test("data that cannot be written is an error, narration that cannot be is none", () => {
    file("good.yaml", GOOD);
    const full = openSync("/dev/full", "w");
    const run = (line: readonly string[], stdio: StdioOptions) =>
      spawnSync(process.execPath, [COMMAND, ...line], { encoding: "utf8", cwd: folder, env, stdio });
    const list = run(["list"], ["ignore", full, "pipe"]);
    expect([list.status, list.stderr]).toEqual([
      2,
      expect.stringMatching(/^error: stdout: cannot write it: ENOSPC/),
    ]);
    const { status, stdout } = run(["run", "good.yaml", "--duration", "10ms"], ["ignore", "pipe", full]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("All checked properties hold.")]);
    closeSync(full);
  });

  test("a reader who has enough takes no verdict with it, and gets none for what was cut off", () => {
    const closed = pipeWithoutReader();
    const run = (...line: readonly string[]) => {
      const stdio: StdioOptions = ["ignore", closed, "pipe"];
      const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...line], {
        ...{ encoding: "utf8", cwd: folder, env, stdio },
      });
      return { status, stderr };
    };
    expect(run("list")).toEqual({ status: 0, stderr: "" });
    expect(run("validate", "--json", file("empty.yaml", "")).status).toBe(2);
    expect(run("check", "--no-liveness", "--quiet")).toEqual({
      status: 3,
      stderr: "error: stdout: closed before the command was over\n",
    });
    closeSync(closed);
  });
});

describe("vpio validate", () => {
  test("says OK for each file without problems", () => {
    file("good.yaml", GOOD);
    expect(vpio("validate", "good.yaml", "two-tenants")).toEqual({
      status: 0,
      stdout: "good.yaml: OK\ntwo-tenants: OK\n",
      stderr: "",
    });
  });

  test("says all that is wrong with the others, by line and column", () => {
    file("good.yaml", GOOD);
    file("bad.yaml", GOOD.replace("20s", "5 parsecs").replace("to: gateway", "to: gatway"));
    const { status, stdout, stderr } = vpio("validate", "bad.yaml", "good.yaml", "none.yaml");
    expect([status, stdout]).toEqual([2, "good.yaml: OK\n"]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "bad.yaml:2:11: found '5 parsecs', expected a duration such as 250us, 10ms, 5s (units ns, us, ms, s, min)",
      "bad.yaml:6:48: unknown guest or peer 'gatway', did you mean 'gateway'? expected one of gateway, alice",
      "none.yaml: found no such file, and no scenario that ships",
    ]);
  });

  test("says the same as JSON", () => {
    file("good.yaml", GOOD);
    file("bad.yaml", GOOD.replace("20s", "5 parsecs"));
    const { status, stdout, stderr } = vpio("validate", "--json", "bad.yaml", "duel-rtl8139", "none.yaml");
    expect([status, stderr]).toEqual([2, ""]);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      scenarios: [
        {
          scenario: "bad.yaml",
          problems: [
            {
              place: { file: "bad.yaml", line: 2, column: 11 },
              message: expect.stringMatching(/^found '5 parsecs', expected a duration/),
            },
          ],
        },
        { scenario: "duel-rtl8139", problems: [] },
        { scenario: "none.yaml", problems: [{ message: expect.stringMatching(/no such file/) }] },
      ],
    });
  });
});

test("vpio schema prints the schema of the language", () => {
  const { status, stdout } = vpio("schema");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});

describe("vpio list", () => {
  const catalogue = () => JSON.parse(vpio("list", "--json").stdout);
  const namesOf = (listed: readonly { readonly name: string }[]): readonly string[] =>
    listed.map(({ name }) => name);

  test("has every scenario that ships", () => {
    const found = catalogue().scenarios.find(({ name }: { name: string }) => name === "eight-tenants");
    expect(found).toEqual({
      name: "eight-tenants",
      description: "Eight guests on two cards with mixed work, round-robin",
      mode: "vpio",
      guests: 8,
      cards: ["ne2000", "rtl8139"],
    });
  });

  test.each([
    ["modes", ["passthrough", "vpio", "vnic"]],
    ["cards", ["rtl8139", "ne2000"]],
    ["workloads", ["ping", "stream", "request-response", "receive", "dhcp", "replay", "hostile", "program"]],
    ["guests", ["program", "linux"]],
    ["attacks", ["dma-outside", "dma-over-end", "never-idle", "touch-unheld"]],
    ["policies", ["fifo", "round-robin", "fair-share"]],
    ["receive", ["drop", "hold", "arrival"]],
    ["peers", ["echo", "sink", "http", "source"]],
    ["uplinks", ["qemu", "passt"]],
  ])("has all %s, each with what it is", (what, names) => {
    const listed: readonly { readonly name: string; readonly description: string }[] = catalogue()[what];
    expect(listed.map(({ name }) => name)).toEqual(names);
    expect(listed.filter(({ description }) => description.length < 10)).toEqual([]);
  });

  test("has the scenarios made for stress, which go by their names as well", () => {
    const { stress, scenarios } = catalogue();
    const names = namesOf(stress);
    expect(names).toContain("duel-rtl8139");
    // None hides another.
    expect(names.filter((name) => namesOf(scenarios).includes(name))).toEqual([]);
    const { status, stdout } = vpio("validate", ...names);
    expect([status, stdout]).toEqual([0, names.map((name) => `${name}: OK\n`).join("")]);
  });

  test("is a table for people, with the same names", () => {
    const { stdout } = vpio("list");
    expect(stdout).toMatch(/^scenario +mode +guests +cards +what it shows\n/);
    expect(stdout).toMatch(/^fair-share +the guest that has had least for its weight$/m);
  });
});

describe("vpio run, on real threads", () => {
  test("runs a scenario to its report and its capture", () => {
    file("good.yaml", GOOD);
    const { status, stdout, stderr } = vpio("run", "good.yaml", "--json", "--pcap", "out.pcapng");
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("small in mode vpio: 1 guest on rtl0 (rtl8139) for 20.0 s\n");
    const { version, summary, findings } = JSON.parse(stdout);
    expect([version, findings]).toEqual([1, []]);
    expect(summary.guests[0]).toMatchObject({ name: "alice", workload: "ping" });
    const { frames } = readCapture(readFileSync(join(folder, "out.pcapng")), "out.pcapng");
    const { sentFrames } = summary.cards[0];
    expect(sentFrames).toBeGreaterThan(0);
    expect(frames.length).toBeGreaterThanOrEqual(sentFrames);
  });

  test("kills a guest's thread when told to, and says so", () => {
    file("good.yaml", GOOD);
    const { status, stdout, stderr } = vpio("run", "good.yaml", "--faults", "guest-crash=1/1");
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^guest-crash +a guest dies in mid-operation +1 +1$/m);
    expect(stdout).toContain("alice crashed: a fault has killed it\n");
  });

  test("records a run with faults, and replays it", () => {
    file("good.yaml", GOOD);
    const faults = "irq-late=1/1:9,frame-doubled=1/1:3";
    const recorded = vpio("run", "good.yaml", "--faults", faults, "--record", "run.vpio");
    expect(recorded.stdout).toMatch(/^irq-late .* [1-9] +9$/m);
    expect(recorded.stdout).toMatch(/^frame-doubled .* 3 +3$/m);
    const { status, stdout } = vpio("replay", "run.vpio");
    expect([status, stdout.split("\n")[0]]).toEqual([0, "small: the replay ends in the same state"]);
  });

  test("ends early at Ctrl-C, and reports", async () => {
    file("long.yaml", GOOD.replace("20s", "60s").replace(", count: 3", ""));
    const child = spawn(process.execPath, [COMMAND, "run", "long.yaml"], { cwd: folder, env });
    // The status lines begin when the guests run.
    const stderr = gather(child, "err");
    const stdout = gather(child, "out");
    await stderr.until(/ of 60\.0 s: 1 guest running/);
    child.kill("SIGINT");
    expect(await exitOf(child)).toEqual([0, null]);
    expect(stderr.text()).toContain("ending early\n");
    expect(stdout.text()).toMatch(/^small: mode vpio, /);
    expect(stdout.text()).toContain("All checked properties hold.");
  });

  test("a reader that has enough is no error", async () => {
    const child = spawn(process.execPath, [COMMAND, "schema"], { cwd: folder, env });
    child.stdout.destroy();
    const stderr = gather(child, "err");
    expect((await exitOf(child))[1]).toBeNull();
    expect(stderr.text()).toBe("");
  });
});

function gather(child: ChildProcess, which: "out" | "err") {
  const stream = which === "out" ? child.stdout : child.stderr;
  let text = "";
  stream?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((found, failed) => {
      const look = (): void => {
        if (pattern.test(text)) found();
      };
      look();
      stream?.on("data", look);
      stream?.on("close", () => failed(new Error(`${pattern} was not said, but: ${text}`)));
    });
  return { text: () => text, until };
}

const exitOf = (child: ChildProcess): Promise<readonly [number | null, string | null]> =>
  new Promise((resolved) => child.on("close", (code, signal) => resolved([code, signal])));
