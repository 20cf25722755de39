import { describe, expect, it } from "vitest";
import { keyOf } from "../../../src/check/soundness/digest.ts";

describe("a key", () => {
  it("is the same for equal data, whatever was there before it", () => {
    const data = () => ({ a: [1, undefined, "x"], b: new Map([[2, true]]), c: Uint8Array.of(1, 2, 3) });
    const key = keyOf(data());
    keyOf(new Uint8Array(100_000).fill(0xff));
    expect(keyOf(data())).toBe(key);
    expect(key).toHaveLength(20);
  });

  it("does not depend on the order in which a map was filled", () => {
    const [one, other] = [
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      new Map([
        ["b", 2],
        ["a", 1],
      ]),
    ];
    expect(keyOf(one)).toBe(keyOf(other));
  });

  it("differs for data that differ", () => {
    const all: unknown[] = [
      undefined,
      false,
      true,
      0,
      1,
      -1,
      2 ** 32,
      2 ** 32 + 1,
      "",
      "1",
      [],
      [1],
      [1, 2],
      [[1], 2],
      [1, [2]],
      Uint8Array.of(),
      Uint8Array.of(1),
      Uint8Array.of(1, 0),
      Uint16Array.of(1, 2),
      new Map(),
      new Map([[1, 2]]),
      {},
      { a: undefined },
      { a: 1 },
    ];
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
  });

  it("is refused for what may keep something to itself", () => {
    class Secretive {
      readonly shown = 1;
    }
    expect(() => keyOf([new Secretive()])).toThrow("no plain data");
    expect(() => keyOf(null)).toThrow("no plain data");
  });
});
