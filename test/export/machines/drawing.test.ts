/** What is left out of a drawing, or drawn once for several states, is still said by it. */
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { MACHINES } from "../../../src/export/machines/catalogue.ts";
import { drawingOf, textsIn } from "../../../src/export/machines/drawing.ts";
import { chartOf } from "../../../src/trace/chart.ts";

const drawn = (machine: Parameters<typeof chartOf>[0]) => {
  const drawing = drawingOf(chartOf(machine));
  const arrows = drawing.arrows.map(
    ({ from, fromAny, to, lines }) =>
      `${fromAny ? "any " : ""}${from.path} -> ${to.path}: ${lines.join(" | ")}`,
  );
  return { drawing, arrows };
};

describe("a drawing", () => {
  it("draws what all children of a state do once, from any of them", () => {
    const { arrows } = drawn(MACHINES.ne2000.machine);
    expect(arrows.filter((arrow) => arrow.includes("page.page"))).toEqual([
      "any page -> page.page0: PAGE_0, RESET",
      "any page -> page.page1: PAGE_1",
      "any page -> page.page2: PAGE_2",
      "any page -> page.page3: PAGE_3",
    ]);
  });

  it("draws what all children but one do from each of them", () => {
    const { arrows } = drawn(MACHINES.rtl8139.machine);
    const resets = arrows.filter((arrow) => arrow.includes("RESET") && arrow.startsWith("transmitter"));
    expect(resets).toHaveLength(4);
  });

  it("tells events with other guards or effects apart", () => {
    const { arrows } = drawn(MACHINES.guest.machine);
    expect(arrows).toContain("card.held -> card.yielding: REVOKE [operationUnderWay]");
    expect(arrows).toContain("card.held -> card.away: REVOKE / ackRevoke | FENCED, FENCED_POSTED");
  });

  it("writes into a state what it does on entry, and what does not leave it", () => {
    const { drawing } = drawn(MACHINES.arbiter.machine);
    const lost = drawing.chart.root.children.find(({ path }) => path === "lost") ?? drawing.chart.root;
    expect(textsIn(drawing, lost)).toEqual(["entry / failGuests", "CARD_LOST / failGuests"]);
  });

  it("refuses a machine that does not wait for events only", () => {
    const delayed = createMachine({
      id: "x",
      initial: "a",
      states: { a: { after: { 5: "b" } }, b: {} },
    });
    expect(() => chartOf(delayed)).toThrow("waits for nothing but events");
  });
});
