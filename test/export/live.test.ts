import { describe, expect, test } from "vitest";
import { statusLine, statusTable } from "../../src/export/live.ts";
import { histogramOf, madeUpScenario, runReport } from "./made-up.ts";

const scenario = madeUpScenario();
const before = runReport(scenario, {
  elapsedNs: 500_000_000,
  guests: [
    { driver: { sentFrames: 100, receivedFrames: 50 }, vmm: { heldNs: 100_000_000 } },
    { driver: { sentFrames: 1000 }, vmm: { heldNs: 400_000_000 } },
  ],
});
const now = runReport(scenario, {
  elapsedNs: 750_000_000,
  guests: [
    {
      driver: { sentFrames: 200, receivedFrames: 100 },
      vmm: { exits: 1500, heldNs: 200_000_000, blocked: histogramOf(3_000_000, 4_000_000) },
    },
    { driver: { sentFrames: 1500 }, vmm: { exits: 6000, heldNs: 550_000_000 }, state: { kind: "ended" } },
  ],
  card: { handoffs: 12 },
});

test("a line says how the run stands, with rates since the look before", () => {
  expect(statusLine({ before, now, scenario })).toBe(
    "750 ms of 2.00 s: 1 guest running, 2,400 sent/s, 200 received/s, 4.17 exits/packet, 12 handoffs",
  );
});

test("the first look takes rates since the beginning", () => {
  expect(statusLine({ before: undefined, now: before, scenario })).toContain("2,200 sent/s, 100 received/s");
});

test("no time has passed yet", () => {
  const nothing = runReport(scenario, { elapsedNs: 0 });
  expect(statusLine({ before: undefined, now: nothing, scenario })).toContain("0 sent/s");
});

describe("the table", () => {
  const lines = statusTable({ before, now, scenario }, 24);

  test("has a row for each guest, below the line", () => {
    expect(lines.slice(1)).toEqual([
      "guest  workload  state   sent/s  recv/s  exits/pkt  holds  blocked",
      "alice  ping      halted     400     200       5.00  40.0%  7.00 ms",
      "bob    stream    ended    2,000       0       4.00  60.0%     0 ns",
    ]);
  });

  test("fits into the window", () => {
    const few = statusTable({ before, now, scenario }, 3);
    expect(few).toHaveLength(3);
    expect(few.at(-1)).toBe("and 2 guests more");
  });
});
