/** Every scenario that ships: it runs, and Wireshark reads its capture without a complaint. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import { captureChunks } from "../../src/export/capture.ts";
import { exitCodeOf, findingsOf } from "../../src/export/properties.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { expectTransmitTransparent } from "../support/seeded.ts";

const NAMES = readdirSync("scenarios")
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

const tsharkWorks = spawnSync("tshark", ["--version"]).status === 0;
if (!tsharkWorks && process.env["CI"] !== undefined) throw new Error("CI must have tshark installed");
if (!tsharkWorks) process.stderr.write("SKIPPED: tshark is not installed, so nobody judges the captures\n");

/** What a scenario needs that is not npm's. */
const NEEDS: Readonly<Record<string, string>> = { "uplink-passt": "passt" };
const isMissing = (name: string): boolean => {
  const command = NEEDS[name];
  const missing =
    command !== undefined && spawnSync(command, ["--version"], { stdio: "ignore" }).status !== 0;
  if (missing && process.env["CI"] !== undefined) throw new Error(`CI must have ${command} installed`);
  if (missing) process.stderr.write(`SKIPPED: ${command} is not installed, so ${name} has not run\n`);
  return missing;
};

const folder = mkdtempSync(join(tmpdir(), "vpio-"));

/** Reads the whole capture; answers the number of packets. */
function judge(file: string): number {
  const { status, stdout, stderr } = spawnSync("tshark", ["-r", file, "-T", "fields", "-e", "frame.number"], {
    maxBuffer: 1 << 28,
  });
  const complaints = stderr.toString().replace(/^Running as user.*\n/m, "");
  expect({ status, complaints }).toEqual({ status: 0, complaints: "" });
  return stdout.toString().split("\n").filter(Boolean).length;
}

describe.each(NAMES.filter((name) => !isMissing(name)))("%s", (name) => {
  it("runs to its report, and its capture is in order", async () => {
    const scenario = loadScenario(`scenarios/${name}.yaml`, { durationNs: 1_200_000_000 });
    const outcome = await runOnThreads(scenario, { capture: true });
    expect(exitCodeOf(outcome.report, findingsOf(outcome.report, scenario))).toBe(0);
    const kernels = scenario.guests.filter(
      ({ workload }) => !["hostile", "program", "linux"].includes(workload.kind),
    );
    expectTransmitTransparent(
      scenario,
      outcome.frames,
      kernels.map(({ id }) => id),
      false,
    );
    if (!tsharkWorks) return;
    const file = join(folder, `${name}.pcapng`);
    writeFileSync(file, Buffer.concat([...captureChunks(scenario, outcome, "vpio test")]));
    expect(judge(file)).toBe(outcome.frames.length);
  });
});

it("README names every scenario", () => {
  const readme = readFileSync("README.md", "utf8");
  expect(NAMES.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
