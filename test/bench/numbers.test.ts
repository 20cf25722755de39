/** Benches as they are built, told what they cannot do. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const bench = (name: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [`dist/bench/${name}.js`, ...args], { encoding: "utf8" });

it.each([
  ["main", "5"],
  ["replay", "nope"],
  ["replay", "0"],
  ["studio", "100", "65"],
  ["linux", "1.5"],
])("%s refuses %s", (name, ...args) => {
  const { status, stdout, stderr } = bench(name, ...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error: /);
});

it("has help", () => {
  const { status, stdout } = bench("replay", "--help");
  expect([status, stdout]).toEqual([
    0,
    expect.stringContaining("Usage: npm run bench:replay -- [options] [runs]"),
  ]);
});
