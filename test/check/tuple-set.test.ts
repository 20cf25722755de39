/** The set of tuples against the language's own, with many more tuples than it begins with room for. */
import { describe, expect, it } from "vitest";
import { TupleSet } from "../../src/check/tuple-set.ts";

const WIDTH = 3;
const TUPLES = 40_000;
const BATCH = 500;

/** Every tuple occurs about three times. */
const tuples = Array.from({ length: TUPLES }, (_, i) => {
  const n = (Math.imul(i + 1, 0x9e3779b1) >>> 0) % Math.floor(TUPLES / 3);
  return Int32Array.of(n % 7, Math.floor(n / 7) % 11, Math.floor(n / 77) - 50);
});

/** The index of each tuple, by the order in which they come. */
const expected = (() => {
  const indices = new Map<string, number>();
  return tuples.map((tuple) => {
    const known = indices.get(tuple.join());
    if (known !== undefined) return known;
    indices.set(tuple.join(), indices.size);
    return ~(indices.size - 1);
  });
})();

const distinct = expected.filter((index) => index < 0).length;

describe("a set of tuples", () => {
  it("knows each one again by its index", () => {
    const set = new TupleSet(WIDTH);
    expect(tuples.map((tuple) => set.add(tuple))).toEqual(expected);
    expect(set.size).toBe(distinct);
    const read = new Int32Array(WIDTH);
    const wrong = tuples.filter((tuple, i) => {
      const index = expected[i] ?? 0;
      set.read(index < 0 ? ~index : index, read);
      return tuple.join() !== read.join();
    });
    expect(wrong).toEqual([]);
  });

  it("finds the same when many are added at once, those that are twice among them too", () => {
    const set = new TupleSet(WIDTH);
    const found: number[] = [];
    for (let from = 0; from < TUPLES; from += BATCH)
      found.push(...set.addAll(tuples.slice(from, from + BATCH), BATCH).subarray(0, BATCH));
    expect(found).toEqual(expected);
  });

  it("says before it grows that it will", () => {
    const set = new TupleSet(WIDTH);
    let grown = 0;
    for (const tuple of tuples) {
      const { bytes } = set;
      const foreseen = set.bytesToGrow(1);
      set.add(tuple);
      if (foreseen === 0) continue;
      expect(set.bytes - bytes).toBe(foreseen / 2);
      grown++;
    }
    expect(grown).toBeGreaterThan(2);
  });
});
