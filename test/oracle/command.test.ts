import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runOracleCommand } from "../../src/oracle/command.ts";
import { describeWithQemu } from "./with-qemu.ts";

const LIMIT_MS = 60_000;

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runOracleCommand(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("npm run oracle", () => {
  it("explains itself", async () => {
    expect(await run("--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining("--card NAME"),
      err: "",
    });
  });

  it.each([
    [["--card", "tulip"], /no card "tulip": there are rtl8139, ne2000, ne2000-isa/],
    [["--ops", "many"], /--ops takes a whole number, not "many"/],
    [["--frobnicate"], /--frobnicate/],
  ] as const)("refuses %j", async (args, message) => {
    expect(await run(...args)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  });
});

describeWithQemu("npm run oracle, with QEMU", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vpio-oracle-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("says how much it has compared", { timeout: LIMIT_MS }, async () => {
    const { code, out, err } = await run("--card", "rtl8139", "--ops", "5000", "--seed", "4");
    expect(code).toBe(0);
    expect(out).toMatch(/^rtl8139 against QEMU's rtl8139, seed 4\n/);
    expect(out).toMatch(/operations compared: [\d,]+\n {2}masked: [\d,]+\n {2}differing: 0$/);
    expect(err).toMatch(/rtl8139: [\d,]+ operations/);
  });

  it("says the same as JSON", { timeout: LIMIT_MS }, async () => {
    const { out } = await run("--card", "ne2000", "--ops", "3000", "--json");
    const report = JSON.parse(out);
    expect(report).toMatchObject({ card: "ne2000", device: "ne2k_pci", seed: 1, differing: 0 });
    expect(report.operations).toBeGreaterThanOrEqual(3000);
    expect(report.drivers).toHaveLength(2);
  });

  it("runs a program that was pasted", { timeout: LIMIT_MS }, async () => {
    const path = join(folder, "program.txt");
    writeFileSync(path, "out 37 1 8  # CR\nout 44 4 2\nframe 525400123456020000000001 60 0\n");
    expect(await run("--card", "rtl8139", "--program", path)).toMatchObject({
      code: 0,
      out: "rtl8139: the cards agree",
    });
  });

  it("says where a program is none, or is not", async () => {
    const path = join(folder, "broken.txt");
    writeFileSync(path, "out 37 1 8\nfly\n");
    expect(await run("--program", path)).toMatchObject({ code: 2, err: "line 2: no step: fly" });
    expect(await run("--program", join(folder, "absent"))).toMatchObject({ code: 2 });
  });
});
