/** All the software of one guest, and what it says about itself. */
import type { DriverCounters } from "../devices/driver.ts";
import type { Software } from "../hardware/processor.ts";
import type { KernelCounters } from "./kernel.ts";
import type { WorkloadReport } from "./report.ts";

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
