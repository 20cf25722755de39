/** A guest that holds a shared NE2000, spoken for by register name, and a neighbour to hand it to. */
import { Ne2000Driver } from "../../../src/devices/ne2000/driver.ts";
import { ne2000Model } from "../../../src/devices/ne2000/model.ts";
import { CR, DATA_PORT, OFFSET, type RegisterName } from "../../../src/devices/ne2000/registers.ts";
import { Ne2000 } from "../../../src/devices/ne2000/silicon.ts";
import type { Width } from "../../../src/hardware/cpu.ts";
import type { FailurePolicy } from "../../../src/vpio/failure.ts";
import { DmmBench, IO_BASE, type SharedSeat, SILENT } from "../../support/dmm-bench.ts";

export const RING = { start: 0x4c, stop: 0x80 } as const;

export class Hand {
  readonly bench: DmmBench;
  readonly seat: SharedSeat;
  readonly neighbour: SharedSeat;

  constructor(failure: FailurePolicy = SILENT) {
    const card = {
      model: ne2000Model,
      makeSilicon: (slot, mac) => new Ne2000(slot, { mac }),
      makeDriver: (environment) => new Ne2000Driver(environment),
    } satisfies ConstructorParameters<typeof DmmBench>[0];
    this.bench = new DmmBench(card, { guests: 2, guestBytes: 0x1_0000, failure });
    this.seat = this.bench.seat(1);
    this.neighbour = this.bench.seat(0);
    this.bench.handOff(this.seat);
  }

  get model() {
    return this.bench.dmm.model(this.seat.id);
  }

  get phase(): string {
    return this.model.phase;
  }

  get(name: RegisterName): number {
    return this.peek(OFFSET[name], 1);
  }

  set(name: RegisterName, ...values: readonly number[]): void {
    for (const value of values) this.poke(OFFSET[name], 1, value);
  }

  peek(port: number, width: Width): number {
    return this.seat.execute({ kind: "in", port: IO_BASE + port, width });
  }

  poke(port: number, width: Width, value: number): void {
    this.seat.execute({ kind: "out", port: IO_BASE + port, width, value });
  }

  /** Does an access exit? */
  exits(direction: "read" | "write", name: RegisterName): boolean {
    return this.model.hooks.covers(OFFSET[name], 1, direction);
  }

  /** What has been refused since the last call, by kind and register. */
  refused(): string[] {
    return this.seat.violations.splice(0).map(({ kind, register }) => `${kind} ${register}`);
  }

  /** Sets the ring up and starts the card, in word mode. */
  start(options: { imr?: number; rcr?: number; tcr?: number } = {}): this {
    this.set("CR", 0x21);
    this.set("DCR", 0x49);
    this.set("RCR", options.rcr ?? 0x04);
    this.set("TCR", options.tcr ?? 0);
    this.set("PSTART", RING.start);
    this.set("PSTOP", RING.stop);
    this.set("BNRY", RING.start);
    this.set("ISR", 0xff);
    this.set("IMR", options.imr ?? 0);
    this.set("CR", 0x61);
    for (const [i, byte] of this.seat.mac.entries()) this.poke(1 + i, 1, byte);
    this.set("CURR", RING.start + 1);
    this.set("CR", 0x22);
    return this;
  }

  /** Programs a transfer without commanding it. */
  programRemote(address: number, bytes: number): void {
    this.set("RSAR0", address & 0xff);
    this.set("RSAR1", address >>> 8);
    this.set("RBCR0", bytes & 0xff);
    this.set("RBCR1", bytes >>> 8);
  }

  /** Commands a transfer, in the card's present state. */
  remote(command: number, address: number, bytes: number): void {
    this.programRemote(address, bytes);
    this.set("CR", (this.get("CR") & (CR.STP | CR.STA)) | command);
  }

  /** Words from the data port. */
  words(count: number): number[] {
    return Array.from({ length: count }, () => this.peek(DATA_PORT, 2));
  }

  programTransmit(bytes: number, page = 0x40): void {
    this.set("TPSR", page);
    this.set("TBCR0", bytes & 0xff);
    this.set("TBCR1", bytes >>> 8);
  }

  transmit(bytes = 60, page = 0x40): void {
    this.programTransmit(bytes, page);
    this.set("CR", 0x26);
  }

  /** The frame at the PHY leaves and the VMM hears of it. */
  leave(): void {
    this.bench.leave();
    this.bench.follow();
  }

  arrive(bytes: number, fill = 0x5a): string {
    const frame = new Uint8Array(bytes).fill(fill);
    frame.set(this.seat.mac);
    const outcome = this.seat.arrive(frame);
    this.bench.follow();
    return outcome;
  }

  /** The neighbour has the card for a while, and uses all of it. */
  away(): void {
    const { bench, seat, neighbour } = this;
    if (!bench.handOff(neighbour)) throw new Error(`not reusable: ${this.model.stateName}`);
    neighbour.run(neighbour.driver.open());
    neighbour.run(neighbour.driver.transmit(new Uint8Array(700).fill(0xee)));
    bench.leave();
    bench.follow();
    neighbour.run(neighbour.driver.interrupt());
    const frame = new Uint8Array(500).fill(0xee);
    frame.set(neighbour.mac);
    for (let i = 0; i < 30; i++) bench.silicon.receive(frame);
    bench.handOff(seat);
  }
}
