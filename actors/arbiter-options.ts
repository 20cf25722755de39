/** What an arbiter is told, and what it says of itself; the VMMs of the other modes report in the same shape. */
import type { GuestId } from "../src/base/ids.ts";
import type { ModelDefinition } from "../src/devices/model.ts";
import type { PortOp } from "../src/hardware/cpu.ts";
import type { ReceiveOutcome } from "../src/hardware/silicon.ts";
import type { Policy } from "../src/vpio/ledger.ts";
import type { VmmGuestReport, VmmOptions } from "./vmm.ts";

/** An exit that waits for the card. */
export interface BlockedExit {
  readonly op: PortOp;
  readonly sinceNs: number;
}

/** What happens to frames for a guest that does not hold the card. */
export type ReceiveStrategy = "drop" | "hold" | "arrival";

export interface ArbiterOptions extends VmmOptions {
  readonly model: ModelDefinition;
  readonly policy: Policy;
  readonly receive: ReceiveStrategy;
  /** A stuck owner loses the card after so long. */
  readonly watchdogNs: number;
  /** An owner that does not acknowledge a revoke in that time is fenced off. */
  readonly revokeNs: number;
}

export interface ArbiterReport {
  readonly guests: ReadonlyMap<GuestId, VmmGuestReport>;
  readonly handoffs: number;
  readonly watchdogs: number;
  readonly fencedOff: number;
  readonly state: string;
  /** What the guests' virtual cards made of the frames for them; only where there are virtual cards. */
  readonly received?: ReadonlyMap<GuestId, Readonly<Record<ReceiveOutcome, number>>>;
}
