/** What stands beside each other of two runs. */
import { describe, expect, it } from "vitest";
import { looksIn } from "../../src/studio/looks.ts";
import { statePairs } from "../../src/studio/run-states.ts";
import type { TraceHead } from "../../src/trace/head.ts";
import { madeUpTrace, steppedBy } from "../trace/made-up.ts";

describe("two runs beside each other", () => {
  const before = steppedBy(["alice", "bob", "carol"], ["alice"]);
  const after = steppedBy(["bob"], ["bob"]);
  after.step(1, 0, after.stepTable.id({ from: "", event: "", to: "cpu.running" }));

  it("show each actor once, and say of those that are gone that they are", () => {
    expect(statePairs(before, 1, after, 1)).toEqual([
      { name: "bob", before: "–", after: "cpu.running", differ: true },
      { name: "alice", before: "–", after: undefined, differ: true },
      { name: "carol", before: "–", after: undefined, differ: true },
    ]);
    expect(statePairs(before, 1, after, 0)[0]?.differ).toBe(false);
  });

  it("draw a guest the same in both, and those that are gone like nobody else", () => {
    const guests = (names: readonly string[]): TraceHead => ({
      ...madeUpTrace().head,
      guests: names.map((name) => ({ name, card: 0, mac: "" })),
    });
    const looks = looksIn(guests(["alice", "bob", "carol", "dave"]), guests(["dave", "bob"]));
    expect(looks).toEqual([2, 1, 3, 0]);
  });
});
