/** A user's mistake in a file that a workload names is a usage error, wherever it is found. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/engine/root.ts";

it("a program without a default export ends with exit code 2 and the file's name", () => {
  const folder = mkdtempSync(join(tmpdir(), "vpio-"));
  writeFileSync(join(folder, "mine.ts"), "export const x = 1;");
  const scenario = join(folder, "scenario.yaml");
  const guest = "{ name: a, workload: { kind: program, file: mine.ts } }";
  writeFileSync(scenario, `name: mine\ncards: [{ name: rtl0, kind: rtl8139 }]\nguests: [${guest}]\n`);
  const command = join(packageRoot(), "dist/src/cli/main.js");
  try {
    execFileSync(process.execPath, [command, "run", scenario], { stdio: "pipe" });
    expect.unreachable("the run must fail");
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    expect(status).toBe(2);
    expect(stderr.toString()).toContain("mine.ts: found no default export");
  }
});

it("an exception that nobody expects ends with exit code 5: no property was violated", () => {
  const folder = mkdtempSync(join(tmpdir(), "vpio-"));
  const late = 'setTimeout(() => { throw new Error("too late"); }); export default function* () {}';
  writeFileSync(join(folder, "late.js"), late);
  const scenario = join(folder, "scenario.yaml");
  const guest = "{ name: a, workload: { kind: program, file: late.js } }";
  writeFileSync(scenario, `name: mine\ncards: [{ name: rtl0, kind: rtl8139 }]\nguests: [${guest}]\n`);
  const command = join(packageRoot(), "dist/src/cli/main.js");
  const { status, stderr } = spawnSync(process.execPath, [command, "studio", scenario, "--no-open"], {
    encoding: "utf8",
  });
  expect(status).toBe(5);
  expect(stderr).toContain("internal error: Error: too late");
});

it("a recorded run replays to its own state, and to no other", () => {
  const folder = mkdtempSync(join(tmpdir(), "vpio-"));
  const command = join(packageRoot(), "dist/src/cli/main.js");
  const file = join(folder, "run.vpio");
  const vpio = (...args: string[]): string =>
    execFileSync(process.execPath, [command, ...args], { stdio: "pipe" }).toString();
  vpio("run", "two-tenants", "--duration", "500ms", "--record", file);
  expect(vpio("replay", file)).toContain("the replay ends in the same state");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"finalHash":"[0-9a-f]/, '"finalHash":"x'));
  expect(() => vpio("replay", file)).toThrow(expect.objectContaining({ status: 4 }));
});
