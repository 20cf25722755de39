/**
 * What a guest kernel expects of a network card's driver. A driver knows nothing of VPIO: it yields port operations and
 * touches its own memory. Each card's folder has one.
 */
import type { Program } from "../hardware/cpu.ts";
import type { GuestMemory } from "../hardware/memory.ts";

/** What the bus tells a driver about the card it has found. */
export interface DriverEnvironment {
  /** First port of the card's I/O window (BAR0). */
  readonly ioBase: number;
  /** The guest's memory: descriptors, rings and buffers are allocated here, and DMA addresses are guest-physical. */
  readonly memory: GuestMemory;
  /** Called for each received frame (without FCS) from within `interrupt`; the frame is the callee's to keep. */
  readonly onReceive: (frame: Uint8Array) => void;
  /** Accept every frame (the VMM's own driver does). */
  readonly promiscuous: boolean;
  /** Where the address is read when the card has it in both: "registers" takes a fraction of the time. Default: "eeprom". */
  readonly addressFrom?: "eeprom" | "registers" | undefined;
}

/** What a driver counts by itself, as a kernel would show it in `ip -s link`. */
export interface DriverCounters {
  sentFrames: number;
  sentBytes: number;
  receivedFrames: number;
  receivedBytes: number;
  transmitErrors: number;
  receiveErrors: number;
  /** Receive ring overflows that the driver recovered from. */
  overflows: number;
}

export interface NetDriver {
  readonly counters: DriverCounters;
  /** The address read from the card; valid after `open`. */
  readonly mac: Uint8Array;
  /** Resets and initialises the card, reads its address, enables its interrupts. Throws a PROGRAM error when there is no such card. */
  open(): Program<void>;
  /**
   * Hands one frame (14 to 1,514 bytes, without FCS; shorter than 60 is padded) to the card. False when its queue is
   * full: try again after an interrupt.
   */
  transmit(frame: Uint8Array): Program<boolean>;
  /** True when no frame is queued in the card or the driver. */
  readonly transmitIdle: boolean;
  /** The interrupt handler, run with interrupts off: acknowledges, receives, completes transmits, recovers. */
  interrupt(): Program<void>;
  /** Stops the card and masks its interrupts. */
  close(): Program<void>;
}

export const newCounters = (): DriverCounters => ({
  sentFrames: 0,
  sentBytes: 0,
  receivedFrames: 0,
  receivedBytes: 0,
  transmitErrors: 0,
  receiveErrors: 0,
  overflows: 0,
});
