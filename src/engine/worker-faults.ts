/**
 * The faults of one worker: stalls of its thread, its death, and what becomes of the messages that arrive. What its plan
 * draws is a function of the scenario's seed and the worker's name; when it is asked is up to the threads.
 */
import { Prng } from "../base/prng.ts";
import { NS_PER_MS } from "../base/units.ts";
import { type Address, roleOf } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import { type FaultKind, type FaultPlan, type Strike, seededFaults } from "../transport/fault-plan.ts";
import { MessageFaults } from "../transport/message-faults.ts";
import { type FaultsBrief, FaultTally } from "./fault-tally.ts";
import type { Extra, Taking } from "./recording.ts";
import type { WorkerName } from "./wiring.ts";

export interface WorkerFaultsOptions {
  readonly worker: WorkerName;
  readonly seed: number;
  readonly brief: FaultsBrief;
  readonly nowNs: () => number;
  /** Ends this thread. */
  readonly die: (kind: FaultKind) => never;
}

/** What becomes of a message: how it is taken, then what comes behind it. */
export type Arrival = readonly [Taking, ...Extra[]];

/** The messages between two actors that are late. */
export interface Late {
  readonly from: Address;
  readonly to: Address;
  readonly atNs: number;
}

const DELIVER: Arrival = ["deliver"];

export class WorkerFaults {
  readonly #options: WorkerFaultsOptions;
  readonly #plan: FaultPlan;
  readonly #tally: FaultTally;
  readonly #messages: MessageFaults;
  #late: readonly Late[] = [];

  constructor(options: WorkerFaultsOptions) {
    const { worker, seed, brief } = options;
    this.#options = options;
    this.#plan = seededFaults(new Prng(seed).fork(`faults of ${worker}`).u32(), brief.choices);
    this.#tally = new FaultTally(brief);
    // What is doubled or made up goes to the actor directly, through no ring.
    this.#messages = new MessageFaults({ strike: (kind) => this.#strike(kind), hasRoom: () => true });
  }

  /** Before an actor of this worker does anything: it may take long, or never return. */
  beforeMove(actor: Address): void {
    switch (roleOf(actor)) {
      case "guest":
        this.#kill("guest-crash");
        return this.#stall("slow-guest");
      case "nic":
        return this.#kill("card-lost");
      case "arbiter":
        return this.#stall("slow-arbiter");
      case "wire":
      case "uplink":
        return;
    }
  }

  /** What becomes of a message that has arrived. */
  arrival(from: Address, to: Address, message: Message): Arrival {
    const fate = this.#messages.fate(from, to, message);
    switch (fate.kind) {
      case "arrives":
        return DELIVER;
      case "disturbed":
        return ["deliver", ...fate.levels.map((level) => (level === 1 ? "raised" : "lowered"))];
      case "lost":
        return ["lose"];
      case "twice":
        return ["twice"];
      case "late":
        this.#late = [...this.#late, { from, to, atNs: this.#options.nowNs() + fate.forNs }];
        return ["delay"];
      case "behind":
        return ["delay"];
    }
  }

  /** When the next late message arrives; infinite when none is late. */
  get nextNs(): number {
    return Math.min(...this.#late.map(({ atNs }) => atNs));
  }

  /** Those whose late messages arrive now. */
  takeDue(nowNs: number): readonly Late[] {
    const due = this.#late.filter(({ atNs }) => atNs <= nowNs);
    if (due.length === 0) return due;
    this.#late = this.#late.filter(({ atNs }) => atNs > nowNs);
    for (const { from } of due) this.#messages.caughtUp(from);
    return due;
  }

  #kill(kind: FaultKind): void {
    if (this.#strike(kind) !== undefined) this.#options.die(kind);
  }

  #stall(kind: FaultKind): void {
    const strike = this.#strike(kind);
    if (strike !== undefined) blockThread(strike.forNs);
  }

  #strike(kind: FaultKind): Strike | undefined {
    const strike = this.#plan(kind);
    return strike !== undefined && this.#tally.take(kind) ? strike : undefined;
  }
}

/** Keeps this thread from everything, its event loop too; by default for ever. */
export function blockThread(forNs = Number.POSITIVE_INFINITY): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forNs / NS_PER_MS);
}
