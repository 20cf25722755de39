/** The control plane: what the supervisor calls on a worker, over comlink, beside the rings and never instead of them. */
import type { ErrorCode } from "../base/errors.ts";
import type { CardId, GuestId, UplinkId } from "../base/ids.ts";
import type { OwnMemory } from "../hardware/memory.ts";
import type { Address } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { FaultKind } from "../transport/fault-plan.ts";
import type { FaultsBrief } from "./fault-tally.ts";
import type { HostLayout } from "./layout.ts";
import type { PluginCode } from "./plugin-device.ts";
import type { ActorLog } from "./recording.ts";
import type { CapturedFrame } from "./report.ts";
import type { Wiring } from "./wiring.ts";

/** Which part of a scenario a worker runs. */
export type WorkerPart =
  | { readonly kind: "guest"; readonly guest: GuestId }
  | { readonly kind: "nic"; readonly card: CardId }
  | { readonly kind: "arbiter" }
  | { readonly kind: "wire" }
  | { readonly kind: "uplink"; readonly uplink: UplinkId };

/** What a worker is started with. */
export interface WorkerBrief {
  readonly part: WorkerPart;
  readonly scenario: Scenario;
  /** The code of the scenario's plug-ins. */
  readonly plugins: readonly PluginCode[];
  readonly layout: HostLayout;
  readonly wiring: Wiring;
  readonly capture: boolean;
  /** Keep a log of each actor, for a replay. */
  readonly record: boolean;
  /** Undefined in a run without faults. */
  readonly faults: FaultsBrief | undefined;
}

/** What a worker says of itself; `actors` is the snapshot of its part. */
export interface WorkerSnapshot<Part> {
  readonly part: Part;
  readonly sleeps: number;
  readonly notifies: number;
}

/** What a worker says, unasked, when a fault has struck it down: it does nothing any more, and waits to be killed. */
export interface LastWords<Part> {
  readonly fault: FaultKind;
  readonly snapshot: WorkerSnapshot<Part>;
  readonly frames: readonly CapturedFrame[];
}

/** Tells them from the answers of the control plane. */
export const isLastWords = <Part>(said: unknown): said is LastWords<Part> =>
  typeof said === "object" && said !== null && "fault" in said;

/** What a guest has written to its console, unasked. */
export interface ConsoleOutput {
  readonly console: Uint8Array;
}

export const isConsoleOutput = (said: unknown): said is ConsoleOutput =>
  typeof said === "object" && said !== null && "console" in said;

/**
 * What came of building a worker's part, with the memory that it has made itself; a user's mistake keeps its code across
 * the threads.
 */
export type BuildOutcome =
  | { readonly kind: "built"; readonly memory: OwnMemory | undefined }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };

export interface WorkerControl<Part> {
  /** Waits until everything is built; the loop is not running yet. */
  ready(): Promise<BuildOutcome>;
  /** Starts the loop; `beganNs`: the monotonic clock at the run's begin. */
  start(beganNs: bigint): Promise<void>;
  snapshot(): Promise<WorkerSnapshot<Part>>;
  /** The frames captured since the last call. */
  takeFrames(): Promise<readonly CapturedFrame[]>;
  /** The logs of the worker's actors; empty when nothing is recorded. */
  takeLogs(): Promise<ReadonlyMap<Address, ActorLog>>;
  /** Types on the guest's console; nothing where there is none. */
  type(bytes: Uint8Array): Promise<void>;
  /** Begins nothing new by itself from here on; answers go on. */
  hush(): Promise<void>;
  /** Ends the loop, and what the worker has from outside. */
  stop(): Promise<void>;
}
