/**
 * Every figure that is derived from a run's report: the text report, the JSON report, the comparison of modes and the
 * benches all take theirs from here.
 */
import { Histogram, type HistogramData } from "../base/histogram.ts";
import { NS_PER_S } from "../base/units.ts";
import type { LinuxReport } from "../engine/linux-report.ts";
import type {
  CardReport,
  GuestReport,
  GuestState,
  MemoryCheck,
  RunReport,
  UplinkReport,
} from "../engine/report.ts";
import type { FlowReport } from "../ethernet/flows.ts";
import type { ReceiveOutcome } from "../hardware/silicon.ts";
import type { HttpReport } from "../peers/http/report.ts";
import type { PeerKind, PeerReport } from "../peers/peer.ts";
import type { CardKind, Guest, Mode, Scenario, WorkloadKind } from "../scenario/scenario.ts";
import type { Violation } from "../vpio/failure.ts";
import { type PaperExits, paperExits } from "./paper.ts";

/** A distribution of durations; zeros when there are none. */
export interface Spread {
  readonly count: number;
  readonly sumNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

/** `share` is 0 .. 1; undefined when the whole is 0. */
export interface Share {
  readonly part: number;
  readonly whole: number;
  readonly share: number | undefined;
}

export interface Count {
  readonly what: string;
  readonly count: number;
}

/** Frames without FCS, as the guest's driver counts them; of Linux, as it last told. */
export interface Traffic {
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly receivedFrames: number;
  readonly receivedBytes: number;
}

/** Why guests exit; `perPacket` is undefined without packets. */
export interface ExitCause extends Count {
  readonly perPacket: number | undefined;
}

/** Flows of probes at one receiver, together. */
export interface FlowSummary {
  readonly flows: number;
  readonly received: number;
  readonly late: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly corrupted: number;
}

/** What a guest's latency is the time of. */
export type LatencyOf = "round trip" | "arrival" | "handing over";

export interface GuestSummary {
  readonly name: string;
  readonly card: string;
  readonly workload: WorkloadKind;
  readonly state: GuestState;
  /** Undefined when the guest has no driver: hostile guests and user programs run on the bare machine. */
  readonly traffic: Traffic | undefined;
  /** Frames sent and received by the guest's driver: what "per packet" means. */
  readonly packets: number;
  /** Lost on the way to the guest or in it, by reason; only what happened. */
  readonly dropped: readonly Count[];
  readonly latency: Spread;
  readonly latencyOf: LatencyOf;
  /** All exits to the VMM: hooked operations, operations without the card, PCI configuration, interrupts. */
  readonly exits: number;
  readonly exitsPerPacket: number | undefined;
  readonly causes: readonly ExitCause[];
  /** The guest's port operations that exited; a string operation is one. */
  readonly hookedOperations: Share;
  /** The same by units: a string operation of n units counts n times. */
  readonly hookedUnits: Share;
  readonly grants: number;
  readonly handoffLatency: Spread;
  /** Time that operations waited for the card. */
  readonly blocked: Spread;
  readonly interrupts: number;
  readonly violations: readonly (Violation & { readonly count: number })[];
  readonly flows: FlowSummary;
  readonly memory: MemoryCheck | undefined;
  /** False for those that write wherever they like in their own memory. */
  readonly memoryIsGuarded: boolean;
  readonly notes: readonly string[];
  /** Of a guest that runs Linux. */
  readonly linux?: LinuxReport;
}

export interface Holder {
  readonly guest: string;
  readonly weight: number;
  readonly heldNs: number;
  /** Of the time that anybody held the card. */
  readonly share: number;
}

export interface CardSummary {
  readonly name: string;
  readonly kind: CardKind;
  /** Empty when nobody ever held the card. */
  readonly holders: readonly Holder[];
  /** Jain's index over the time held by each guest, divided by its weight; undefined when nobody held the card. */
  readonly fairness: number | undefined;
  readonly handoffs: number;
  readonly handoffLatency: Spread;
  readonly watchdogs: number;
  readonly fencedOff: number;
  readonly refusedOperations: number;
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly oversizeFrames: number;
  readonly received: Readonly<Record<ReceiveOutcome, number>>;
  readonly bufferDropped: number;
  /** Of the card's guests together. */
  readonly packets: number;
  readonly exitsPerPacket: number | undefined;
  /** The paper's exits per packet for this card and mode. */
  readonly paper: PaperExits;
}

export interface PeerSummary {
  readonly name: string;
  readonly kind: PeerKind;
  readonly sentFrames: number;
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  readonly skipped: number;
  readonly flows: FlowSummary;
  readonly latency: Spread;
  readonly http: HttpReport | undefined;
}

export interface UplinkSummary {
  readonly name: string;
  /** Who is at the other end, and how it gets there. */
  readonly to: string;
  readonly state: string;
  readonly outFrames: number;
  readonly outBytes: number;
  readonly inFrames: number;
  readonly inBytes: number;
  /** By reason; only what happened. */
  readonly dropped: readonly Count[];
  readonly connections: number;
  /** Connections hung up because what came was no frames. */
  readonly malformed: number;
  /** Others that wanted in while somebody was connected. */
  readonly refused: number;
  readonly problem: string | undefined;
}

/** The whole run; what has "packet" in it is of guests that have a driver. */
export interface Totals {
  readonly guests: number;
  /** Guests that were not refused the card by the mode. */
  readonly served: number;
  readonly packets: number;
  readonly packetsPerS: number;
  readonly bitsPerS: number;
  readonly exits: number;
  readonly exitsPerPacket: number | undefined;
  readonly hookedOperations: Share;
  readonly hookedUnits: Share;
  /** Of ping and request-response guests together. */
  readonly roundTrip: Spread;
  readonly handoffs: number;
  readonly violations: number;
  /** Bytes changed in the memory of guests that did not change them themselves. */
  readonly foreignChangedBytes: number;
}

export interface RunSummary {
  readonly scenario: string;
  readonly mode: Mode;
  readonly elapsedNs: number;
  readonly guests: readonly GuestSummary[];
  readonly cards: readonly CardSummary[];
  readonly peers: readonly PeerSummary[];
  readonly uplinks: readonly UplinkSummary[];
  readonly totals: Totals;
}

/** `report` is of a run of `scenario`, at its end or under way. */
export function summarize(report: RunReport, scenario: Scenario): RunSummary {
  const guests = scenario.guests.flatMap((guest) => {
    const found = report.guests.find(({ id }) => id === guest.id);
    return found === undefined ? [] : [summarizeGuest(found, guest, scenario)];
  });
  return {
    scenario: report.scenario,
    mode: report.mode,
    elapsedNs: report.elapsedNs,
    guests,
    cards: report.cards.map((card) => summarizeCard(card, guests, report, scenario)),
    peers: report.peers.map(summarizePeer),
    uplinks: report.uplinks.map(summarizeUplink),
    totals: totalsOf(report, guests),
  };
}

/** Of exits to the packets that caused them; undefined without packets. */
export const ratio = (part: number, whole: number): number | undefined =>
  whole === 0 ? undefined : part / whole;

export const shareOf = (part: number, whole: number): Share => ({ part, whole, share: ratio(part, whole) });

/** The percentiles of all the data together. */
export function spreadOf(...data: readonly HistogramData[]): Spread {
  const histogram = new Histogram();
  for (const one of data) histogram.merge(one);
  return {
    count: histogram.count,
    sumNs: data.reduce((sum, one) => sum + one.sum, 0),
    p50Ns: histogram.percentile(50),
    p90Ns: histogram.percentile(90),
    p99Ns: histogram.percentile(99),
    maxNs: histogram.max,
  };
}

/** (Σx)² / (n Σx²): 1 when all are equal, 1/n when one has everything; undefined when there is nothing. */
export function jainIndex(values: readonly number[]): number | undefined {
  const squares = sumOf(values, (value) => value * value);
  return ratio(sumOf(values, (value) => value) ** 2, values.length * squares);
}

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

export function summarizeFlows(flows: readonly FlowReport[]): FlowSummary {
  return {
    flows: flows.length,
    received: sumOf(flows, ({ received }) => received),
    late: sumOf(flows, ({ late }) => late),
    gaps: sumOf(flows, ({ gaps }) => gaps),
    duplicates: sumOf(flows, ({ duplicates }) => duplicates),
    corrupted: sumOf(flows, ({ corrupted }) => corrupted),
  };
}

function summarizeGuest(report: GuestReport, guest: Guest, scenario: Scenario): GuestSummary {
  const { io, vmm, software, linux } = report;
  const counted = software?.driver ?? linux?.traffic;
  const traffic = counted && trafficOf(counted);
  const packets = traffic === undefined ? 0 : traffic.sentFrames + traffic.receivedFrames;
  return {
    name: report.name,
    card: scenario.cards[guest.card]?.name ?? "",
    workload: report.workload,
    state: report.state,
    traffic,
    packets,
    dropped: droppedOf(report),
    latency: spreadOf(...(software === undefined ? [] : [software.workload.latency])),
    latencyOf: latencyOf(report.workload),
    exits: vmm.exits,
    exitsPerPacket: ratio(vmm.exits, packets),
    causes: vmm.exitsByCause.map(([what, count]) => ({ what, count, perPacket: ratio(count, packets) })),
    hookedOperations: shareOf(io.exits, io.operations),
    hookedUnits: shareOf(io.exitUnits, io.units),
    grants: vmm.grants,
    handoffLatency: spreadOf(vmm.handoffLatency),
    blocked: spreadOf(vmm.blocked),
    interrupts: vmm.interruptsInjected,
    violations: vmm.violations,
    flows: summarizeFlows(software?.workload.flows ?? []),
    memory: report.memory,
    memoryIsGuarded: runsKernel(guest),
    notes: notesOf(report),
    ...(linux !== undefined && { linux }),
  };
}

/** Hostile guests and user programs run on the bare machine, and may do anything within it. */
export const runsKernel = ({ workload }: Pick<Guest, "workload">): boolean =>
  workload.kind !== "hostile" && workload.kind !== "program";

const trafficOf = ({ sentFrames, sentBytes, receivedFrames, receivedBytes }: Traffic): Traffic => ({
  sentFrames,
  sentBytes,
  receivedFrames,
  receivedBytes,
});

function latencyOf(workload: WorkloadKind): LatencyOf {
  if (workload === "ping" || workload === "request-response" || workload === "dhcp") return "round trip";
  return workload === "receive" ? "arrival" : "handing over";
}

function droppedOf({ missed, software }: GuestReport): readonly Count[] {
  const { kernel, driver } = software ?? {};
  const all: readonly Count[] = [
    { what: "card programmed for another guest", count: missed.filtered },
    { what: "receiver off", count: missed.off },
    { what: "receive ring full", count: missed.overflow },
    { what: "not acceptable to the card", count: missed.refused },
    { what: "hold queue full", count: missed.holdDropped },
    { what: "still held at the end", count: missed.held },
    { what: "receive errors", count: driver?.receiveErrors ?? 0 },
    { what: "transmit errors", count: driver?.transmitErrors ?? 0 },
    { what: "kernel backlog full", count: kernel?.backlogDropped ?? 0 },
    { what: "not fetched by the workload", count: kernel?.inboxDropped ?? 0 },
    { what: "addressed to another station", count: kernel?.foreign ?? 0 },
  ];
  return happened(all);
}

const happened = (counts: readonly Count[]): readonly Count[] => counts.filter(({ count }) => count > 0);

function notesOf({ software }: GuestReport): readonly string[] {
  const { failure, notes } = software?.workload ?? { failure: undefined, notes: [] };
  return failure === undefined ? notes : [`gave up: ${failure}`, ...notes];
}

function summarizeCard(
  card: CardReport,
  guests: readonly GuestSummary[],
  report: RunReport,
  scenario: Scenario,
): CardSummary {
  const users = guests.filter((guest) => guest.card === card.name);
  const ofCard = report.guests.filter((guest) => guest.card === card.id);
  const holders = holdersOf(ofCard, scenario);
  const totals = packetTotals(users);
  return {
    name: card.name,
    kind: card.kind,
    holders,
    fairness: jainIndex(holders.map(({ heldNs, weight }) => heldNs / weight)),
    handoffs: card.handoffs,
    handoffLatency: spreadOf(...ofCard.map(({ vmm }) => vmm.handoffLatency)),
    watchdogs: card.watchdogs,
    fencedOff: card.fencedOff,
    refusedOperations: card.refusedOperations,
    sentFrames: card.sentFrames,
    sentBytes: card.sentBytes,
    oversizeFrames: card.oversizeFrames,
    received: card.received,
    bufferDropped: card.bufferDropped,
    packets: totals.packets,
    exitsPerPacket: ratio(totals.exits, totals.packets),
    paper: paperExits(card.kind, report.mode),
  };
}

function holdersOf(guests: readonly GuestReport[], scenario: Scenario): readonly Holder[] {
  const users = guests.filter(({ state }) => state.kind !== "refused");
  const totalNs = sumOf(users, ({ vmm }) => vmm.heldNs);
  if (totalNs === 0) return [];
  return users.map(({ id, name, vmm: { heldNs } }) => {
    const weight = scenario.guests[id]?.weight ?? 1;
    return { guest: name, weight, heldNs, share: heldNs / totalNs };
  });
}

function summarizePeer(peer: PeerReport): PeerSummary {
  const { name, kind, sentFrames, receivedFrames, receivedBytes, skipped, http } = peer;
  const flows = summarizeFlows(peer.flows);
  return {
    name,
    kind,
    sentFrames,
    receivedFrames,
    receivedBytes,
    skipped,
    flows,
    latency: spreadOf(peer.latency),
    http,
  };
}

function summarizeUplink({ stateName, dropped, ...uplink }: UplinkReport): UplinkSummary {
  return {
    ...uplink,
    state: stateName,
    dropped: happened([
      { what: "out: nobody connected", count: dropped.notConnected },
      { what: "out: other end too slow", count: dropped.bufferFull },
      { what: "out: port full", count: dropped.portFull },
      { what: "in: shorter than a header", count: dropped.runt },
      { what: "in: longer than an Ethernet frame", count: dropped.oversize },
      { what: "in: wire full", count: dropped.wireFull + dropped.lineFull },
      { what: "in: after the end of the run", count: dropped.late },
    ]),
  };
}

function packetTotals(guests: readonly GuestSummary[]): { readonly packets: number; readonly exits: number } {
  const counted = guests.filter(({ traffic }) => traffic !== undefined);
  return { packets: sumOf(counted, ({ packets }) => packets), exits: sumOf(counted, ({ exits }) => exits) };
}

function totalsOf(report: RunReport, guests: readonly GuestSummary[]): Totals {
  const { packets, exits } = packetTotals(guests);
  const seconds = report.elapsedNs / NS_PER_S;
  const bytes = sumOf(guests, ({ traffic }) => (traffic?.sentBytes ?? 0) + (traffic?.receivedBytes ?? 0));
  const together = (share: (guest: GuestSummary) => Share): Share =>
    shareOf(
      sumOf(guests, (guest) => share(guest).part),
      sumOf(guests, (guest) => share(guest).whole),
    );
  const roundTrips = report.guests.filter(({ workload }) => latencyOf(workload) === "round trip");
  return {
    guests: guests.length,
    served: guests.filter(({ state }) => state.kind !== "refused").length,
    packets,
    packetsPerS: ratio(packets, seconds) ?? 0,
    bitsPerS: ratio(8 * bytes, seconds) ?? 0,
    exits,
    exitsPerPacket: ratio(exits, packets),
    hookedOperations: together(({ hookedOperations }) => hookedOperations),
    hookedUnits: together(({ hookedUnits }) => hookedUnits),
    roundTrip: spreadOf(
      ...roundTrips.flatMap(({ software }) => (software === undefined ? [] : [software.workload.latency])),
    ),
    handoffs: sumOf(report.cards, ({ handoffs }) => handoffs),
    violations: sumOf(guests, (guest) => sumOf(guest.violations, ({ count }) => count)),
    foreignChangedBytes: sumOf(guests, ({ memory, memoryIsGuarded }) =>
      memoryIsGuarded ? (memory?.changedBytes ?? 0) : 0,
    ),
  };
}
