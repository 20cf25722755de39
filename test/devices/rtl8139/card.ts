/** A card on a bench, spoken to by register name. */

import { CR, REGISTERS, type RegisterName } from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import { Bench } from "../../support/bench-slot.ts";

export const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
export const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
export const RING = 0x1_0000;
export const BUFFER = 0x4000;

export class Card {
  readonly bench = new Bench((slot) => new Rtl8139(slot, { mac: MAC }));
  readonly silicon = this.bench.silicon;
  readonly slot = this.bench.slot;

  get(name: RegisterName): number {
    return this.silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);
  }

  set(name: RegisterName, value: number): void {
    this.silicon.writePort(REGISTERS[name].offset, REGISTERS[name].bytes, value);
  }

  /** Receiver and transmitter on, the ring at RING. */
  enable(rcr: number, tcr = 0): void {
    this.set("RBSTART", RING);
    this.set("CR", CR.RE | CR.TE);
    this.set("RCR", rcr);
    this.set("TCR", tcr);
  }

  /** Points descriptor `n` at a copy of `frame` and queues it. */
  send(n: 0 | 1 | 2 | 3, frame: Uint8Array): void {
    const address = BUFFER + n * 0x800;
    this.slot.memory.write(address, frame);
    this.set(`TSAD${n}`, address);
    this.set(`TSD${n}`, frame.length);
  }

  /** One frame at the PHY leaves. */
  transmitted(): void {
    this.slot.pending--;
    this.silicon.transmitted();
  }

  memory(address: number, bytes: number): number[] {
    return [...this.slot.memory.bytes(address, bytes)];
  }
}

/** A frame to `destination`, its other bytes counting up from 0. */
export function frameTo(destination: Uint8Array, bytes: number): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => i);
  frame.set(destination.subarray(0, Math.min(bytes, 6)));
  return frame;
}
