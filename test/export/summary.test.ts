import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jainIndex, ratio, spreadOf } from "../../src/export/figures.ts";
import { summarize } from "../../src/export/summarize.ts";
import { flowReport, histogramOf, madeUpScenario, peerReport, runReport } from "./made-up.ts";

describe("Jain's index", () => {
  test.each([
    ["equal shares", [5, 5, 5, 5], 1],
    ["one has everything", [7, 0, 0, 0], 0.25],
    ["two of four", [3, 3, 0, 0], 0.5],
    // (1 + 2 + 3)² / (3 * (1 + 4 + 9)) = 36 / 42
    ["one, two, three", [1, 2, 3], 36 / 42],
    ["alone", [9], 1],
  ])("%s", (_what, values, index) => expect(jainIndex(values)).toBeCloseTo(index, 12));

  test("nobody has anything", () => {
    expect(jainIndex([])).toBeUndefined();
    expect(jainIndex([0, 0])).toBeUndefined();
  });

  test("lies between 1/n and 1, whatever the unit", () => {
    const some = fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 1000 }), (values, unit) => {
        const index = jainIndex(values) ?? 0;
        expect(index).toBeGreaterThanOrEqual(1 / values.length - 1e-9);
        expect(index).toBeLessThanOrEqual(1 + 1e-9);
        expect(jainIndex(values.map((value) => value * unit))).toBeCloseTo(index, 9);
      }),
    );
  });
});

describe("distributions", () => {
  test("percentiles of small values are exact", () => {
    // Below 64 each bucket of the histogram holds one value.
    const values = Array.from({ length: 50 }, (_, i) => i + 1);
    expect(spreadOf(histogramOf(...values))).toEqual({
      count: 50,
      sumNs: 1275,
      p50Ns: 25,
      p90Ns: 45,
      p99Ns: 50,
      maxNs: 50,
    });
  });

  test("several are taken together", () => {
    expect(spreadOf(histogramOf(1, 2), histogramOf(3, 4, 5))).toMatchObject({
      count: 5,
      sumNs: 15,
      p50Ns: 3,
    });
  });

  test("none at all", () => {
    expect(spreadOf()).toEqual({ count: 0, sumNs: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, maxNs: 0 });
  });
});

test("a ratio to nothing is undefined", () => {
  expect(ratio(3, 0)).toBeUndefined();
  expect(ratio(0, 3)).toBe(0);
});

describe("a guest", () => {
  const scenario = madeUpScenario();
  const report = runReport(scenario, {
    guests: [
      {
        driver: {
          sentFrames: 30,
          receivedFrames: 20,
          sentBytes: 3000,
          receivedBytes: 2000,
          receiveErrors: 2,
        },
        kernel: { inboxDropped: 3 },
        io: { operations: 400, units: 1000, exits: 100, exitUnits: 150 },
        vmm: {
          exits: 125,
          exitsByCause: [
            ["write TSD0", 75],
            ["interrupt", 50],
          ],
        },
        missed: { overflow: 4, held: 1 },
      },
    ],
  });
  const [alice, bob] = summarize(report, scenario).guests;

  test("packets are frames sent and received by the driver", () => {
    expect(alice?.packets).toBe(50);
    expect(alice?.exitsPerPacket).toBe(2.5);
    expect(alice?.causes).toEqual([
      { what: "write TSD0", count: 75, perPacket: 1.5 },
      { what: "interrupt", count: 50, perPacket: 1 },
    ]);
  });

  test("without packets there are no exits per packet", () => {
    expect(bob?.packets).toBe(0);
    expect(bob?.exitsPerPacket).toBeUndefined();
  });

  test("the hooked share is counted both ways", () => {
    expect(alice?.hookedOperations).toEqual({ part: 100, whole: 400, share: 0.25 });
    expect(alice?.hookedUnits).toEqual({ part: 150, whole: 1000, share: 0.15 });
    expect(bob?.hookedOperations.share).toBeUndefined();
  });

  test("drops are named by their reason, and only those that happened", () => {
    expect(alice?.dropped).toEqual([
      { what: "receive ring full", count: 4 },
      { what: "still held at the end", count: 1 },
      { what: "receive errors", count: 2 },
      { what: "not fetched by the workload", count: 3 },
    ]);
    expect(bob?.dropped).toEqual([]);
  });
});

describe("a card", () => {
  const scenario = madeUpScenario();
  const held = (aliceNs: number, bobNs: number) =>
    summarize(
      runReport(scenario, {
        guests: [
          {
            vmm: { heldNs: aliceNs, exits: 10, handoffLatency: histogramOf(10, 20) },
            driver: { sentFrames: 4 },
          },
          { vmm: { heldNs: bobNs, exits: 20, handoffLatency: histogramOf(30) }, driver: { sentFrames: 6 } },
        ],
      }),
      scenario,
    ).cards[0];

  test("shares are of the time that anybody held it", () => {
    expect(held(250, 750)?.holders).toEqual([
      { guest: "alice", weight: 1, heldNs: 250, share: 0.25 },
      { guest: "bob", weight: 3, heldNs: 750, share: 0.75 },
    ]);
  });

  test("fairness is of time by weight", () => {
    expect(held(250, 750)?.fairness).toBe(1);
    // 500 / 1 and 500 / 3: (4/3)² / (2 (1 + 1/9)) = 0.8
    expect(held(500, 500)?.fairness).toBeCloseTo(0.8, 12);
    expect(held(0, 0)?.fairness).toBeUndefined();
    expect(held(0, 0)?.holders).toEqual([]);
  });

  test("its guests' exits, packets and handoffs are taken together", () => {
    const card = held(1, 1);
    expect(card?.packets).toBe(10);
    expect(card?.exitsPerPacket).toBe(3);
    expect(card?.handoffLatency).toMatchObject({ count: 3, p50Ns: 20, maxNs: 30 });
    expect(card?.paper).toEqual({ send: 6.4, receive: 7.5 });
  });
});

describe("the whole run", () => {
  test("guests without a driver count neither packets nor exits per packet", () => {
    const scenario = madeUpScenario({}, (text) =>
      text.replace("{ kind: ping, to: gateway }", "{ kind: hostile, attack: dma-outside }"),
    );
    const violation = { kind: "dma", register: "TSD0", reason: "outside", action: "silent" } as const;
    const { totals } = summarize(
      runReport(scenario, {
        guests: [
          { vmm: { exits: 1000, violations: [{ ...violation, count: 7 }] } },
          { vmm: { exits: 40 }, driver: { sentFrames: 10, sentBytes: 15_140 } },
        ],
      }),
      scenario,
    );
    expect(totals).toMatchObject({ packets: 10, exits: 40, exitsPerPacket: 4, violations: 7 });
    expect(totals.packetsPerS).toBe(5);
    expect(totals.bitsPerS).toBe(60_560);
  });

  test("changed memory counts unless a program of the guest's own may have changed it", () => {
    const memory = { comparedBytes: 4096, changedBytes: 8, firstChanged: 0 };
    const changed = (workload: string): number => {
      const scenario = madeUpScenario({}, (text) => text.replace("{ kind: ping, to: gateway }", workload));
      return summarize(runReport(scenario, { guests: [{ memory }] }), scenario).totals.foreignChangedBytes;
    };
    expect(changed("{ kind: receive }")).toBe(8);
    expect(changed("{ kind: hostile, attack: never-idle }")).toBe(0);
  });

  test("round trips are those of the guests that wait for replies", () => {
    const scenario = madeUpScenario();
    const { totals } = summarize(
      runReport(scenario, {
        guests: [{ workload: { latency: histogramOf(10, 20) } }, { workload: { latency: histogramOf(60) } }],
      }),
      scenario,
    );
    expect(totals.roundTrip).toMatchObject({ count: 2, maxNs: 20 });
  });

  test("refused guests are not served, and hold nothing", () => {
    const scenario = madeUpScenario({ mode: "passthrough" });
    const summary = summarize(
      runReport(scenario, {
        guests: [{ vmm: { heldNs: 5 } }, { state: { kind: "refused", reason: "rtl0 is passed through" } }],
      }),
      scenario,
    );
    expect(summary.totals).toMatchObject({ guests: 2, served: 1 });
    expect(summary.cards[0]?.holders.map(({ guest }) => guest)).toEqual(["alice"]);
  });

  test("flows of a peer are added up", () => {
    const scenario = madeUpScenario();
    const flows = [
      flowReport({ flow: "10.0.0.2/0", received: 90, gaps: 2, late: 1 }),
      flowReport({ flow: "10.0.0.2/1", received: 10, duplicates: 3, corrupted: 4 }),
    ];
    const report = runReport(scenario, { peers: [peerReport({ name: "sink", kind: "sink", flows })] });
    expect(summarize(report, scenario).peers[0]?.flows).toEqual({
      flows: 2,
      received: 100,
      late: 1,
      gaps: 2,
      duplicates: 3,
      corrupted: 4,
    });
  });
});
