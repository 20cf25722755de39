/** The faults of a command line, and of the documentation. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAULT_KINDS, FAULTS, parseFaults } from "../../src/transport/fault-plan.ts";

describe("a list of faults", () => {
  it("names each once", () => {
    expect(() => parseFaults("irq-late,slow-guest,irq-late=1/2")).toThrow(
      expect.objectContaining({ code: "USAGE", message: "found irq-late twice, expected each fault once" }),
    );
  });
});

describe("docs/scenarios.md", () => {
  const docs = readFileSync("docs/scenarios.md", "utf8");

  it.each(FAULT_KINDS)("has the rate and the budget of %s", (kind) => {
    const row = docs.split("\n").find((line) => line.startsWith(`| \`${kind}\` |`));
    const { rate, budget } = FAULTS[kind];
    expect(row).toMatch(new RegExp(`\\| ${rate.join("/")} \\| ${budget} \\|$`));
  });
});
