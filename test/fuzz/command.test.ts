/** `npm run fuzz` as it ships. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const COMMAND = resolve("dist/bench/fuzz.js");
const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };

const fuzz = (...args: readonly string[]) =>
  spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8", env });

describe("npm run fuzz", () => {
  it("attacks every card at every level, and says what came of it", () => {
    const { status, stdout, stderr } = fuzz("--ops", "5_000", "--seed", "3");
    expect(status).toBe(0);
    expect(stderr).toContain("seed 3\n");
    const rows = stdout.trimEnd().split("\n").slice(1);
    expect(rows.map((row) => row.split(/ +/).slice(0, 3).join(" "))).toEqual([
      "rtl8139 silicon 5,000",
      "rtl8139 dmm 5,000",
      "ne2000 silicon 5,000",
      "ne2000 dmm 5,000",
    ]);
    expect(rows.every((row) => row.endsWith("nothing broken"))).toBe(true);
  });

  it("tells programs the same, for the card and the level that are asked for", () => {
    const args = ["--ops", "100", "--seed", "4", "--card", "ne2000", "--level", "dmm", "--json"];
    const { status, stdout } = fuzz(...args);
    expect(status).toBe(0);
    const { seed, campaigns } = JSON.parse(stdout);
    expect(seed).toBe(4);
    expect(campaigns).toEqual([
      expect.objectContaining({ card: "ne2000", level: "dmm", seed: 4, operations: 100 }),
    ]);
    expect(campaigns[0].tally.handOffs).toBeGreaterThan(0);
  });

  it.each(["--ops 0", "--ops many", "--seed -1", "--card e1000", "--surprise"])("refuses %s", (line) => {
    const { status, stdout, stderr } = fuzz(...line.split(" "));
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error: ");
  });

  it("gives the summary so far when it is interrupted", async () => {
    const child = spawn(process.execPath, [COMMAND, "--seed", "1"], { env, stdio: "pipe" });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      // The signals are listened for from here on.
      if (err === "") child.kill("SIGINT");
      err += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(err).toContain("ending with the round under way");
    expect(out).toMatch(/^rtl8139 +silicon +\d[\d,]*000 .* nothing broken$/m);
    expect(out).not.toContain("ne2000");
  });
});
