/** A user's mistake in a file that a workload names is a usage error, wherever it is found. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
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
