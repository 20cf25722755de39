/** A scenario of two guests on one card, and reports of runs of it that never took place: all counters zero but those given. */
import { type GuestCounters, newGuestCounters } from "../../actors/guest-body.ts";
import type { VmmGuestReport } from "../../actors/vmm.ts";
import { Histogram, type HistogramData } from "../../src/base/histogram.ts";
import { cardId, guestId } from "../../src/base/ids.ts";
import type { DriverCounters } from "../../src/devices/driver.ts";
import { newCounters } from "../../src/devices/driver.ts";
import type { CardReport, GuestReport, RunReport, UplinkReport } from "../../src/engine/report.ts";
import type { FlowReport } from "../../src/ethernet/flows.ts";
import type { PeerReport } from "../../src/peers/peer.ts";
import { readScenario } from "../../src/scenario/read.ts";
import type { Overrides, Scenario } from "../../src/scenario/scenario.ts";
import { Report, type WorkloadReport } from "../../src/workloads/report.ts";

const TEXT = `name: made-up
duration: 2s
wire:
  peers:
    - { kind: echo, name: gateway, ip: 10.0.0.254 }
    - { kind: sink, name: sink }
cards:
  - { name: rtl0, kind: rtl8139, policy: fair-share }
guests:
  - { name: alice, weight: 1, workload: { kind: ping, to: gateway } }
  - { name: bob, weight: 3, workload: { kind: stream, to: sink } }
`;

const NO_FILES = { locate: (file: string) => file, read: () => new Uint8Array() };

/** `edit` changes the text of the scenario. */
export const madeUpScenario = (
  overrides: Overrides = {},
  edit: (text: string) => string = (text) => text,
): Scenario => readScenario(edit(TEXT), "made-up.yaml", NO_FILES, overrides);

export function histogramOf(...values: readonly number[]): HistogramData {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram.data();
}

const VMM: VmmGuestReport = {
  exits: 0,
  exitsByCause: [],
  interruptsInjected: 0,
  violations: [],
  grants: 0,
  heldNs: 0,
  blocked: histogramOf(),
  handoffLatency: histogramOf(),
  ended: undefined,
};

const MISSED = { filtered: 0, off: 0, overflow: 0, refused: 0, holdDropped: 0, held: 0 };

const KERNEL = {
  backlogDropped: 0,
  inboxDropped: 0,
  foreign: 0,
  unwanted: 0,
  arpRequestsSent: 0,
  arpRepliesSent: 0,
  pingRepliesSent: 0,
};

/** What is not zero of a guest. */
export interface GuestParts {
  readonly state?: GuestReport["state"];
  readonly workload?: Partial<WorkloadReport>;
  readonly driver?: Partial<DriverCounters>;
  readonly kernel?: Partial<typeof KERNEL>;
  readonly io?: Partial<GuestCounters>;
  readonly vmm?: Partial<VmmGuestReport>;
  readonly missed?: Partial<typeof MISSED>;
  readonly memory?: GuestReport["memory"];
  readonly standstill?: NonNullable<GuestReport["standstill"]>;
}

/** `id`: 0 is alice, 1 is bob. */
export function guestReport(scenario: Scenario, id: number, parts: GuestParts = {}): GuestReport {
  const guest = scenario.guests[id];
  if (guest === undefined) throw new Error(`no guest ${id}`);
  const bare = guest.workload.kind === "hostile" || guest.workload.kind === "program";
  return {
    id: guestId(id),
    name: guest.name,
    card: guest.card,
    workload: guest.workload.kind,
    state: parts.state ?? { kind: "running" },
    stateName: "cpu.halted card.held",
    io: { ...newGuestCounters(), ...parts.io },
    vmm: { ...VMM, ...parts.vmm },
    software: {
      workload: { ...new Report().snapshot(), ...parts.workload },
      kernel: bare ? undefined : { ...KERNEL, ...parts.kernel },
      driver: bare ? undefined : { ...newCounters(), ...parts.driver },
    },
    missed: { ...MISSED, ...parts.missed },
    memory: parts.memory,
    ...(parts.standstill !== undefined && { standstill: parts.standstill }),
  };
}

const CARD: Omit<CardReport, "id" | "name" | "kind"> = {
  sentFrames: 0,
  sentBytes: 0,
  oversizeFrames: 0,
  received: { stored: 0, filtered: 0, off: 0, overflow: 0, refused: 0 },
  refusedOperations: 0,
  foreignOperations: 0,
  dmaBytes: 0,
  handoffs: 0,
  watchdogs: 0,
  fencedOff: 0,
  arbiterState: "free",
  nicState: "open",
  bufferDropped: 0,
};

export const peerReport = (parts: Partial<PeerReport> & Pick<PeerReport, "name" | "kind">): PeerReport => ({
  receivedFrames: 0,
  receivedBytes: 0,
  sentFrames: 0,
  sentBytes: 0,
  foreignFrames: 0,
  otherFrames: 0,
  corrupted: 0,
  skipped: 0,
  latency: histogramOf(),
  flows: [],
  untracked: 0,
  http: undefined,
  ...parts,
});

export const flowReport = (parts: Partial<FlowReport> & Pick<FlowReport, "flow">): FlowReport => ({
  received: 0,
  bytes: 0,
  inOrder: 0,
  late: 0,
  duplicates: 0,
  gaps: 0,
  corrupted: 0,
  nextSequence: 0,
  ...parts,
});

/** An uplink that nothing has gone over. */
export const UPLINK_REPORT: UplinkReport = {
  name: "lab",
  to: "listens at 127.0.0.1:5570",
  stateName: "seeking",
  outFrames: 0,
  outBytes: 0,
  inFrames: 0,
  inBytes: 0,
  dropped: {
    notConnected: 0,
    bufferFull: 0,
    portFull: 0,
    runt: 0,
    oversize: 0,
    wireFull: 0,
    lineFull: 0,
    late: 0,
  },
  connections: 0,
  malformed: 0,
  refused: 0,
  problem: undefined,
};

/** What is not zero of a run; `guests` by id. */
export interface RunParts {
  readonly elapsedNs?: number;
  readonly guests?: readonly GuestParts[];
  readonly card?: Partial<CardReport>;
  readonly peers?: readonly PeerReport[];
  readonly uplinks?: RunReport["uplinks"];
  readonly workers?: RunReport["workers"];
  readonly faults?: RunReport["faults"];
  readonly lateNs?: number;
}

export function runReport(scenario: Scenario, parts: RunParts = {}): RunReport {
  return {
    scenario: scenario.name,
    engine: "threads",
    mode: scenario.mode,
    seed: scenario.seed,
    elapsedNs: parts.elapsedNs ?? 2_000_000_000,
    guests: scenario.guests.map(({ id }) => guestReport(scenario, id, parts.guests?.[id])),
    cards: [{ id: cardId(0), name: "rtl0", kind: "rtl8139", ...CARD, ...parts.card }],
    peers: parts.peers ?? [],
    uplinks: parts.uplinks ?? [],
    workers: parts.workers ?? [],
    faults: parts.faults ?? { counts: [], killed: [] },
    lateNs: parts.lateNs ?? 0,
  };
}
