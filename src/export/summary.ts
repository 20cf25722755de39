/**
 * What a run's report comes to: the text report, the JSON report, the comparison of modes and the benches all take their
 * figures from here.
 */
import type { CardKind } from "../devices/device.ts";
import type { LinuxReport } from "../engine/linux-report.ts";
import type { GuestState, MemoryCheck } from "../engine/report.ts";
import type { ReceiveOutcome } from "../hardware/silicon.ts";
import type { HttpReport } from "../peers/http/report.ts";
import type { PeerKind } from "../peers/peer.ts";
import type { Mode, WorkloadKind } from "../scenario/scenario.ts";
import type { Violation } from "../vpio/failure.ts";
import type { PaperExits } from "./paper.ts";

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
  /** The paper's exits per packet for this card and mode; undefined of a card that its authors had not. */
  readonly paper: PaperExits | undefined;
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
