/** The search on two threads: the same states as on one, the same verdicts. */
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { explore } from "../../src/check/explorer.ts";
import { Handoff, REAL_PARTS } from "../../src/check/handoff.ts";
import { exploreInParallel } from "../../src/check/parallel/explore.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { packageRoot } from "../../src/engine/root.ts";
import { LaxNic } from "./mutants.ts";

const OPTIONS = { jobs: 2, memoryBytes: 2 ** 28, reduce: false };

describe("two threads", () => {
  const WORLDS: readonly (readonly [string, Bounds, boolean])[] = [
    ["order", { ...boundsOf("order", 2, "fifo"), passed: 0 }, false],
    ["three guests in turn", boundsOf("order", 3, "round-robin"), true],
    [
      "one of two that take turns transmits: it comes first, or second",
      { ...boundsOf("card", 2, "round-robin"), frames: false, transmitters: 1 },
      true,
    ],
    ["failures", { ...boundsOf("failures", 2, "fair-share"), cardLoss: false }, true],
  ];

  it.each(WORLDS)("find as much as one: %s", { timeout: 120_000 }, async (_name, bounds, reduce) => {
    const one = explore(new Handoff(bounds), { reduce });
    const two = await exploreInParallel(bounds, { ...OPTIONS, reduce });
    const { states, transitions, depth, verdict, unexplored } = two.exploration;
    expect({ states, transitions, depth, verdict, unexplored }).toEqual({
      ...{ states: one.states, transitions: one.transitions, depth: one.depth },
      ...{ verdict: "holds", unexplored: 0 },
    });
    expect(two.coverage.length).toBeGreaterThan(20);
  });

  it("find a violation by as short a way as one", { timeout: 120_000 }, async () => {
    const worker = join(packageRoot(), "dist", "mutants", "shard.mjs");
    await build({
      absWorkingDir: packageRoot(),
      entryPoints: ["test/check/mutant-shard.ts"],
      outfile: worker,
      ...{ bundle: true, packages: "external", platform: "node", format: "esm", logLevel: "silent" },
    });
    const parts = { ...REAL_PARTS, Nic: LaxNic };
    const bounds = boundsOf("order", 2, "fifo");
    const one = explore(new Handoff(bounds, parts)).counterexample;
    const { exploration } = await exploreInParallel(bounds, { ...OPTIONS, parts, worker });
    const two = exploration.counterexample;
    expect([exploration.verdict, two?.property]).toEqual(["violated", one?.property]);
    expect(two?.trace).toHaveLength(one?.trace.length ?? 0);
  });

  it("say when their memory is used up", async () => {
    const { exploration } = await exploreInParallel(boundsOf("order", 2, "fifo"), {
      ...OPTIONS,
      memoryBytes: 1,
    });
    expect(exploration.verdict).toBe("inconclusive");
  });

  it("stop when they are told to", async () => {
    const controller = new AbortController();
    const running = exploreInParallel(boundsOf("card", 3, "fifo"), {
      ...OPTIONS,
      signal: controller.signal,
      onLevel: (_states, depth) => depth === 10 && controller.abort(),
    } as Parameters<typeof exploreInParallel>[1]);
    const { exploration, stopped } = await running;
    expect([exploration.verdict, stopped]).toEqual(["inconclusive", true]);
    expect(exploration.states).toBeGreaterThan(10);
  });
});
