/** `vpio check`: what it prints, and its exit codes. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { duel } from "../stress/support.ts";
import { type Said, say } from "./support.ts";

interface WorldReport {
  readonly world: string;
  readonly verdict: string;
  readonly notCovered: readonly string[];
  readonly reduced: boolean;
  readonly stopped: boolean;
  readonly properties: readonly { readonly property: string; readonly verdict: string }[];
  readonly safety: { readonly states: number };
  readonly liveness?: { readonly waiting: number };
}

interface Report {
  readonly worlds: readonly WorldReport[];
}

const NOTHING: WorldReport = {
  ...{ world: "", verdict: "", notCovered: [], reduced: false, stopped: false, properties: [] },
  safety: { states: 0 },
};

/** The path of one with a single guest for each card, in vnic mode. */
function vnicScenario(): string {
  const file = join(mkdtempSync(join(tmpdir(), "vpio-check-")), "vnic.yaml");
  writeFileSync(
    file,
    "name: v\nmode: vnic\ncards: [{ name: card0, kind: rtl8139 }]\nguests: [{ name: alice, workload: { kind: receive } }]\n",
  );
  return file;
}

describe("vpio check", () => {
  it("refuses a counterexample that cannot be written, before it explores anything", async () => {
    const { code, out, err } = await say(["check", "--counterexample", "nowhere/found.vpio"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe("error: nowhere/found.vpio: cannot write it: ENOENT: no such file or directory\n");
  });

  it("does not overwrite the scenario with a counterexample", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "vpio-check-")), "duel.yaml");
    writeFileSync(file, duel("rtl8139"));
    const { code, err } = await say(["check", file, "--counterexample", file]);
    expect([code, err]).toEqual([2, `error: ${file}: cannot write it: it is the file that is read\n`]);
    expect(readFileSync(file, "utf8")).toBe(duel("rtl8139"));
  });

  it("gives a verdict on each property, with counts", { timeout: 60_000 }, async () => {
    const { code, out } = await say(["check", "--world", "order", "--guests", "3", "--reduce", "--json"]);
    expect(code).toBe(0);
    const { worlds } = JSON.parse(out) as Report;
    expect(worlds.map(({ world, verdict, reduced }) => [world, verdict, reduced])).toEqual([
      ["order", "holds", true],
    ]);
    const [{ properties, liveness, safety } = NOTHING] = worlds;
    expect(safety.states).toBeGreaterThan(10_000);
    expect(liveness?.waiting).toBeGreaterThan(10_000);
    const unknown = properties.filter(({ verdict }) => verdict !== "holds");
    expect(unknown.map(({ property }) => property)).toEqual(["bounded channels"]);
  });

  it("lets guests pass as many operations through as it is told", { timeout: 60_000 }, async () => {
    const run = (...more: string[]): Promise<Said> =>
      say(["check", "--world", "order", "--reduce", "--no-liveness", "--json", "--quiet", ...more]);
    const [none, one] = await Promise.all([run("--passed", "0"), run()]);
    const [without, within] = [none, one].map(({ out }) => (JSON.parse(out) as Report).worlds[0] ?? NOTHING);
    expect(without?.notCovered).toContain("passed-through operations");
    expect(within?.notCovered).toContain("more than 1 passed-through operations in one ownership");
    expect(within?.safety.states).toBeGreaterThan(2 * (without?.safety.states ?? Infinity));
  });

  it("is inconclusive, with exit code 3, when its memory is used up", { timeout: 60_000 }, async () => {
    const { code, out } = await say(["check", "--world", "order", "--memory", "4"]);
    expect(code).toBe(3);
    expect(out).toMatch(/inconclusive: out of memory with \d+ states still to be looked at; up to \d+ steps/);
  });

  it("checks each card of a scenario under its own policy", { timeout: 60_000 }, async () => {
    const { code, out } = await say([
      "check",
      "eight-tenants",
      "--guests",
      "2",
      "--world",
      "order",
      "--reduce",
      "--no-liveness",
    ]);
    expect(code).toBe(0);
    const titles = out.split("\n").filter((line) => /^\S.*guests/.test(line));
    expect(titles).toHaveLength(2);
    expect(titles[0]).not.toBe(titles[1]);
    expect(out).toContain("guests share");
  });

  it("shows a lasso, with exit code 1, where a guest may starve", { timeout: 60_000 }, async () => {
    const { code, out } = await say(["check", "--world", "order", "--policy", "any"]);
    expect(code).toBe(1);
    expect(out).toMatch(/violated: answered: guest 0 waits for ever: from step \d+ on the same \d+ steps/);
    expect(out).toContain("sequenceDiagram\n");
  });

  it("says that without vpio no card changes hands", async () => {
    const { code, err } = await say(["check", vnicScenario()]);
    expect(code).toBe(2);
    expect(err).toContain("found mode vnic, expected vpio");
  });

  it("ends early at Ctrl-C, and says what it has covered", { timeout: 60_000 }, async () => {
    const running = say(["check", "--guests", "3", "--json"]);
    await new Promise((resolve) => setImmediate(resolve));
    process.emit("SIGINT");
    const { code, out } = await running;
    expect(code).toBe(3);
    const { worlds } = JSON.parse(out) as Report;
    expect(worlds.map(({ verdict, stopped }) => [verdict, stopped])).toEqual([["inconclusive", true]]);
    expect(worlds[0]?.safety.states).toBeGreaterThan(0);
  });
});

interface ModelReport {
  readonly properties: Readonly<Record<string, string>>;
  readonly notCovered: readonly string[];
  readonly worlds: readonly {
    readonly name: string;
    readonly bound: number;
    readonly verdict: string;
    readonly states: number;
  }[];
}

describe("vpio check --model", () => {
  it("shows the holes in the published model of the RTL8139", async () => {
    const { code, out } = await say(["check", "--model", "paper/rtl8139"]);
    expect(code).toBe(1);
    expect(out).toContain("hole 1  reusable: two transmits, one TOK, reusable with a DMA in flight\n");
    expect(out).toContain("the driver writes TSD1");
    expect(out).toContain("3 holes");
  });

  it("gives a verdict on each property of a model that runs, and says what it has not looked at", async () => {
    const { code, out } = await say(["check", "--model", "rtl8139", "--steps", "2", "--json"]);
    expect(code).toBe(0);
    const { properties, notCovered, worlds } = JSON.parse(out) as ModelReport;
    expect(new Set(Object.values(properties))).toEqual(new Set(["bounded"]));
    expect(Object.keys(properties)).toEqual([
      ...["reusable", "drained", "checked", "transparent", "released", "refused"],
    ]);
    expect(notCovered).toContain("longer ways than those");
    expect(worlds.map(({ bound, verdict }) => [bound, verdict])).toEqual(worlds.map(() => [2, "bounded"]));
    const text = await say(["check", "--model", "rtl8139", "--steps", "2"]);
    expect(text.out).toMatch(/^transmit +\d+ +\d+ +2 +ways of up to 2 steps/m);
    expect(text.out).toMatch(/^checked +holds within the bounds +no DMA starts/m);
  });

  it("is inconclusive when time is up, and knows no verdict then", async () => {
    const { code, out } = await say(["check", "--model", "ne2000", "--seconds", "1", "--memory", "256"]);
    expect(code).toBe(3);
    expect(out).toMatch(/inconclusive: out of time at depth \d+, [\d,]+ states not expanded/);
    expect(out).toMatch(/^reusable +unknown/m);
    expect(out).toContain("not covered: the worlds ");
  });

  it("ends early at Ctrl-C", async () => {
    const running = say(["check", "--model", "ne2000"]);
    setTimeout(() => process.emit("SIGINT"), 0);
    const { code, out, err } = await running;
    expect([code, err.includes("ending early")]).toEqual([3, true]);
    expect(out).toContain("inconclusive: stopped at depth");
  });

  it("walks at random, so many steps, the same for the same seed", async () => {
    const line = ["check", "--model", "rtl8139", "--walk", "300", "--seed", "7"];
    const { code, out } = await say(line);
    expect([code, out]).toEqual([0, "300 steps at random in 2 rounds, seed 7: nothing is broken\n"]);
    expect((await say(line)).out).toBe(out);
  });

  it.each([
    [["--hooks", "--walk", "5"], "found --walk and --hooks, expected one of them"],
    [["--seed", "5"], "found --seed without --walk"],
    [["--hooks", "--steps", "3"], "found --steps with --hooks"],
    [["--walk", "9", "--seconds", "3"], "found --seconds with --walk"],
    [["--steps", "0"], "Expected a whole number from 1"],
    [["--guests", "3"], "found --guests with --model, expected one of them"],
    [["--no-liveness"], "found --no-liveness with --model"],
    [["--jobs", "1"], "found --jobs with --model"],
    [["two-tenants"], "found two-tenants with --model"],
  ])("is told what does not go together: %j", async (options, complaint) => {
    const { code, err } = await say(["check", "--model", "rtl8139", ...options]);
    expect([code, err.includes(complaint)]).toEqual([2, true]);
  });

  it("has no hooked list for a published model, and no steps for the protocol", async () => {
    const paper = await say(["check", "--model", "paper/ne2000", "--hooks"]);
    expect([paper.code, paper.err.includes("found paper/ne2000")]).toEqual([2, true]);
    const protocol = await say(["check", "--steps", "3"]);
    expect([protocol.code, protocol.err.includes("found --steps without --model")]).toEqual([2, true]);
  });
});
