/** All the software of one guest, and what it says about itself. */
import type { DriverCounters } from "../devices/driver.ts";
import type { Software } from "../hardware/processor.ts";
import type { WorkloadReport } from "./report.ts";

/** What a guest's kernel counts by itself. */
export interface KernelCounters {
  /** Frames lost because the queue behind the interrupt handler was full. */
  readonly backlogDropped: number;
  /** Frames lost because the workload did not fetch them in time. */
  readonly inboxDropped: number;
  /** Frames for another station: a filter of the card, or of who shares it, has let them through. */
  readonly foreign: number;
  /** Frames the workload had not asked for. */
  readonly unwanted: number;
  readonly arpRequestsSent: number;
  readonly arpRepliesSent: number;
  readonly pingRepliesSent: number;
}

export interface SoftwareReport {
  readonly workload: WorkloadReport;
  /** Undefined when the guest runs without a kernel, on the bare machine. */
  readonly kernel: KernelCounters | undefined;
  readonly driver: DriverCounters | undefined;
}

/** `main` returns when the guest switches itself off; most guests run until they are stopped. */
export interface GuestSoftware extends Software {
  /** The state of things now; may be asked for at any time. */
  report(): SoftwareReport;
}
