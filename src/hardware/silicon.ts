/**
 * The contract between an emulated card and the slot it is plugged into. The card knows nothing of virtualization:
 * it answers port accesses, masters the bus with the addresses it was programmed with, raises its line.
 */
import type { Width } from "./cpu.ts";

/** What the slot offers to the card. */
export interface Slot {
  /** Bus-master read from host memory. Where there is no memory the bus floats: 0xff. Any 32-bit `address`, any length. */
  dmaRead(address: number, into: Uint8Array): void;
  /** Bus-master write to host memory. Where there is no memory it goes nowhere. */
  dmaWrite(address: number, from: Uint8Array): void;
  /** INTA, level-triggered. Called with the present level whenever it may have changed. */
  setInterrupt(level: boolean): void;
  /**
   * Hands a frame (without FCS, `frame` is only valid during the call) to the PHY. The card has at most one there:
   * it waits until the slot calls `transmitted()`, which never happens inside this call.
   */
  transmit(frame: Uint8Array): void;
  /** Nanoseconds since the run began, for the card's own timers. */
  nowNs(): number;
  /** Asks for a call of `timer()` at that time; a later request replaces an earlier one, undefined cancels it. */
  wakeAt(atNs: number | undefined): void;
}

/**
 * What became of a frame that arrived at the card:
 * stored in the ring; not for this card (filter); receiver off; no room in the ring; not a frame the card accepts
 * (too short or too long, monitor mode).
 */
export type ReceiveOutcome = "stored" | "filtered" | "off" | "overflow" | "refused";

export interface Silicon {
  /** Bytes of the card's I/O window; offsets below run from 0. */
  readonly portBytes: number;
  /** Reads `width` bytes at `offset`; always a defined value, in 0 .. 2^(8 width) - 1. */
  readPort(offset: number, width: Width): number;
  /** Writes the low `width` bytes of `value`. */
  writePort(offset: number, width: Width, value: number): void;
  /**
   * The units of a string operation, `width` bytes each and little-endian, as many as `into` or `from` holds: the same as
   * so many accesses one after the other, for cards that can do it quicker. Others leave it out.
   */
  readString?(offset: number, width: Width, into: Uint8Array): void;
  writeString?(offset: number, width: Width, from: Uint8Array): void;
  /** A frame from the wire: 0 to 65,536 bytes, without FCS. */
  receive(frame: Uint8Array): ReceiveOutcome;
  /** The frame handed to `Slot.transmit` has left. */
  transmitted(): void;
  /** The time asked for with `Slot.wakeAt` has come. */
  timer(): void;
  /** Power-on, or RST# on the bus. */
  reset(): void;
}
