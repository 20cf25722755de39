/** Cards of ours with one thing broken: the oracle finds each of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCampaign } from "../../src/oracle/campaign.ts";
import { Mutant } from "./mutants/mutant.ts";
import { MUTANTS, mutantRow } from "./mutants/mutant-table.ts";
import { describeWithQemu } from "./with-qemu.ts";

const OPS = 100_000;
const SEED = 1;
const LIMIT_MS = 60_000;
const DOCS = readFileSync(join(import.meta.dirname, "../../docs/oracle.md"), "utf8");

describe.each(MUTANTS)("the mutants of $0.name", (_card, mutations) => {
  it("are at least twenty, each of a class of its own", () => {
    expect(mutations.length).toBeGreaterThanOrEqual(20);
    expect(new Set(mutations.map(({ behaviour }) => behaviour)).size).toBe(mutations.length);
  });

  it("are all in the documentation", () => {
    const missing = mutations.filter(
      ({ behaviour, broken }) => !DOCS.includes(`| ${behaviour} | ${broken} |`),
    );
    expect(missing).toEqual([]);
  });
});

describeWithQemu.each(MUTANTS)("$0.name", (card, mutations) => {
  it.each(mutations)("$behaviour: $broken", { timeout: LIMIT_MS }, async (mutation) => {
    const makeSubject = (slot: Parameters<typeof card.makeSilicon>[0]) =>
      new Mutant(card.makeSilicon, slot, mutation.make());
    const { failure, operations } = await runCampaign({
      card,
      ops: OPS,
      seed: SEED,
      shrinks: false,
      makeSubject,
    });
    expect(operations).toBeLessThanOrEqual(OPS);
    expect(DOCS).toContain(mutantRow(mutation, operations, failure?.difference.kind ?? "nothing"));
  });
});

describeWithQemu("the shortest program", () => {
  it("that shows a mutant is short, and of the steps that matter", { timeout: LIMIT_MS }, async () => {
    const [card, mutations] = MUTANTS[0] as (typeof MUTANTS)[number];
    const mutation = mutations.find(({ behaviour }) => behaviour === "condition of a write");
    const makeSubject = (slot: Parameters<typeof card.makeSilicon>[0]) =>
      new Mutant(card.makeSilicon, slot, mutation?.make() ?? {});
    const { failure } = await runCampaign({ card, ops: OPS, seed: SEED, makeSubject });
    const script = failure?.script;
    const body = script?.steps.slice(script.bodyStart, script.bodyEnd) ?? [];
    expect(body.length).toBeGreaterThan(0);
    expect(body.length).toBeLessThanOrEqual(3);
    expect(body.some((step) => step.kind === "out" && step.offset === 0x40)).toBe(true);
  });
});
