/** What a run says about itself, live and at its end: plain data, the same from every engine. */

import type { GuestCounters } from "../../actors/guest-body.ts";
import type { UplinkDrops } from "../../actors/uplink-body.ts";
import type { VmmGuestReport } from "../../actors/vmm.ts";
import type { CardId, Epoch, GuestId } from "../base/ids.ts";
import type { CardKind } from "../devices/device.ts";
import type { ReceiveOutcome } from "../hardware/silicon.ts";
import type { PeerReport } from "../peers/peer.ts";
import type { Address } from "../protocol/address.ts";
import type { Mode, WorkloadKind } from "../scenario/scenario.ts";
import type { FaultChoice } from "../transport/fault-plan.ts";
import type { SoftwareReport } from "../workloads/software.ts";
import type { FaultCount } from "./fault-tally.ts";
import type { LinuxReport } from "./linux-report.ts";
import type { ActorLog } from "./recording.ts";

/** `refused`: in passthrough mode the card is somebody else's. */
export type GuestState =
  | { readonly kind: "running" | "ended" }
  | { readonly kind: "crashed" | "refused"; readonly reason: string };

/** Frames that were addressed to a guest and did not reach its ring, by what became of them. */
export interface MissedFrames {
  /** At the card: it was programmed for another guest; its receiver was off; its ring was full; not acceptable. */
  readonly filtered: number;
  readonly off: number;
  readonly overflow: number;
  readonly refused: number;
  /** On the wire: more than could be held for it; still held at the end. */
  readonly holdDropped: number;
  readonly held: number;
}

/** The part of a guest's memory that it has not taken into use itself: nobody should have written there. */
export interface MemoryCheck {
  readonly comparedBytes: number;
  readonly changedBytes: number;
  /** Guest-physical address of the first changed byte. */
  readonly firstChanged: number | undefined;
}

/** A guest was seen waiting for one and the same answer all that time, of the run's; it may have waited longer. */
export interface Standstill {
  readonly sinceNs: number;
  readonly untilNs: number;
}

export interface GuestReport {
  readonly id: GuestId;
  readonly name: string;
  readonly card: CardId;
  readonly workload: WorkloadKind;
  readonly state: GuestState;
  /** State of its statechart, for people. */
  readonly stateName: string;
  readonly io: GuestCounters;
  readonly vmm: VmmGuestReport;
  /** Undefined when its worker is gone and has not said. */
  readonly software: SoftwareReport | undefined;
  /** Of a guest that runs Linux. */
  readonly linux?: LinuxReport;
  readonly missed: MissedFrames;
  /** Undefined when it waits for no answer, and on an engine where nobody looks. */
  readonly standstill?: Standstill;
  /** Undefined while the run lasts, and of a guest that runs Linux: that uses all of its memory. */
  readonly memory: MemoryCheck | undefined;
}

export interface CardReport {
  readonly id: CardId;
  readonly name: string;
  readonly kind: CardKind;
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly oversizeFrames: number;
  readonly received: Readonly<Record<ReceiveOutcome, number>>;
  /** Operations refused for their epoch. */
  readonly refusedOperations: number;
  /** Operations that passed its fence and were not of the guest that it was open for. */
  readonly foreignOperations: number;
  readonly dmaBytes: number;
  /** Changes of the owner from one guest to another. */
  readonly handoffs: number;
  readonly watchdogs: number;
  readonly fencedOff: number;
  readonly arbiterState: string;
  readonly nicState: string;
  /** Frames the wire dropped because the card's port was full. */
  readonly bufferDropped: number;
}

/** What went over an uplink, from the wire's side: out of the segment, and into it. */
export interface UplinkReport {
  readonly name: string;
  /** Who is at the other end, and how it gets there, for people. */
  readonly to: string;
  readonly stateName: string;
  readonly outFrames: number;
  readonly outBytes: number;
  readonly inFrames: number;
  readonly inBytes: number;
  readonly dropped: UplinkDrops & {
    /** At the wire's port, on their way out and on their way in. */
    readonly portFull: number;
    readonly lineFull: number;
  };
  readonly connections: number;
  readonly malformed: number;
  readonly refused: number;
  readonly problem: string | undefined;
}

/** What one actor's worker counts of its own running. */
export interface WorkerReport {
  readonly name: string;
  readonly sleeps: number;
  readonly notifies: number;
  /** Undefined while it runs. */
  readonly failure: string | undefined;
}

/** What faults have done to a run on threads. */
export interface FaultsReport {
  /** Of each kind that was asked for. */
  readonly counts: readonly FaultCount[];
  /** Workers that faults have killed, by name: that they failed was wanted. */
  readonly killed: readonly string[];
}

export interface RunReport {
  readonly scenario: string;
  readonly engine: "threads" | "seeded";
  readonly mode: Mode;
  readonly seed: number;
  /** Time the guests have run. */
  readonly elapsedNs: number;
  readonly guests: readonly GuestReport[];
  readonly cards: readonly CardReport[];
  readonly peers: readonly PeerReport[];
  readonly uplinks: readonly UplinkReport[];
  readonly workers: readonly WorkerReport[];
  readonly faults: FaultsReport;
  /** The most by which the supervisor was woken late, or had to wait for a guest to be heard: the machine's own doing. */
  readonly lateNs: number;
}

/** A frame as a capture has it. */
export interface CapturedFrame {
  /** At a card's connector, or at the border of a guest's kernel and its driver. */
  readonly at:
    | { readonly kind: "card"; readonly card: CardId }
    | { readonly kind: "guest"; readonly guest: GuestId };
  readonly timestampNs: number;
  readonly direction: "in" | "out";
  /** At a card: the epoch and owner at that moment (undefined: nobody), and what became of an incoming frame. */
  readonly epoch: Epoch | undefined;
  readonly holder: GuestId | undefined;
  readonly outcome: ReceiveOutcome | undefined;
  readonly bytes: Uint8Array;
}

export interface RunOptions {
  /** Keep every frame for `RunOutcome.frames`. */
  readonly capture?: boolean;
  /** Keep what a replay needs, for `RunOutcome.recording`. */
  readonly record?: boolean;
  /** Faults that strike during the run, by chance. */
  readonly faults?: readonly FaultChoice[];
  /** What a Linux guest writes to its console, as it comes. */
  readonly onConsole?: (guest: GuestId, bytes: Uint8Array) => void;
  /** Called with the guests' consoles when the run begins. */
  readonly onConsoles?: (type: (guest: GuestId, bytes: Uint8Array) => void) => void;
  /** Called a few times a second with the state of things. */
  readonly onProgress?: (report: RunReport) => void;
  /** Ends the run early; what there is until then is reported. */
  readonly signal?: AbortSignal;
}

export interface RunOutcome {
  readonly report: RunReport;
  /** In order of time; empty without `capture`. */
  readonly frames: readonly CapturedFrame[];
  /** Wall-clock time of the run's begin, nanoseconds since 1970. */
  readonly startedAt: bigint;
  /** Undefined without `record`, or when a worker died: what it had recorded is gone with it. */
  readonly recording: RunRecording | undefined;
}

/** All that a run on threads took from outside, and where it ended. */
export interface RunRecording {
  /** True when frames were captured: the guests' kernels then ask the clock for it. */
  readonly capture: boolean;
  readonly logs: ReadonlyMap<Address, ActorLog>;
  readonly finalHash: string;
}
