/** The one source of chance: known numbers, even spread, independent forks. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";

describe("Prng", () => {
  it("gives equal runs for equal seeds, and different ones for neighbours", () => {
    const draw = (seed: number): number[] => {
      const prng = new Prng(seed);
      return Array.from({ length: 8 }, () => prng.u32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1 + 2 ** 32)).toEqual(draw(1));
    const firsts = Array.from({ length: 1000 }, (_, seed) => draw(seed)[0]);
    expect(new Set(firsts).size).toBe(1000);
  });

  it("keeps to its bounds, whole 32 bits included", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const value = new Prng(seed).below(bound);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      }),
    );
    const prng = new Prng(5);
    const seen = new Set(Array.from({ length: 200 }, () => prng.between(-1, 2)));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });

  it("spreads evenly, also where 2^32 is no multiple of the bound", () => {
    const prng = new Prng(9);
    const counts = new Array<number>(3).fill(0);
    const bound = 3 * 2 ** 30;
    for (let i = 0; i < 30_000; i++) {
      const third = Math.floor(prng.below(bound) / 2 ** 30);
      counts[third] = (counts[third] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it("chance and pick are as likely as they say", () => {
    const prng = new Prng(11);
    let hits = 0;
    for (let i = 0; i < 10_000; i++) if (prng.chance(1, 4)) hits++;
    expect(Math.abs(hits - 2500)).toBeLessThan(200);
    expect([prng.chance(0, 5), prng.chance(5, 5), prng.pick(["only"])]).toEqual([false, true, "only"]);
  });

  it("draws by weight, and never what has none", () => {
    const prng = new Prng(11);
    const drawn = { often: 0, seldom: 0, never: 0 };
    const choices = [
      [3, "often"],
      [0, "never"],
      [1, "seldom"],
    ] as const;
    for (let i = 0; i < 10_000; i++) drawn[prng.draw(choices)]++;
    expect(Math.abs(drawn.seldom - 2500)).toBeLessThan(200);
    expect([drawn.never, drawn.often + drawn.seldom]).toEqual([0, 10_000]);
    expect(prng.draw([[1, "only"]])).toBe("only");
  });

  it("fork depends on the name, and leaves the parent where it was", () => {
    const [one, two] = [new Prng(3), new Prng(3)];
    const wire = one.fork("wire");
    expect(one.u32()).toBe(two.u32());
    expect(wire.u32()).toBe(new Prng(3).fork("wire").u32());
    expect(new Prng(3).fork("wire").u32()).not.toBe(new Prng(3).fork("wires").u32());
    expect(new Prng(3).fork("wire").u32()).not.toBe(new Prng(4).fork("wire").u32());
  });

  it("fills bytes with all values", () => {
    const bytes = new Uint8Array(10_000);
    new Prng(2).fill(bytes);
    expect(new Set(bytes).size).toBe(256);
  });
});
