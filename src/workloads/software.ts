/** All the software of one guest, as its processor runs it. */
import type { DriverCounters } from "../devices/driver.ts";
import type { Program } from "../hardware/cpu.ts";
import type { KernelCounters } from "./kernel.ts";
import type { WorkloadReport } from "./report.ts";

export interface SoftwareReport {
  readonly workload: WorkloadReport;
  /** Undefined when the guest runs without a kernel, on the bare machine. */
  readonly kernel: KernelCounters | undefined;
  readonly driver: DriverCounters | undefined;
}

/**
 * The processor runs `main` from its start. At each boundary between two operations where the interrupt line is high and
 * interrupts are on, it runs an `interrupt` to its end, with interrupts off. `hlt` returns at once while the line is
 * high, even when interrupts are off: a program that looks and then halts with interrupts off misses no wake-up. (On x86
 * the same is written `sti; hlt`, whose first instruction takes effect after the second has begun.)
 */
export interface Software {
  /** Returns when the guest switches itself off; most run until they are stopped. */
  main(): Program<void>;
  interrupt(): Program<void>;
  /** The state of things now; may be asked for at any time. */
  report(): SoftwareReport;
}
