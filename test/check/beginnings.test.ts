/** Where runs begin, for searches that know a guest from the others. */
import { describe, expect, it } from "vitest";
import { beginnings, deals } from "../../src/check/beginnings.ts";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { Handoff } from "../../src/check/handoff.ts";
import type { PolicyName } from "../../src/check/policies.ts";
import { boundsOf } from "../../src/check/worlds.ts";

const transmitting = (policy: PolicyName, guests: number, transmitters: number): Bounds => ({
  ...boundsOf("card", guests, policy),
  transmitters,
});

describe("the parts of guests", () => {
  const DEALS: readonly (readonly [what: string, bounds: Bounds, deals: number, beginnings: number])[] = [
    ["all alike: no deal but one", transmitting("fifo", 4, 4), 1, 1],
    ["one transmits: the first guest, or another", transmitting("fifo", 4, 1), 2, 1],
    ["two transmit: the first guest is one of them, or not", transmitting("fair-share", 4, 2), 2, 1],
    ["all alike in a round: each may come first", transmitting("round-robin", 4, 4), 1, 4],
    ["one in a round: the first guest, or so many places behind it", transmitting("round-robin", 4, 1), 4, 4],
    ["two in a round of four: six pairs of places", transmitting("round-robin", 4, 2), 6, 4],
  ];

  it.each(DEALS)("%s", (_what, bounds, dealCount, beginningCount) => {
    const found = deals(new Handoff(bounds), 1);
    expect(found).toHaveLength(dealCount);
    expect(found.map(({ length }) => length)).toEqual(found.map(() => beginningCount));
  });

  it("are dealt anew only to guests that are known by name", () => {
    const system = new Handoff(transmitting("fifo", 3, 1));
    expect(deals(system, 0)).toHaveLength(1);
    expect(beginnings(system)).toHaveLength(1);
  });
});
