/** Whole reports beside files that were read by a person before they were taken for right. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { comparison } from "../../src/export/compare.ts";
import { jsonComparison, jsonReport, jsonRun } from "../../src/export/json-report.ts";
import { makeStyle } from "../../src/export/table.ts";
import { textReport } from "../../src/export/text-report.ts";
import { MODES } from "../../src/scenario/scenario.ts";
import {
  flowReport,
  type GuestParts,
  histogramOf,
  madeUpScenario,
  peerReport,
  type RunParts,
  runReport,
  UPLINK_REPORT,
} from "./made-up.ts";

const golden = (name: string): string => readFileSync(new URL(`golden/${name}.txt`, import.meta.url), "utf8");

const COMPARED = { comparedBytes: 3_145_728, changedBytes: 0, firstChanged: undefined };

const ALICE: GuestParts = {
  driver: { sentFrames: 2001, sentBytes: 196_000, receivedFrames: 1999, receivedBytes: 195_800 },
  workload: {
    latency: histogramOf(150_000, 210_000, 250_000, 9_800_000),
    notes: ["no ARP reply from printer"],
  },
  io: { operations: 40_000, units: 40_000, exits: 12_000, exitUnits: 12_000 },
  vmm: {
    exits: 14_000,
    exitsByCause: [
      ["write TSD0", 6000],
      ["read ISR", 4000],
      ["interrupt", 2000],
      ["card not held", 1500],
      ["pci configuration", 500],
    ],
    interruptsInjected: 1990,
    grants: 310,
    heldNs: 400_000_000,
    blocked: histogramOf(800_000, 900_000, 4_000_000),
    handoffLatency: histogramOf(90_000, 120_000),
  },
  missed: { off: 10, overflow: 2 },
  memory: COMPARED,
};

const BOB: GuestParts = {
  driver: { sentFrames: 20_000, sentBytes: 28_840_000, receivedFrames: 3, receivedBytes: 180 },
  workload: { latency: histogramOf(40_000, 50_000) },
  io: { operations: 100_000, units: 100_000, exits: 60_000, exitUnits: 60_000 },
  vmm: {
    exits: 80_000,
    exitsByCause: [["write TSD1", 80_000]],
    interruptsInjected: 18_000,
    grants: 311,
    heldNs: 1_200_000_000,
    blocked: histogramOf(300_000),
    handoffLatency: histogramOf(85_000),
  },
  memory: COMPARED,
};

const PEERS = [
  peerReport({
    name: "gateway",
    kind: "echo",
    sentFrames: 1999,
    receivedFrames: 2000,
    receivedBytes: 195_900,
  }),
  peerReport({
    name: "sink",
    kind: "sink",
    sentFrames: 3,
    receivedFrames: 20_003,
    receivedBytes: 28_840_180,
    latency: histogramOf(130_000, 5_000_000),
    flows: [flowReport({ flow: "10.0.0.2/0", received: 19_998, gaps: 2 })],
  }),
];

const WELL: RunParts = {
  guests: [ALICE, BOB],
  peers: PEERS,
  card: {
    sentFrames: 22_001,
    sentBytes: 29_036_000,
    received: { stored: 2002, filtered: 0, off: 10, overflow: 2, refused: 0 },
    handoffs: 620,
    refusedOperations: 14,
    fencedOff: 1,
  },
};

const MALLORY = "{ kind: hostile, attack: dma-outside }";
const withMallory = (text: string): string => text.replace("{ kind: ping, to: gateway }", MALLORY);

const REASON = "transmit buffer of 1514 bytes at 0x401000 is not the guest's";
const STOPPED: GuestParts = {
  state: { kind: "crashed", reason: `TSD0: ${REASON}` },
  vmm: {
    exits: 60,
    exitsByCause: [["write TSD0", 60]],
    violations: [
      { kind: "dma", register: "TSD0", action: "device-interrupt", reason: REASON, count: 44 },
      { kind: "port", register: "0xc100", action: "silent", reason: "not a port of rtl0", count: 1 },
    ],
    grants: 1,
    heldNs: 90_000_000,
  },
  memory: { comparedBytes: 4096, changedBytes: 8, firstChanged: 0x5ea },
};
const CHANGED = { comparedBytes: 4096, changedBytes: 1514, firstChanged: 0x1000 };

describe("the text report", () => {
  test("of a run in which all was well", () => {
    const scenario = madeUpScenario();
    expect(textReport(runReport(scenario, WELL), scenario)).toBe(golden("well"));
  });

  test("of what a server of files did, with what went wrong", () => {
    const served = {
      accepted: 4,
      refused: 0,
      reset: 1,
      timedOut: 0,
      finished: 3,
      open: 0,
      servedBytes: 5_243_500,
      retransmittedSegments: 12,
      damagedSegments: 0,
      requests: [
        { status: 200, count: 3 },
        { status: 404, count: 1 },
      ],
    } as const;
    const report = runReport(madeUpScenario(), {
      peers: [peerReport({ name: "files", kind: "http", http: served })],
    });
    expect(textReport(report, madeUpScenario()).split("\n")).toContain(
      "files accepted 4 connections; 1 reset by the other side; 3 answers 200; 1 answer 404; 5.00 MiB served; 12 segments sent again",
    );
  });

  test("of a hostile guest that was not stopped in time", () => {
    const scenario = madeUpScenario({}, withMallory);
    const report = runReport(scenario, {
      guests: [STOPPED, { ...BOB, memory: CHANGED }],
      card: { sentFrames: 19_990, sentBytes: 28_000_000, watchdogs: 2, oversizeFrames: 3, bufferDropped: 5 },
      workers: [{ name: "guest 0", sleeps: 1, notifies: 2, failure: "out of memory" }],
    });
    expect(textReport(report, scenario)).toBe(golden("violated"));
  });

  test("of passthrough, in which a guest is refused", () => {
    const scenario = madeUpScenario({ mode: "passthrough" }, withMallory);
    const report = runReport(scenario, {
      guests: [
        {},
        { state: { kind: "refused", reason: "rtl0 is passed through to alice" }, memory: CHANGED },
      ],
    });
    expect(textReport(report, scenario)).toBe(golden("passthrough"));
  });

  test("is the same with colours, but for the colours", () => {
    const scenario = madeUpScenario();
    const text = textReport(runReport(scenario, WELL), scenario, makeStyle(true));
    const plain = text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g"), "");
    expect(text).not.toBe(plain);
    expect(plain).toBe(golden("well"));
  });
});

describe("the uplinks of a run", () => {
  const scenario = madeUpScenario();
  const sectionOf = (parts: Partial<typeof UPLINK_REPORT>): readonly string[] => {
    const report = runReport(scenario, { uplinks: [{ ...UPLINK_REPORT, ...parts }] });
    const [, section = ""] = textReport(report, scenario).split("Uplinks\n");
    return section.split("\n\n")[0]?.trimEnd().split("\n").slice(1) ?? [];
  };

  test("are not mentioned when there are none", () => {
    expect(textReport(runReport(scenario), scenario)).not.toContain("Uplinks");
  });

  test("say what went over them", () => {
    const counts = { outFrames: 1234, outBytes: 2048, inFrames: 5, inBytes: 300, connections: 2 };
    expect(sectionOf({ ...counts, stateName: "connected" })).toEqual([
      "lab     listens at 127.0.0.1:5570  connected  1,234  2.00 KiB   5  300 B            2",
    ]);
  });

  test("say what was dropped by reason, and what else went wrong", () => {
    const dropped = {
      ...UPLINK_REPORT.dropped,
      notConnected: 3,
      bufferFull: 1,
      wireFull: 2,
      lineFull: 4,
      runt: 1,
    };
    const [, ...trouble] = sectionOf({ dropped, malformed: 2, refused: 1, problem: "read ECONNRESET" });
    expect(trouble).toEqual([
      "lab dropped 3 (out: nobody connected), 1 (out: other end too slow), 1 (in: shorter than a header), 6 (in: wire full)",
      "lab hung up 2 times: what came was no frames",
      "lab sent away 1 other that wanted in",
      "lab: read ECONNRESET",
    ]);
  });
});

describe("the comparison of modes", () => {
  const runs = MODES.map((mode) => {
    const scenario = madeUpScenario({ mode });
    const guests = mode === "vnic" ? [{ ...ALICE, memory: CHANGED }, BOB] : [ALICE, BOB];
    return jsonRun(runReport(scenario, { ...WELL, guests }), scenario);
  });

  test("has a column for each, the paper's figures, and what was found", () => {
    expect(comparison("made-up", runs)).toBe(golden("comparison"));
  });

  test("ends with the gravest exit code", () => {
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 1]);
    expect(jsonComparison("made-up", runs)).toMatchObject({ version: 1, scenario: "made-up", exitCode: 1 });
  });
});

test("the JSON report has a version, the figures and all that they come from", () => {
  const scenario = madeUpScenario();
  const report = runReport(scenario, WELL);
  const read = JSON.parse(JSON.stringify(jsonReport(report, scenario)));
  expect(Object.keys(read)).toEqual(["version", "summary", "findings", "failures", "exitCode", "report"]);
  expect(read).toMatchObject({
    version: 1,
    exitCode: 0,
    summary: { totals: { packets: 24_003, handoffs: 620 }, guests: [{ exitsPerPacket: 3.5 }, {}] },
    report: { guests: [{ vmm: { exits: 14_000 } }, {}] },
  });
  expect(read.report).toEqual(JSON.parse(JSON.stringify(report)));
});
