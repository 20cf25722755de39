/** A slot in which nothing happens by itself. */
import type { HostMemory } from "../../hardware/memory.ts";
import type { Silicon, Slot } from "../../hardware/silicon.ts";

/** One clock for all cards of a subject. */
export interface Clock {
  nowNs: number;
}

export type DmaDirection = "read" | "write";

export class CheckSlot implements Slot {
  readonly host: HostMemory;
  onDma: (direction: DmaDirection, address: number, bytes: number) => void = () => undefined;
  onTransmit: () => void = () => undefined;
  line = false;
  /** A frame is at the PHY. */
  phyBusy = false;
  wakeNs: number | undefined;
  /** Frames that have come to the PHY since the last `takeSent`, as texts of one character a byte. */
  #sent: string[] = [];
  readonly #clock: Clock;

  constructor(host: HostMemory, clock: Clock) {
    this.host = host;
    this.#clock = clock;
  }

  dmaRead(address: number, into: Uint8Array): void {
    this.onDma("read", address, into.length);
    this.host.read(address, into);
  }

  dmaWrite(address: number, from: Uint8Array): void {
    this.onDma("write", address, from.length);
    this.host.write(address, from);
  }

  setInterrupt(level: boolean): void {
    this.line = level;
  }

  transmit(frame: Uint8Array): void {
    this.onTransmit();
    this.phyBusy = true;
    this.#sent.push(Buffer.from(frame).toString("latin1"));
  }

  nowNs(): number {
    return this.#clock.nowNs;
  }

  wakeAt(atNs: number | undefined): void {
    this.wakeNs = atNs;
  }

  takeSent(): string {
    const sent = this.#sent.join();
    this.#sent = [];
    return sent;
  }

  /** The frame at the PHY leaves. */
  leave(silicon: Silicon): void {
    this.phyBusy = false;
    silicon.transmitted();
  }

  /** The clock has gone on: a timer that is due runs out, as late as it is. */
  expire(silicon: Silicon): void {
    while (this.wakeNs !== undefined && this.wakeNs <= this.#clock.nowNs) silicon.timer();
  }
}
