/** A card on the bench, driven by hand: registers by name, packet RAM by remote DMA. */
import { CR, DATA_PORT, OFFSET, type RegisterName } from "../../../src/devices/ne2000/registers.ts";
import { Ne2000 } from "../../../src/devices/ne2000/silicon.ts";
import { Bench } from "../../support/bench-slot.ts";

export const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
export const PEER = Uint8Array.of(0x02, 0x00, 0x00, 0x00, 0x00, 0x01);
export const BROADCAST = new Uint8Array(6).fill(0xff);

/** A frame of `length` bytes to `destination`, from PEER, with a payload that counts up. */
export function frameTo(destination: Uint8Array, length = 60): Uint8Array {
  const frame = Uint8Array.from({ length }, (_, i) => i);
  frame.set(destination.subarray(0, length));
  if (length >= 12) frame.set(PEER, 6);
  return frame;
}

export class Card {
  readonly bench: Bench<Ne2000>;
  readonly silicon: Ne2000;

  constructor() {
    this.bench = new Bench((slot) => new Ne2000(slot, { mac: MAC }));
    this.bench.autoTransmit = false;
    this.silicon = this.bench.silicon;
  }

  get slot() {
    return this.bench.slot;
  }

  /** Reads a register of the page that CR chooses. */
  in(name: RegisterName): number {
    return this.silicon.readPort(OFFSET[name], 1);
  }

  out(name: RegisterName, value: number): void {
    this.silicon.writePort(OFFSET[name], 1, value);
  }

  /** Reads a register of another page, and comes back. */
  inPage(page: number, name: RegisterName): number {
    const command = this.in("CR");
    this.out("CR", (command & 0x3b) | (page << 6));
    const value = this.in(name);
    this.out("CR", command & 0xfb);
    return value;
  }

  outPage(page: number, name: RegisterName, value: number): void {
    const command = this.in("CR");
    this.out("CR", (command & 0x3b) | (page << 6));
    this.out(name, value);
    this.out("CR", command & 0xfb);
  }

  /** Starts a transfer in the present state of STP and STA. */
  remote(command: number, address: number, bytes: number): void {
    this.out("RSAR0", address & 0xff);
    this.out("RSAR1", address >>> 8);
    this.out("RBCR0", bytes & 0xff);
    this.out("RBCR1", bytes >>> 8);
    this.out("CR", (this.in("CR") & (CR.STP | CR.STA)) | command);
  }

  /** Reads card memory by remote DMA in bytes, in a ring that is out of the way. */
  peek(address: number, bytes: number): Uint8Array {
    return this.#transfer(() => {
      this.remote(CR.READ, address, bytes);
      return Uint8Array.from({ length: bytes }, () => this.silicon.readPort(DATA_PORT, 1));
    });
  }

  poke(address: number, bytes: Uint8Array): void {
    this.#transfer(() => {
      this.remote(CR.WRITE, address, bytes.length);
      for (const byte of bytes) this.silicon.writePort(DATA_PORT, 1, byte);
    });
  }

  #transfer<T>(body: () => T): T {
    const saved = [this.inPage(2, "PSTART"), this.inPage(2, "PSTOP"), this.inPage(2, "DCR")] as const;
    const command = this.in("CR") & 0xfb;
    this.out("PSTART", 0);
    this.out("PSTOP", 0);
    this.out("DCR", saved[2] & 0xfe);
    const result = body();
    this.out("CR", command);
    this.out("ISR", 0x40);
    this.out("PSTART", saved[0]);
    this.out("PSTOP", saved[1]);
    this.out("DCR", saved[2]);
    return result;
  }

  /** Runs with a ring from `start` to `stop` - 1, CURR one ahead of BNRY, as a driver sets it up. */
  start(options: { start?: number; stop?: number; rcr?: number; dcr?: number; imr?: number } = {}): this {
    const { start = 0x4c, stop = 0x80, rcr = 0x04, dcr = 0x48, imr = 0 } = options;
    this.out("CR", 0x21);
    this.out("DCR", dcr);
    this.out("RCR", rcr);
    this.out("TCR", 0);
    this.out("PSTART", start);
    this.out("PSTOP", stop);
    this.out("BNRY", start);
    this.out("ISR", 0xff);
    this.out("IMR", imr);
    this.out("CR", 0x61);
    for (const [i, byte] of MAC.entries()) this.silicon.writePort(0x01 + i, 1, byte);
    for (let i = 0; i < 8; i++) this.silicon.writePort(0x08 + i, 1, 0);
    this.out("CURR", start + 1);
    this.out("CR", 0x22);
    return this;
  }

  /** Puts `data` at `page` and commands its transmission. */
  transmit(data: Uint8Array, page = 0x40, byteCount = data.length): void {
    this.poke(page << 8, data);
    this.out("TPSR", page);
    this.out("TBCR0", byteCount & 0xff);
    this.out("TBCR1", byteCount >>> 8);
    this.out("CR", 0x26);
  }
}
