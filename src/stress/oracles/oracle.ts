/**
 * What an oracle is: it watches a run and says at once when one of the properties of the design does not hold, with what
 * happened, who did it, when, and which earlier event has allowed it.
 */
import type { HandoffRecord } from "../../../actors/vmm.ts";
import type { CardId, GuestId } from "../../base/ids.ts";
import type { CapturedFrame } from "../../engine/report.ts";
import type { Move } from "../../engine/scheduler.ts";
import type { WatchedRun } from "../../engine/watched-run.ts";
import type { PortOp } from "../../hardware/cpu.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import type { Address } from "../../protocol/address.ts";
import type { Message } from "../../protocol/messages.ts";
import type { Violation as StoppedRequest } from "../../vpio/failure.ts";
import type { FaultKind } from "../fault-plan.ts";

/** The properties that always hold, by their numbers in the design; 0 is vpio's own. */
export const PROPERTIES = {
  0: "no actor meets what its statechart does not know",
  1: "at most one owner, and only its operations reach the card",
  2: "a card is handed over only when it is reusable",
  3: "DMA touches only the owner's memory, or the VMM's",
  4: "a guest reads what a private card could have given it",
  5: "each frame leaves once and unmodified, and arrives at most once, at its own guest",
  6: "no interrupt is lost, or delivered to another guest",
  7: "every request is granted in the end, or ended with an error",
  8: "equal seeds have equal traces",
} as const;
export type Property = keyof typeof PROPERTIES;

/** Something that happened, and when. */
export interface Incident {
  readonly what: string;
  readonly atNs: number;
  /** Number of the move, from 1. */
  readonly move: number;
}

export interface Violation {
  readonly property: Property;
  readonly oracle: string;
  /** What happened, and who did it. */
  readonly incident: Incident;
  /** The earlier event that has allowed it, where there is one. */
  readonly because: Incident | undefined;
}

/**
 * How a trial ends: all workloads that have an end are at it; nothing can happen any more; none has an end, and the
 * scenario's time is over; or it was cut off.
 */
export type TrialEnding = "complete" | "quiet" | "elapsed" | "cut";

/** A recorded run ends when its guests are stopped, wherever they are; the others had a while for what was under way. */
export type Ending = TrialEnding | "stopped";

/** Where an oracle is. */
export interface Scene {
  readonly run: WatchedRun;
  /** "alice", "card0", "the VMM of card0", "the wire". */
  nameOf(address: Address): string;
  /** What happens now, to be kept. */
  incident(what: string): Incident;
  accuse(what: string, because?: Incident): void;
  /** Faults of that kind that have struck so far. */
  struck(kind: FaultKind): number;
  /** The guest's card has been taken by force: its driver goes on with another card than the one that it has set up. */
  hasLostContext(guest: GuestId): boolean;
}

/** All that an oracle may listen to. Everything is only valid during the call. */
export interface Witness {
  readonly sent?: (from: Address, to: Address, message: Message) => void;
  readonly begins?: (move: Move, message: Message | undefined) => void;
  readonly ends?: (move: Move) => void;
  /**
   * A port of the card itself is about to be accessed; `by`: the guest, or the VMM, whose operation it is. Of a string
   * operation it may be the first unit only.
   */
  readonly port?: (card: CardId, by: Address, write: boolean, offset: number, value: number) => void;
  readonly dma?: (card: CardId, write: boolean, address: number, bytes: number) => void;
  /** The card has received a frame. */
  readonly received?: (card: CardId, frame: Uint8Array, outcome: ReceiveOutcome) => void;
  /** A guest's program issues an operation; it has been answered. */
  readonly issued?: (guest: GuestId, op: PortOp) => void;
  readonly answered?: (guest: GuestId, op: PortOp, value: number) => void;
  readonly frame?: (frame: CapturedFrame) => void;
  readonly handoff?: (card: CardId, record: HandoffRecord) => void;
  readonly stopped?: (guest: GuestId, request: StoppedRequest) => void;
  readonly struck?: (kind: FaultKind, victim: Address) => void;
  readonly over?: (ending: Ending) => void;
  /** Asked when everything is done: what the oracle would object to now may still come right. */
  readonly awaits?: () => boolean;
}

export interface Oracle {
  readonly name: string;
  readonly property: Property;
  readonly watch: (scene: Scene) => Witness;
}
