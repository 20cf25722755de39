/** README shows the table of mutants as the documentation of the oracle has it. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("README shows every mutant, and when it is found", () => {
  const rows = readFileSync("docs/oracle.md", "utf8")
    .split("### Mutants of")
    .slice(1)
    .flatMap((part) => part.split("\n").filter((line) => line.startsWith("| ")));
  const readme = readFileSync("README.md", "utf8");
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});
