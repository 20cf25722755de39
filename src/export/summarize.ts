/** Derives every figure of a summary from a run's report. */
import { NS_PER_S } from "../base/units.ts";
import type { CardReport, GuestReport, RunReport, UplinkReport } from "../engine/report.ts";
import type { FlowReport } from "../ethernet/flows.ts";
import type { PeerReport } from "../peers/peer.ts";
import type { Guest, Scenario, WorkloadKind } from "../scenario/scenario.ts";
import { jainIndex, ratio, shareOf, spreadOf, sumOf } from "./figures.ts";
import { paperExits } from "./paper.ts";
import type {
  CardSummary,
  Count,
  FlowSummary,
  GuestSummary,
  Holder,
  LatencyOf,
  PeerSummary,
  RunSummary,
  Share,
  Totals,
  Traffic,
  UplinkSummary,
} from "./summary.ts";

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

function summarizeFlows(flows: readonly FlowReport[]): FlowSummary {
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
