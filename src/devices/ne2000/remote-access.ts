/**
 * The driver's end of the remote DMA: blocks between the card's memory and the guest's, by REP INSW and REP
 * OUTSW. They find the card on page 0 without a remote command, and leave it so, started.
 */
import { inb, insw, outb, outsw, type Program } from "../../hardware/cpu.ts";
import type { GuestMemory } from "../../hardware/memory.ts";
import { CR, DATA_PORT, ISR, OFFSET } from "./registers.ts";

/** How often ISR.RDC is looked at before the card is given up. */
const RDC_TRIES = 1000;
const IDLE = CR.STA | CR.ABORT;

export class RemoteAccess {
  readonly #ioBase: number;
  readonly #memory: GuestMemory;
  /** Where blocks pass through the guest's memory. */
  readonly #staging: number;

  /** Takes `maxBytes` (even) from the guest's memory: no block may be longer. */
  constructor(ioBase: number, memory: GuestMemory, maxBytes: number) {
    this.#ioBase = ioBase;
    this.#memory = memory;
    this.#staging = memory.allocate(maxBytes, 4);
  }

  /** Reads `length` bytes at the card's `address`; they are valid until the next transfer. */
  *read(address: number, length: number): Program<Uint8Array> {
    const evenBytes = length + (length % 2);
    yield* this.#begin(address, evenBytes, CR.READ);
    yield insw(this.#ioBase + DATA_PORT, this.#staging, evenBytes / 2);
    yield outb(this.#ioBase + OFFSET.CR, IDLE);
    yield outb(this.#ioBase + OFFSET.ISR, ISR.RDC);
    return this.#memory.bytes(this.#staging, length);
  }

  /** Writes `bytes`, and zeros behind them up to `paddedBytes`; false when the card does not finish. */
  *write(address: number, bytes: Uint8Array, paddedBytes: number): Program<boolean> {
    const evenBytes = paddedBytes + (paddedBytes % 2);
    const block = this.#memory.bytes(this.#staging, evenBytes);
    block.set(bytes);
    block.fill(0, bytes.length);
    yield* this.#begin(address, evenBytes, CR.WRITE);
    yield outsw(this.#ioBase + DATA_PORT, this.#staging, evenBytes / 2);
    const done = yield* this.#awaitDone();
    yield outb(this.#ioBase + OFFSET.CR, IDLE);
    yield outb(this.#ioBase + OFFSET.ISR, ISR.RDC);
    return done;
  }

  *#begin(address: number, length: number, command: number): Program<void> {
    yield outb(this.#ioBase + OFFSET.RBCR0, length & 0xff);
    yield outb(this.#ioBase + OFFSET.RBCR1, length >>> 8);
    yield outb(this.#ioBase + OFFSET.RSAR0, address & 0xff);
    yield outb(this.#ioBase + OFFSET.RSAR1, address >>> 8);
    yield outb(this.#ioBase + OFFSET.CR, CR.STA | command);
  }

  *#awaitDone(): Program<boolean> {
    for (let tries = 0; tries < RDC_TRIES; tries++) {
      if (((yield inb(this.#ioBase + OFFSET.ISR)) & ISR.RDC) !== 0) return true;
    }
    return false;
  }
}
