/** One report of a whole run, from what its workers say. */
import type { ArbiterReport } from "../../actors/arbiter-options.ts";
import { newGuestCounters } from "../../actors/guest-body.ts";
import type { UplinkDrops } from "../../actors/uplink-body.ts";
import type { VmmGuestReport } from "../../actors/vmm.ts";
import { macKey } from "../ethernet/mac.ts";
import { guestAddress, nicAddress, uplinkAddress } from "../protocol/address.ts";
import type { Card, Guest, Scenario, Uplink } from "../scenario/scenario.ts";
import type { ArbiterSnapshot } from "./arbiter-worker.ts";
import type { WorkerSnapshot } from "./control.ts";
import type { GuestSnapshot } from "./guest-worker.ts";
import { checkMemory, type HostLayout } from "./layout.ts";
import type { NicSnapshot } from "./nic-worker.ts";
import type {
  CardReport,
  FaultsReport,
  GuestReport,
  GuestState,
  MissedFrames,
  RunReport,
  UplinkReport,
  WorkerReport,
} from "./report.ts";
import type { StandstillWatch } from "./standstill.ts";
import type { UplinkSnapshot } from "./uplink-worker.ts";
import type { WireSnapshot } from "./wire-worker.ts";
import { workerOf } from "./wiring.ts";

/** The latest snapshot of each worker; undefined where none could be had. */
export interface RunSnapshots {
  readonly guests: readonly (WorkerSnapshot<GuestSnapshot> | undefined)[];
  readonly nics: readonly (WorkerSnapshot<NicSnapshot> | undefined)[];
  readonly arbiter: WorkerSnapshot<ArbiterSnapshot> | undefined;
  readonly wire: WorkerSnapshot<WireSnapshot> | undefined;
  /** None on the seeded engine: nothing is outside there. */
  readonly uplinks?: readonly (WorkerSnapshot<UplinkSnapshot> | undefined)[];
  /** Why each worker died, by name; undefined while it lives. */
  readonly failures: ReadonlyMap<string, string | undefined>;
  /** Workers of which only an old snapshot is left, by name. */
  readonly unheard?: ReadonlySet<string>;
  readonly faults?: FaultsReport;
  /** How each guest stands; and how late the supervisor was: on threads. */
  readonly standstills?: StandstillWatch;
  readonly lateNs?: number;
}

const NO_FAULTS: FaultsReport = { counts: [], killed: [] };

const NO_VMM_REPORT: VmmGuestReport = {
  exits: 0,
  exitsByCause: [],
  interruptsInjected: 0,
  violations: [],
  grants: 0,
  heldNs: 0,
  blocked: { counts: [], max: 0, sum: 0 },
  handoffLatency: { counts: [], max: 0, sum: 0 },
  ended: undefined,
};

const NO_DROPS: UplinkDrops = {
  notConnected: 0,
  bufferFull: 0,
  runt: 0,
  oversize: 0,
  wireFull: 0,
  late: 0,
};

/** `final`: the guests have stopped, and their memory is compared. */
export function composeReport(
  scenario: Scenario,
  layout: HostLayout,
  snapshots: RunSnapshots,
  elapsedNs: number,
  final: boolean,
): RunReport {
  return {
    scenario: scenario.name,
    engine: "threads",
    mode: scenario.mode,
    seed: scenario.seed,
    elapsedNs,
    guests: scenario.guests.map((guest) => guestReport(scenario, layout, snapshots, guest, final)),
    cards: scenario.cards.map((card) => cardReport(snapshots, card)),
    peers: snapshots.wire?.part.peers.map(({ peer }) => peer) ?? [],
    uplinks: scenario.wire.uplinks.map((uplink) => uplinkReport(snapshots, uplink)),
    workers: workerReports(scenario, snapshots),
    faults: snapshots.faults ?? NO_FAULTS,
    lateNs: snapshots.lateNs ?? 0,
  };
}

function guestReport(
  scenario: Scenario,
  layout: HostLayout,
  snapshots: RunSnapshots,
  guest: Guest,
  final: boolean,
): GuestReport {
  const own = snapshots.guests[guest.id]?.part;
  const arbiter = snapshots.arbiter?.part.get(guest.card);
  const worker = workerOf(guestAddress(guest.id));
  const failure = snapshots.failures.get(worker);
  // It may have taken more memory into use since it was last heard of; a guest with a machine of its own uses all of it.
  const comparable = final && snapshots.unheard?.has(worker) !== true && !layout.pageLogs.has(guest.id);
  const known = comparable ? own : undefined;
  const standstill = snapshots.standstills?.of(guest.id);
  return {
    id: guest.id,
    name: guest.name,
    card: guest.card,
    workload: guest.workload.kind,
    state: guestState(scenario, guest, own, failure),
    stateName: failure === undefined ? (own?.stateName ?? "starting") : "dead",
    io: own?.io ?? newGuestCounters(),
    vmm: arbiter?.guests.get(guest.id) ?? NO_VMM_REPORT,
    software: own?.software,
    ...(own?.linux !== undefined && { linux: own.linux }),
    missed: missedFrames(snapshots, guest, arbiter),
    ...(standstill !== undefined && { standstill }),
    memory: known && checkMemory(layout, scenario.seed, guest.id, known.brk),
  };
}

function guestState(
  scenario: Scenario,
  guest: Guest,
  own: GuestSnapshot | undefined,
  failure: string | undefined,
): GuestState {
  if (failure !== undefined) return { kind: "crashed", reason: failure };
  if (own === undefined) return { kind: "running" };
  if (own.status.kind !== "crashed") return { kind: own.status.kind };
  const others = scenario.mode === "passthrough" && scenario.cards[guest.card]?.owner !== guest.id;
  return { kind: others ? "refused" : "crashed", reason: own.status.reason };
}

function missedFrames(
  snapshots: RunSnapshots,
  guest: Guest,
  arbiter: ArbiterReport | undefined,
): MissedFrames {
  const atCard =
    arbiter?.received?.get(guest.id) ?? snapshots.nics[guest.card]?.part.missed.get(macKey(guest.mac));
  const held = snapshots.wire?.part.cards.get(guest.card)?.guests.find(({ id }) => id === guest.id);
  return {
    filtered: atCard?.filtered ?? 0,
    off: atCard?.off ?? 0,
    overflow: atCard?.overflow ?? 0,
    refused: atCard?.refused ?? 0,
    holdDropped: held?.holdDropped ?? 0,
    held: held?.heldFrames ?? 0,
  };
}

function cardReport(snapshots: RunSnapshots, card: Card): CardReport {
  const nic = snapshots.nics[card.id]?.part;
  const arbiter = snapshots.arbiter?.part.get(card.id);
  const failure = snapshots.failures.get(workerOf(nicAddress(card.id)));
  return {
    id: card.id,
    name: card.name,
    kind: card.kind,
    sentFrames: nic?.sentFrames ?? 0,
    sentBytes: nic?.sentBytes ?? 0,
    oversizeFrames: nic?.oversizeFrames ?? 0,
    received: nic?.received ?? { stored: 0, filtered: 0, off: 0, overflow: 0, refused: 0 },
    refusedOperations: nic?.refusedOperations ?? 0,
    foreignOperations: nic?.foreignOperations ?? 0,
    dmaBytes: nic?.dmaBytes ?? 0,
    handoffs: arbiter?.handoffs ?? 0,
    watchdogs: arbiter?.watchdogs ?? 0,
    fencedOff: arbiter?.fencedOff ?? 0,
    arbiterState: arbiter?.state ?? "starting",
    nicState: failure === undefined ? (nic?.stateName ?? "starting") : "dead",
    bufferDropped: snapshots.wire?.part.cards.get(card.id)?.bufferDropped ?? 0,
  };
}

function uplinkReport(snapshots: RunSnapshots, { id, name }: Uplink): UplinkReport {
  const link = snapshots.uplinks?.[id]?.part;
  const port = snapshots.wire?.part.uplinks.get(id);
  return {
    name,
    to: link?.to ?? "",
    stateName: link?.stateName ?? "starting",
    outFrames: link?.outFrames ?? 0,
    outBytes: link?.outBytes ?? 0,
    inFrames: link?.inFrames ?? 0,
    inBytes: link?.inBytes ?? 0,
    dropped: {
      ...(link?.dropped ?? NO_DROPS),
      portFull: port?.bufferDropped ?? 0,
      lineFull: port?.sendDropped ?? 0,
    },
    connections: link?.connections ?? 0,
    malformed: link?.malformed ?? 0,
    refused: link?.refused ?? 0,
    problem: link?.problem,
  };
}

function workerReports(scenario: Scenario, snapshots: RunSnapshots): readonly WorkerReport[] {
  const row = (name: string, snapshot: WorkerSnapshot<unknown> | undefined): WorkerReport => ({
    name,
    sleeps: snapshot?.sleeps ?? 0,
    notifies: snapshot?.notifies ?? 0,
    failure: snapshots.failures.get(name),
  });
  return [
    ...scenario.guests.map(({ id }) => row(workerOf(guestAddress(id)), snapshots.guests[id])),
    ...scenario.cards.map(({ id }) => row(workerOf(nicAddress(id)), snapshots.nics[id])),
    row("arbiter", snapshots.arbiter),
    row("wire", snapshots.wire),
    ...scenario.wire.uplinks.map(({ id }) => row(workerOf(uplinkAddress(id)), snapshots.uplinks?.[id])),
  ];
}
