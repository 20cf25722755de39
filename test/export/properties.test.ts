import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { exitCodeOf, failuresOf, findingsOf } from "../../src/export/properties.ts";
import type { Mode } from "../../src/scenario/scenario.ts";
import { flowReport, madeUpScenario, peerReport, type RunParts, runReport } from "./made-up.ts";

function judge(parts: RunParts, { mode = "vpio" as Mode, alice = "" } = {}) {
  const scenario = madeUpScenario({ mode }, (text) =>
    alice === "" ? text : text.replace("{ kind: ping, to: gateway }", alice),
  );
  const report = runReport(scenario, parts);
  const findings = findingsOf(report, scenario);
  const said = findings.map(({ property, where, message }) => `${property} of ${where}: ${message}`);
  return { said, exitCode: exitCodeOf(report, findings) };
}

const HOLDS = { said: [], exitCode: EXIT.ok };
const atSink = (flow: Parameters<typeof flowReport>[0]) =>
  peerReport({ name: "sink", kind: "sink", flows: [flowReport(flow)], corrupted: flow.corrupted ?? 0 });

test("a run in which nothing happened holds", () => expect(judge({})).toEqual(HOLDS));

describe("memory", () => {
  const memory = { comparedBytes: 8192, changedBytes: 1514, firstChanged: 0x1000 };
  const said = ["memory of alice: 1,514 of 8,192 bytes of its memory changed, first at 0x1000"];

  test.each(["vpio", "vnic"] as const)("changed by others in %s mode violates", (mode) => {
    expect(judge({ guests: [{ memory }] }, { mode })).toEqual({ said, exitCode: EXIT.violated });
  });

  test("is what passthrough is known for", () => {
    expect(judge({ guests: [{ memory }] }, { mode: "passthrough" })).toEqual({ said, exitCode: EXIT.ok });
  });

  test("of a hostile guest is its own affair", () => {
    const alice = "{ kind: hostile, attack: dma-over-end }";
    expect(judge({ guests: [{ memory }] }, { alice })).toEqual(HOLDS);
  });
});

describe("the owner", () => {
  test("is the only one whose operations reach a card", () => {
    expect(judge({ card: { foreignOperations: 2 } })).toEqual({
      said: ["owner of rtl0: 2 operations of guests that did not have it reached it"],
      exitCode: EXIT.violated,
    });
  });
});

describe("progress", () => {
  const blocked = (seconds: number): RunParts => ({
    guests: [{ standstill: { sinceNs: 1e9, untilNs: (1 + seconds) * 1e9 } }],
  });
  const slow = {
    counts: [{ kind: "slow-guest" as const, struck: 1, budget: 1 }],
    killed: [],
  };

  test("is slow when others have the card for as long as they may", () => {
    expect(judge(blocked(2))).toEqual(HOLDS);
  });

  test("has stopped for a guest that waits for longer than that", () => {
    expect(judge(blocked(20))).toEqual({
      said: [
        expect.stringMatching(
          /^progress of alice: blocked for 20\.0 s, since 1\.00 s; \d\.\d+ s is the most/,
        ),
      ],
      exitCode: EXIT.violated,
    });
  });

  test("is no affair of vpio on a machine that was late by as much, nor when a fault has slowed it down", () => {
    expect(judge({ ...blocked(20), lateNs: 1e9 })).toEqual(HOLDS);
    expect(judge({ ...blocked(20), faults: slow })).toEqual(HOLDS);
  });

  test("is not asked of a guest that is gone, or that runs Linux", () => {
    const crashed = { kind: "crashed", reason: "the end" } as const;
    expect(judge({ guests: [{ ...blocked(20).guests?.[0], state: crashed }] })).toEqual(HOLDS);
    const scenario = madeUpScenario();
    const report = runReport(scenario, blocked(20));
    const guests = report.guests.map((guest) => ({ ...guest, workload: "linux" as const }));
    expect(findingsOf({ ...report, guests }, scenario)).toEqual([]);
  });
});

describe("frames on the wire", () => {
  const sent = (alice: number, bob: number, card: number, transmitErrors = 0): RunParts => ({
    guests: [{ driver: { sentFrames: alice, transmitErrors } }, { driver: { sentFrames: bob } }],
    card: { sentFrames: card },
  });

  test("are those that the drivers saw leaving", () => expect(judge(sent(10, 20, 30))).toEqual(HOLDS));

  test("may be more by what the drivers have not seen yet: four each, and those they gave up", () => {
    expect(judge(sent(10, 20, 38))).toEqual(HOLDS);
    expect(judge(sent(10, 20, 43, 5))).toEqual(HOLDS);
    expect(judge(sent(10, 20, 39))).toEqual({
      said: ["wire of rtl0: 9 frames left it that no guest's driver counts as sent"],
      exitCode: EXIT.violated,
    });
  });

  test("may not be fewer", () => {
    expect(judge(sent(10, 20, 29))).toEqual({
      said: ["wire of rtl0: 1 frame that the guests' drivers count as sent never left it"],
      exitCode: EXIT.violated,
    });
  });

  test("may be fewer in vnic mode by what the VMM's driver still has", () => {
    expect(judge(sent(10, 20, 26), { mode: "vnic" })).toEqual(HOLDS);
    expect(judge(sent(10, 20, 25), { mode: "vnic" }).exitCode).toBe(EXIT.violated);
  });

  test("of a guest without a driver are its own affair", () => {
    const alice = "{ kind: hostile, attack: never-idle }";
    expect(judge(sent(0, 20, 5000), { alice })).toEqual(HOLDS);
  });
});

describe("what arrived", () => {
  test("damaged violates", () => {
    const parts = { peers: [atSink({ flow: "10.0.0.2/0", received: 5, corrupted: 2 })] };
    expect(judge(parts)).toEqual({
      said: ["payload of sink: 2 payloads arrived damaged"],
      exitCode: EXIT.violated,
    });
  });

  test("damaged at a pinging guest, which has no flows, violates too", () => {
    expect(judge({ guests: [{ workload: { corrupted: 1 } }] }).said).toEqual([
      "payload of alice: 1 payload arrived damaged",
    ]);
  });

  test("in pings proves nothing when a guest may send anything", () => {
    const alice = "{ kind: program, file: mine.ts }";
    expect(judge({ guests: [{}, { workload: { corrupted: 1 } }] }, { alice })).toEqual(HOLDS);
  });

  test("missing does not: frames may be dropped on the way, and are counted there", () => {
    expect(judge({ peers: [atSink({ flow: "10.0.0.2/0", received: 5, gaps: 2 })] })).toEqual(HOLDS);
  });

  test("twice violates", () => {
    expect(judge({ peers: [atSink({ flow: "10.0.0.2/0", duplicates: 1 })] })).toEqual({
      said: ["duplicate of sink: 1 frame arrived twice"],
      exitCode: EXIT.violated,
    });
  });

  test("twice because it was sent again is well", () => {
    const peers = [
      peerReport({
        name: "gateway",
        kind: "echo",
        flows: [flowReport({ flow: "10.0.0.1/0", duplicates: 2 })],
      }),
    ];
    expect(judge({ guests: [{ workload: { retries: 2 } }], peers })).toEqual(HOLDS);
    expect(judge({ guests: [{ workload: { retries: 1 } }], peers }).exitCode).toBe(EXIT.violated);
  });

  test("twice is well as often as a fault has doubled one", () => {
    const doubled = (struck: number) => ({
      counts: [{ kind: "frame-doubled" as const, struck, budget: 5 }],
      killed: [],
    });
    const peers = [atSink({ flow: "10.0.0.2/0", duplicates: 3 })];
    expect(judge({ peers, faults: doubled(3) })).toEqual(HOLDS);
    expect(judge({ peers, faults: doubled(2) }).said).toEqual(["duplicate of sink: 1 frame arrived twice"]);
  });

  test("from an address that is nobody's proves nothing", () => {
    expect(judge({ peers: [atSink({ flow: "192.0.2.1/0", duplicates: 9, corrupted: 9 })] })).toEqual(HOLDS);
  });
});

describe("workers", () => {
  const workers = [
    { name: "guest 0", sleeps: 0, notifies: 0, failure: "it died" },
    { name: "wire 0", sleeps: 0, notifies: 0, failure: undefined },
  ];

  test("that failed are an internal error, whatever else there is", () => {
    const memory = { comparedBytes: 1, changedBytes: 1, firstChanged: 0 };
    expect(judge({ workers, guests: [{ memory }] }).exitCode).toBe(EXIT.internal);
    expect(failuresOf(runReport(madeUpScenario(), { workers }))).toEqual(["guest 0: it died"]);
  });

  test("that a fault has killed are no failures, others are", () => {
    const faults = { counts: [], killed: ["guest 0"] };
    expect(judge({ workers, faults })).toEqual(HOLDS);
    expect(judge({ workers, faults: { counts: [], killed: ["guest 1"] } }).exitCode).toBe(EXIT.internal);
  });

  test("that a user's program keeps busy for ever are no defect of vpio", () => {
    const scenario = madeUpScenario();
    const report = runReport(scenario, { workers });
    const guests = report.guests.map((guest) => ({ ...guest, workload: "program" as const }));
    expect(failuresOf({ ...report, guests })).toEqual([]);
  });
});
