import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shrink } from "../../src/oracle/shrink.ts";
import { inStep, outStep, type Step } from "../../src/oracle/step.ts";

/** Shrinks with a predicate in the place of two cards. */
const shrinkWhile = (steps: readonly Step[], fails: (steps: readonly Step[]) => boolean) =>
  shrink(steps, (candidate) => Promise.resolve(fails(candidate) ? candidate : undefined));

const writes = (steps: readonly Step[], offset: number, bits: number): boolean =>
  steps.some((step) => step.kind === "out" && step.offset === offset && (step.value & bits) === bits);

const noise = Array.from({ length: 300 }, (_, i) =>
  i % 2 ? inStep(i % 64, 1) : outStep(i % 64, 1, i & 0xff),
);

describe("shrinking", () => {
  it("leaves the steps that matter, with the bits that matter", async () => {
    const steps = [...noise, outStep(0x44, 4, 0xffff), ...noise, outStep(0x48, 4, 0xf0f0), ...noise];
    const shortest = await shrinkWhile(
      steps,
      (all) => writes(all, 0x44, 0x0100) && writes(all, 0x48, 0x8000),
    );
    expect(shortest).toEqual([outStep(0x44, 4, 0x0100), outStep(0x48, 4, 0x8000)]);
  });

  it("keeps the order of the steps that it keeps", async () => {
    const isInOrder = (steps: readonly Step[]): boolean => {
      const wanted = [3, 1, 2];
      let found = 0;
      for (const step of steps) if (step.kind === "in" && step.offset === wanted[found]) found++;
      return found === wanted.length;
    };
    const steps = Array.from({ length: 400 }, (_, i) => inStep([1, 2, 3][i % 3] as number, 1));
    expect(await shrinkWhile(steps, isInOrder)).toEqual([inStep(3, 1), inStep(1, 1), inStep(2, 1)]);
  });

  it("makes frames short and plain where that does not matter", async () => {
    const frame: Step = { kind: "frame", payload: { head: Uint8Array.of(0xff), bytes: 1200, seed: 77 } };
    const shortest = await shrinkWhile([...noise, frame], (steps) =>
      steps.some(({ kind }) => kind === "frame"),
    );
    expect(shortest).toEqual([{ kind: "frame", payload: { head: Uint8Array.of(0xff), bytes: 60, seed: 0 } }]);
  });

  it("goes on with the steps that were really done", async () => {
    const withoutReads = (steps: readonly Step[]): Step[] => steps.filter(({ kind }) => kind !== "in");
    const shortest = await shrink([...noise, outStep(0x44, 4, 1)], (candidate) =>
      Promise.resolve(writes(candidate, 0x44, 1) ? withoutReads(candidate) : undefined),
    );
    expect(shortest).toEqual([outStep(0x44, 4, 1)]);
  });

  it("always ends with a program that still fails", async () => {
    const anySteps = fc.array(
      fc
        .record({ offset: fc.nat({ max: 5 }), value: fc.nat({ max: 255 }) })
        .map(({ offset, value }) => outStep(offset, 1, value)),
      { minLength: 1, maxLength: 40 },
    );
    const fails = (steps: readonly Step[]): boolean =>
      steps.reduce((sum, step) => sum + (step.kind === "out" ? step.value : 0), 0) % 7 === 3;
    await fc.assert(
      fc.asyncProperty(anySteps.filter(fails), async (steps) => {
        const shortest = await shrinkWhile(steps, fails);
        expect(fails(shortest)).toBe(true);
        expect(shortest.length).toBeLessThanOrEqual(steps.length);
      }),
      { numRuns: 30 },
    );
  });
});
