/**
 * The slot of a card under attack. It does what a slot does, and throws `Broken` as soon as the card does what none may:
 * too much work in one operation, two frames at the PHY at once, DMA where it has no business.
 */
import { HostMemory } from "../hardware/memory.ts";
import type { Slot } from "../hardware/silicon.ts";

/** A card, or what keeps it from harm, did what it must not do. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** What one operation may cost at most; each card's numbers are in its profile. */
export interface WorkLimit {
  /** Calls of the slot. */
  readonly slotCalls: number;
  readonly dmaBytes: number;
}

/** What has happened in all, to tell an attack from noise that the card shrugs off. */
export interface SlotTally {
  dmaReads: number;
  dmaWrites: number;
  dmaBytes: number;
  sentFrames: number;
  interrupts: number;
}

export type DmaDirection = "read" | "write";
/** Says what is wrong with a DMA transfer; undefined when nothing is. */
export type DmaRule = (direction: DmaDirection, address: number, bytes: number) => string | undefined;

const FRAME_MAX_BYTES = 0x1_0000;

export class WatchedSlot implements Slot {
  readonly buffer: SharedArrayBuffer;
  readonly host: HostMemory;
  readonly tally: SlotTally = { dmaReads: 0, dmaWrites: 0, dmaBytes: 0, sentFrames: 0, interrupts: 0 };
  dmaRule: DmaRule = () => undefined;
  onTransmit: (frame: Uint8Array) => void = () => undefined;
  interrupt = false;
  clockNs = 0;
  wakeNs: number | undefined;
  /** A frame is at the PHY. */
  phyBusy = false;
  #limit: WorkLimit = { slotCalls: 0, dmaBytes: 0 };
  #slotCalls = 0;
  #dmaBytes = 0;

  constructor(memoryBytes: number) {
    this.buffer = new SharedArrayBuffer(memoryBytes);
    this.host = new HostMemory(this.buffer);
  }

  /** A new operation begins, which may cost so much. */
  begin(limit: WorkLimit): void {
    this.#limit = limit;
    this.#slotCalls = 0;
    this.#dmaBytes = 0;
  }

  dmaRead(address: number, into: Uint8Array): void {
    this.tally.dmaReads++;
    this.#checkDma("read", address, into.length);
    this.host.read(address, into);
  }

  dmaWrite(address: number, from: Uint8Array): void {
    this.tally.dmaWrites++;
    this.#checkDma("write", address, from.length);
    this.host.write(address, from);
  }

  setInterrupt(level: boolean): void {
    this.#countCall();
    if (level && !this.interrupt) this.tally.interrupts++;
    this.interrupt = level;
  }

  transmit(frame: Uint8Array): void {
    this.#countCall();
    if (this.phyBusy) throw new Broken("a second frame at the PHY before the first has left");
    if (frame.length === 0 || frame.length > FRAME_MAX_BYTES)
      throw new Broken(`a frame of ${frame.length} bytes at the PHY`);
    this.phyBusy = true;
    this.tally.sentFrames++;
    this.onTransmit(frame);
  }

  nowNs(): number {
    return this.clockNs;
  }

  wakeAt(atNs: number | undefined): void {
    this.#countCall();
    if (atNs !== undefined && !(atNs >= this.clockNs && atNs < Number.MAX_SAFE_INTEGER))
      throw new Broken(`asks to be called at ${atNs} ns; it is ${this.clockNs} ns`);
    this.wakeNs = atNs;
  }

  #checkDma(direction: DmaDirection, address: number, bytes: number): void {
    this.#countCall();
    this.tally.dmaBytes += bytes;
    this.#dmaBytes += bytes;
    if (this.#dmaBytes > this.#limit.dmaBytes)
      throw new Broken(`more than ${this.#limit.dmaBytes} bytes of DMA in one operation`);
    if (address !== address >>> 0) throw new Broken(`DMA at ${address}, which is no 32-bit address`);
    const wrong = this.dmaRule(direction, address, bytes);
    if (wrong !== undefined)
      throw new Broken(`DMA ${direction} of ${bytes} bytes at 0x${address.toString(16)}: ${wrong}`);
  }

  #countCall(): void {
    if (++this.#slotCalls > this.#limit.slotCalls)
      throw new Broken(`more than ${this.#limit.slotCalls} calls of the slot in one operation`);
  }
}
