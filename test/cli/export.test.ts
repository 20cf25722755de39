/** `vpio export`: what it lists and writes, and how it says no. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/engine/root.ts";
import { MACHINE_NAMES } from "../../src/export/machines/catalogue.ts";
import { MACHINE_FORMATS } from "../../src/export/machines/formats.ts";
import { duel } from "../stress/support.ts";
import { say } from "./support.ts";

function duelFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), "vpio-export-")), "duel.yaml");
  writeFileSync(file, duel("rtl8139"));
  return file;
}

describe("vpio export without a name", () => {
  it("lists the statecharts and the formats", async () => {
    const { code, out } = await say(["export"]);
    expect(code).toBe(0);
    for (const name of MACHINE_NAMES) expect(out).toMatch(new RegExp(`^${name} `, "m"));
    expect(out).toContain(
      "formats of runs (scenarios, recordings, counterexamples): mermaid, perfetto, pcapng",
    );
  });

  it("lists them as JSON", async () => {
    const { code, out } = await say(["export", "--json"]);
    expect(code).toBe(0);
    const { machines } = JSON.parse(out) as { readonly machines: readonly { readonly name: string }[] };
    expect(machines.map(({ name }) => name)).toEqual(MACHINE_NAMES);
  });

  it("wants to know what to write", async () => {
    const { code, err } = await say(["export", "--format", "svg"]);
    expect(code).toBe(2);
    expect(err).toContain("expected what to export: a statechart (guest, linux, nic,");
  });
});

describe("vpio export of a statechart", () => {
  it.each(MACHINE_FORMATS)("writes %s to stdout, and the same to a file", async (format) => {
    const folder = mkdtempSync(join(tmpdir(), "vpio-export-"));
    const file = join(folder, "out");
    const { code, out, err } = await say(["export", "arbiter", "--format", format]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("revoking");
    const written = await say(["export", "arbiter", "--format", format, "--output", file]);
    expect([written.code, written.out]).toEqual([0, ""]);
    expect(readFileSync(file, "utf8")).toBe(out);
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.each([
    [
      ["arbiter", "--format", "perfetto"],
      "arbiter: found --format perfetto, expected of a statechart one of mermaid",
    ],
    [
      ["arbiter"],
      "arbiter: found no --format, expected of a statechart one of mermaid, dot, scxml, svg, xstate",
    ],
    [["arbiter", "--format", "svg", "--seed", "1"], "which is of runs only"],
    [["arbiter", "--format", "svg", "--json"], "--json is for the list"],
    [["arbitre", "--format", "svg"], "Did you mean 'arbiter'?"],
    [
      ["arbiter", "--format", "png"],
      "Allowed choices are mermaid, dot, scxml, svg, xstate, perfetto, pcapng",
    ],
  ])("says no to %j", async (args, text) => {
    const { code, out, err } = await say(["export", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(text);
  });

  it("says where it cannot write, and leaves nothing", async () => {
    const folder = join(tmpdir(), "vpio-export-nowhere");
    const { code, err } = await say([
      "export",
      "arbiter",
      "--format",
      "svg",
      "--output",
      join(folder, "x.svg"),
    ]);
    expect(code).toBe(2);
    expect(err).toContain("cannot write it");
    expect(existsSync(folder)).toBe(false);
  });
});

describe("vpio export of a run", () => {
  it("plays a scenario by its seed", async () => {
    const file = duelFile();
    const args = ["export", file, "--format", "mermaid", "--moves", "1000"];
    const [one, same, other] = [await say(args), await say(args), await say([...args, "--seed", "1"])];
    expect([one.code, one.err]).toEqual([0, "moves 1 to 1,000; the run goes on (--from, --moves)\n"]);
    expect(one.out).toContain("sequenceDiagram");
    expect(same.out).toBe(one.out);
    expect(other.out).not.toBe(one.out);
  });

  it("writes a part of it, quietly when asked to", async () => {
    const { code, out, err } = await say([
      ...["export", duelFile(), "--format", "perfetto", "--from", "501", "--moves", "200", "--quiet"],
    ]);
    expect([code, err]).toEqual([0, ""]);
    const { otherData } = JSON.parse(out) as { readonly otherData: object };
    expect(otherData).toMatchObject({ scenario: "duel", firstMove: 501, lastMove: 700, time: "virtual" });
  });

  it("plays a scenario in another mode", async () => {
    const { out } = await say([
      ...["export", duelFile(), "--format", "perfetto", "--mode", "vnic", "--moves", "100", "--quiet"],
    ]);
    expect(JSON.parse(out)).toMatchObject({ otherData: { mode: "vnic" } });
  });

  it("writes the frames to a pipe byte for byte as to a file", async () => {
    const [scenario, command] = [duelFile(), join(packageRoot(), "dist/src/cli/main.js")];
    const file = `${scenario}.pcapng`;
    const line = [command, "export", scenario, "--format", "pcapng", "--quiet"];
    const piped = execFileSync(process.execPath, line, { stdio: "pipe" });
    await say([...line.slice(1), "--output", file]);
    expect(piped.length).toBeGreaterThan(1_000);
    expect(readFileSync(file).equals(piped)).toBe(true);
  });

  it("writes the frames as bytes", async () => {
    const { code, out } = await say(["export", duelFile(), "--format", "pcapng"]);
    expect(code).toBe(0);
    expect(Buffer.from(out, "latin1").readUInt32LE(0)).toBe(0x0a0d0d0a);
  });

  it.each([
    [["two-tenants", "--format", "svg"], "expected of a run one of mermaid, perfetto, pcapng"],
    [["two-tenants"], "two-tenants: found no --format, expected of a run one of mermaid, perfetto, pcapng"],
    [["scenarios", "--format", "mermaid"], "scenarios: found a folder"],
    [["package.json", "--format", "mermaid"], "package.json:"],
  ])("says no to %j", async (args, text) => {
    const { code, out, err } = await say(["export", ...args]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(text);
  });

  it("says how long the run is to who begins behind its end, and leaves no file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vpio-export-"));
    const output = join(folder, "out.mmd");
    const { code, err } = await say([
      ...["export", duelFile(), "--format", "mermaid", "--from", "9000000", "--output", output],
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/found --from 9000000, expected a move of the run: it has \d+/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("vpio export of a file", () => {
  it("does not overwrite what it reads", async () => {
    const file = duelFile();
    const { code, err } = await say(["export", file, "--format", "mermaid", "--output", file]);
    expect([code, err]).toEqual([2, `error: ${file}: cannot write it: it is the file that is read\n`]);
    expect(readFileSync(file, "utf8")).toBe(duel("rtl8139"));
  });

  it("plays a counterexample, which has its schedule", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "vpio-export-")), "found.vpio");
    const size = { guests: 2, moves: 0, switches: 0 };
    const violation = { property: 1, oracle: "ownership", incident: { what: "x", atNs: 0, move: 1 } };
    const names = ["guest 1 steps"];
    writeFileSync(
      file,
      JSON.stringify({
        ...{ format: "vpio counterexample", version: 1, vpio: "0.1.0", file: "duel.yaml" },
        ...{ text: duel("rtl8139"), overrides: {}, seed: 1, scheduler: "random", violation },
        ...{ from: size, to: size, ending: "cut", strikes: [], names, moves: [0] },
      }),
    );
    const { code, out } = await say(["export", file, "--format", "perfetto", "--quiet"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ otherData: { scenario: "duel", firstMove: 1, lastMove: 1 } });
    const older = readFileSync(file, "utf8").replace('"vpio":"0.1.0"', '"vpio":"0.0.9"');
    writeFileSync(file, older);
    const warned = await say(["export", file, "--format", "perfetto", "--quiet"]);
    expect([warned.code, warned.err]).toEqual([0, expect.stringContaining("was written by vpio 0.0.9")]);
    const seeded = await say(["export", file, "--format", "perfetto", "--seed", "3"]);
    expect(seeded.code).toBe(2);
    expect(seeded.err).toContain("what is in a file has its schedule");
    writeFileSync(file, readFileSync(file, "utf8").replace("guest 1 steps", "guest 9 steps"));
    const diverged = await say(["export", file, "--format", "perfetto"]);
    expect(diverged.code).toBe(4);
    expect(diverged.err).toContain('recorded is "guest 9 steps"');
  });

  it("says what is wrong with a file that is damaged", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "vpio-export-")), "bad.vpio");
    writeFileSync(file, '{"format":"vpio recording","version":1}');
    const { code, err } = await say(["export", file, "--format", "mermaid"]);
    expect(code).toBe(2);
    expect(err).toContain("bad.vpio: found no recording of version 1");
  });
});
