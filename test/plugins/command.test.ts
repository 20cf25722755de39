/** A card out of tree through the command as it ships: from a folder that is not the repository's, on real threads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { loadFilesOf } from "../../src/engine/loaded.ts";
import { replayRun } from "../../src/engine/replay-run.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { MODES } from "../../src/scenario/scenario.ts";
import { vpioIn } from "../support/command.ts";

let folder: string;

/** An RTL8139 of nobody's. */
const TOY = `import { type Device, rtl8139 } from "vpio/device";
export default { ...rtl8139, pci: { ...rtl8139.pci, vendor: 0x1af4 } } satisfies Device;
`;
/** The same, and its VMM forgets to reset it between guests. */
const FORGETFUL = `import { rtl8139 } from "vpio/device";
export default { ...rtl8139, model: { ...rtl8139.model, *resetCard() {} } };
`;

const scenarioWith = (file: string): string => `name: toys
duration: 60s
costs: { restore: 1ns, exit: 2us, step: 200ns }
plugins: [{ card: toy, file: ${file} }]
wire: { peers: [{ kind: echo, name: gateway }] }
cards: [{ name: toy0, kind: toy, policy: { kind: round-robin, quantum: 10us } }]
guests:
  - { name: alice, memory: 256KiB, address: registers, workload: { kind: ping, to: gateway, count: 2 } }
  - { name: bob, memory: 256KiB, address: registers, workload: { kind: stream, to: gateway, size: 20, count: 2 } }
`;

/** Two guests that have the time they need, with a quantum of its default length. */
const atEase = (file: string): string =>
  scenarioWith(file).replace("{ kind: round-robin, quantum: 10us }", "fifo");

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-plugged-"));
  writeFileSync(join(folder, "toy.ts"), TOY);
  writeFileSync(join(folder, "forgetful.ts"), FORGETFUL);
  writeFileSync(join(folder, "no-card.ts"), "export const toy = 1;");
  writeFileSync(join(folder, "toys.yaml"), atEase("toy.ts"));
  writeFileSync(join(folder, "duel.yaml"), scenarioWith("toy.ts"));
  writeFileSync(join(folder, "forgetful.yaml"), scenarioWith("forgetful.ts"));
  writeFileSync(join(folder, "no-card.yaml"), scenarioWith("no-card.ts"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const vpio = (...line: readonly string[]) => vpioIn(folder, line);

describe("vpio with a card that its scenario plugs in", () => {
  it("runs it on threads, records it, and replays it to a page", () => {
    const { status, stdout, stderr } = vpio("run", "toys.yaml", "--json", "--record", "run.vpio");
    expect(status, stderr).toBe(EXIT.ok);
    const { summary } = JSON.parse(stdout);
    expect(summary.cards[0]).toMatchObject({ name: "toy0", kind: "toy" });
    expect(summary.cards[0].handoffs).toBeGreaterThan(0);
    expect(summary.guests[0].roundTrip ?? summary.guests[0].latency).toMatchObject({ count: 2 });
    expect(summary.cards[0].paper).toBeUndefined();
    const replayed = vpio("replay", "run.vpio", "--report", "page.html");
    expect(replayed.status, replayed.stderr).toBe(EXIT.ok);
    expect(replayed.stdout).toContain("the replay ends in the same state");
    expect(readFileSync(join(folder, "page.html"), "utf8")).toContain("<html");
  });

  it("stresses it, each seed twice", () => {
    const { status, stdout, stderr } = vpio("stress", "duel.yaml", "--seeds", "4", "--twice", "--jobs", "1");
    expect(status, stderr).toBe(EXIT.ok);
    expect(stdout).toContain("All properties hold.");
  });

  it("finds what is wrong with its model, and shows it again", () => {
    const line = ["stress", "forgetful.yaml", "--seeds", "1", "--attempts", "5", "--jobs", "1"];
    const { status, stdout } = vpio(...line);
    expect([status, stdout]).toEqual([EXIT.violated, expect.stringContaining("VIOLATED by 1 seed")]);
    const counterexample = vpio("replay", "toys-0.vpio");
    expect(counterexample.status, counterexample.stderr).toBe(EXIT.violated);
    expect(counterexample.stdout).toContain("the same violation");
  });

  it("validates its file too", () => {
    expect(vpio("validate", "toys.yaml")).toMatchObject({ status: EXIT.ok, stdout: "toys.yaml: OK\n" });
    const message = "no-card.ts: found no default export, expected a card: a Device of vpio/device";
    expect(vpio("validate", "no-card.yaml")).toMatchObject({ status: EXIT.usage, stderr: `${message}\n` });
    for (const command of ["run", "stress"]) {
      const { status, stderr } = vpio(command, "no-card.yaml");
      expect([status, stderr]).toEqual([EXIT.usage, expect.stringContaining(message)]);
    }
  });

  it("has no model of it to check", () => {
    const { status, stderr } = vpio("check", "--model", "toy");
    expect([status, stderr]).toEqual([
      EXIT.usage,
      expect.stringContaining("Allowed choices are rtl8139, ne2000"),
    ]);
    expect(vpio("help", "check").stdout).toMatch(
      /a device model instead of the protocol; of a card\s+that is built\s+in/,
    );
  });
});

describe("a run with a card that its scenario plugs in", () => {
  it.each(MODES)("ends in the same state when replayed in %s mode", async (mode) => {
    const scenario = loadScenario(join(folder, "toys.yaml"), { mode });
    const { recording, report } = await runOnThreads(scenario, { record: true });
    if (recording === undefined) throw new Error("the run was recorded");
    expect(report.cards[0]?.sentFrames).toBeGreaterThan(0);
    expect(replayRun(scenario, await loadFilesOf(scenario), recording).finalHash).toBe(recording.finalHash);
  });
});
