/**
 * The transmit side: four descriptors in round-robin order, one frame at the PHY (RTL8139C(L) sections 6.2
 * and 6.7).
 */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { type Core, standsStill } from "./core.ts";
import { CR, ISR, type RegisterName, TCR, TSD, TX_DESCRIPTORS, TX_MAX_BYTES } from "./registers.ts";

const TSDS = ["TSD0", "TSD1", "TSD2", "TSD3"] as const satisfies readonly RegisterName[];
const TSADS = ["TSAD0", "TSAD1", "TSAD2", "TSAD3"] as const satisfies readonly RegisterName[];

export class Transmitter implements Inspectable {
  readonly #core: Core;
  /** Where a frame in loopback goes. */
  readonly #loop: (frame: Uint8Array) => void;
  readonly #buffer = new Uint8Array(TX_MAX_BYTES);
  /** The descriptor whose turn it is. */
  #current = 0;
  /** The slot has a frame of this card and has not reported it sent. */
  #phyBusy = false;
  /** The frame at the PHY belongs to the current descriptor (not to one from before a reset). */
  #inFlight = false;
  #pumping = false;

  constructor(core: Core, loop: (frame: Uint8Array) => void) {
    this.#core = core;
    this.#loop = loop;
  }

  inspect(): Innards {
    return {
      current: this.#current,
      phyBusy: this.#phyBusy,
      inFlight: this.#inFlight,
      pumping: this.#pumping,
    };
  }

  /** The queue starts again from descriptor 0. A frame at the PHY still leaves, but nobody is told. */
  reset(): void {
    this.#current = 0;
    this.#inFlight = false;
  }

  get loopback(): boolean {
    return (this.#core.registers.TCR & TCR.LBK) === TCR.LBK;
  }

  /**
   * Does what can be done now, at most one round of the descriptors: a program that re-arms descriptors from
   * within its own loopback (by DMA into the card's window) gets no further than that in one operation.
   */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let i = 0; i < TX_DESCRIPTORS && this.#ready(); i++) this.#sendCurrent();
    this.#pumping = false;
  }

  /** The frame at the PHY has left. */
  transmitted(): void {
    this.#phyBusy = false;
    if (this.#inFlight) this.#complete(TSD.TOK, ISR.TOK);
    this.pump();
  }

  /** TSAD (0x60): OWN, TABT, TUN and TOK of all descriptors, four bits each from bit 0 (section 6.17). */
  get statusOfAll(): number {
    let all = 0;
    for (const [n, name] of TSDS.entries()) {
      const status = this.#core.registers[name];
      if (status & TSD.OWN) all |= 0x0001 << n;
      if (status & TSD.TABT) all |= 0x0010 << n;
      if (status & TSD.TUN) all |= 0x0100 << n;
      if (status & TSD.TOK) all |= 0x1000 << n;
    }
    return all;
  }

  get #tsd(): (typeof TSDS)[number] {
    return TSDS[this.#current] as (typeof TSDS)[number];
  }

  #ready(): boolean {
    const { registers } = this.#core;
    if ((registers.CR & CR.TE) === 0 || standsStill(registers) || this.#inFlight) return false;
    if (this.#phyBusy && !this.loopback) return false;
    return (registers[this.#tsd] & TSD.OWN) === 0;
  }

  #sendCurrent(): void {
    const { registers, slot } = this.#core;
    const sizeBytes = registers[this.#tsd] & TSD.SIZE;
    if (sizeBytes > TX_MAX_BYTES) {
      this.#complete(TSD.TABT, ISR.TER);
      return;
    }
    if (sizeBytes === 0) {
      this.#complete(TSD.TOK, ISR.TOK);
      return;
    }
    const frame = this.#buffer.subarray(0, sizeBytes);
    const address = registers[TSADS[this.#current] as (typeof TSADS)[number]];
    slot.dmaRead(address >>> 0, frame);
    if (this.loopback) {
      this.#loop(frame);
      this.#complete(TSD.TOK, ISR.TOK);
      return;
    }
    this.#phyBusy = true;
    this.#inFlight = true;
    slot.transmit(frame);
  }

  /** The current descriptor is the host's again, and the next one's turn comes. */
  #complete(status: number, interrupt: number): void {
    this.#inFlight = false;
    this.#core.registers[this.#tsd] |= TSD.OWN | status;
    this.#current = (this.#current + 1) % TX_DESCRIPTORS;
    this.#core.raise(interrupt);
  }
}
