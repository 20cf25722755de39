/** What the trace of a run says of the property that does not hold. */
import { expect, it } from "vitest";
import type { Violation } from "../../src/stress/oracles/oracle.ts";
import { violationNote } from "../../src/stress/violation-note.ts";

const FOUND: Violation = {
  property: 1,
  oracle: "ownership",
  incident: { what: "two guests own the card", atNs: 70, move: 7 },
  because: { what: "the VMM grants it twice", atNs: 30, move: 3 },
};

it("names the property, who found it, and what has allowed it", () => {
  expect(violationNote(FOUND, 9)).toEqual({
    kind: "violation",
    move: 7,
    text: "two guests own the card",
    property: "1: at most one owner, and only its operations reach the card (ownership)",
    because: { move: 3, text: "the VMM grants it twice" },
    guest: undefined,
  });
  expect(violationNote({ ...FOUND, because: undefined }, 9).because).toBeUndefined();
});

it("stands at a move of the trace, also when it shows behind the last one", () => {
  expect(violationNote(FOUND, 6).move).toBe(6);
});
