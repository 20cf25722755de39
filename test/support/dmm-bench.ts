/**
 * A card shared by several guests on the test's own thread, without actors: the DMM, a driver for each guest, and the
 * handoff's sequences in the order in which the arbiter runs them. Beside it a private card, to compare with.
 */
import { type GuestId, guestId, guestPhysical } from "../../src/base/ids.ts";
import type { DriverEnvironment, NetDriver } from "../../src/devices/driver.ts";
import type { Direction } from "../../src/devices/hooked-list.ts";
import type { ModelDefinition, ModelHost } from "../../src/devices/model.ts";
import {
  type CpuOp,
  type InMany,
  type PortOp,
  type Program,
  type Sequence,
  widthMask,
} from "../../src/hardware/cpu.ts";
import { GuestMemory, layOut, PAGE_BYTES, type Slab } from "../../src/hardware/memory.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../src/hardware/silicon.ts";
import { Dmm } from "../../src/vpio/dmm.ts";
import type { FailurePolicy, Violation } from "../../src/vpio/failure.ts";
import { Bench, BenchSlot } from "./bench-slot.ts";

/** A card with all that vpio needs to share it: a row of the catalogue of devices. */
export interface CardUnderTest {
  readonly model: ModelDefinition;
  readonly makeSilicon: (slot: Slot, mac: Uint8Array) => Silicon;
  readonly makeDriver: (environment: DriverEnvironment) => NetDriver;
}

export const IO_BASE = 0xc000;
export const SILENT: FailurePolicy = {
  port: "silent",
  dma: "silent",
  transition: "silent",
  stuck: "reset",
};
const SCRATCH_BYTES = 128 * 1024;
const CARD_MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 0xff);
/** Interrupts that the VMM follows in a row before something is taken to be wrong. */
const FOLLOW_MAX = 1000;

export const macOf = (guest: number): Uint8Array => Uint8Array.of(0x52, 0x54, 0, 0, 0, guest + 1);

/** A guest at its card, shared or private: what its software does, and what happens to the card meanwhile. */
export interface Seat {
  readonly memory: GuestMemory;
  readonly driver: NetDriver;
  /** Frames that the driver has handed up, and frames that the card has sent for this guest. */
  readonly received: readonly Uint8Array[];
  readonly sent: readonly Uint8Array[];
  /** The interrupt line as the guest sees it. */
  readonly line: boolean;
  execute(op: CpuOp): number;
  run<T>(program: Program<T>): T;
  /** A frame comes in from the wire. */
  arrive(frame: Uint8Array): ReceiveOutcome;
  /** The frame at the PHY, if there is one, leaves. */
  leave(): void;
  pass(ns: number): void;
}

/** Runs a program against `execute`. */
export function runProgram<T>(program: Sequence<T>, execute: (op: CpuOp) => number): T {
  const one = (op: CpuOp | InMany): number => {
    if (op.kind !== "inMany") return execute(op);
    for (const read of op.reads) op.values.push(execute(read));
    return 0;
  };
  let step = program.next(0);
  while (!step.done) step = program.next(one(step.value));
  return step.value;
}

const directionOf = (op: PortOp): Direction => (op.kind === "in" || op.kind === "ins" ? "read" : "write");

/** Lets time pass for a card, and its timer run out as often as it does. */
function passTime(slot: BenchSlot, silicon: Silicon, ns: number): void {
  const endNs = slot.clockNs + ns;
  while (slot.wakeNs !== undefined && slot.wakeNs <= endNs) {
    slot.clockNs = Math.max(slot.clockNs, slot.wakeNs);
    silicon.timer();
  }
  slot.clockNs = endNs;
}

/** A guest alone with a card of its own, without a VMM. */
export class PrivateSeat implements Seat {
  readonly memory: GuestMemory;
  readonly driver: NetDriver;
  readonly received: Uint8Array[] = [];
  readonly #bench: Bench<Silicon>;

  constructor(card: CardUnderTest, mac: Uint8Array, memoryBytes: number) {
    this.#bench = new Bench((slot) => card.makeSilicon(slot, mac), IO_BASE, memoryBytes);
    this.#bench.autoTransmit = false;
    this.memory = this.#bench.slot.memory;
    this.driver = card.makeDriver({
      ioBase: IO_BASE,
      memory: this.memory,
      onReceive: (frame) => this.received.push(frame),
      promiscuous: false,
    });
  }

  get sent(): readonly Uint8Array[] {
    return this.#bench.slot.sent;
  }

  get line(): boolean {
    return this.#bench.slot.interrupt;
  }

  execute(op: CpuOp): number {
    return this.#bench.execute(op);
  }

  run<T>(program: Program<T>): T {
    return runProgram(program, (op) => this.execute(op));
  }

  arrive(frame: Uint8Array): ReceiveOutcome {
    return this.#bench.receive(frame);
  }

  leave(): void {
    const { slot, silicon } = this.#bench;
    if (slot.pending === 0) return;
    slot.pending--;
    silicon.transmitted();
  }

  pass(ns: number): void {
    passTime(this.#bench.slot, this.#bench.silicon, ns);
  }
}

/** The slot of the shared card: it knows what memory may be reached at each moment, and writes down what else is. */
class WatchedSlot extends BenchSlot {
  /** Slabs that the card may reach now. */
  allowed: readonly Slab[] = [];
  readonly strays: string[] = [];
  accesses = 0;
  onTransmit: (frame: Uint8Array) => void = () => undefined;

  override dmaRead(address: number, into: Uint8Array): void {
    this.watch("read", address, into.length);
    super.dmaRead(address, into);
  }

  override dmaWrite(address: number, from: Uint8Array): void {
    this.watch("write", address, from.length);
    super.dmaWrite(address, from);
  }

  override transmit(frame: Uint8Array): void {
    super.transmit(frame);
    this.onTransmit(frame);
  }

  /** Takes note of an access to host memory: by the card, or by the processor for a string operation. */
  watch(what: string, address: number, bytes: number): void {
    this.accesses++;
    const inside = this.allowed.some(
      (slab) => address >= slab.host && address + bytes <= slab.host + slab.bytes,
    );
    if (!inside) this.strays.push(`${what} of ${bytes} bytes at 0x${address.toString(16)}`);
  }
}

/** One guest's share in the card. It may touch it only while it holds it. */
export class SharedSeat implements Seat {
  readonly id: GuestId;
  readonly mac: Uint8Array;
  readonly slab: Slab;
  readonly memory: GuestMemory;
  readonly driver: NetDriver;
  readonly received: Uint8Array[] = [];
  readonly sent: Uint8Array[] = [];
  readonly violations: Violation[] = [];
  readonly #bench: DmmBench;

  constructor(bench: DmmBench, card: CardUnderTest, id: GuestId, slab: Slab) {
    this.#bench = bench;
    this.id = id;
    this.mac = macOf(id);
    this.slab = slab;
    this.memory = new GuestMemory(bench.slot.buffer, slab);
    this.driver = card.makeDriver({
      ioBase: IO_BASE,
      memory: this.memory,
      onReceive: (frame) => this.received.push(frame),
      promiscuous: false,
    });
  }

  get line(): boolean {
    return this.#bench.dmm.model(this.id).interrupt;
  }

  /** What the hardware and the VMM do with one operation of the guest's processor. */
  execute(op: CpuOp): number {
    switch (op.kind) {
      case "clock":
        return this.#bench.slot.clockNs;
      case "hlt":
        this.#bench.slot.clockNs += 1000;
        return 0;
      case "cli":
      case "sti":
        return 0;
      default:
        return this.#bench.guestAccess(this, op);
    }
  }

  run<T>(program: Program<T>): T {
    return runProgram(program, (op) => this.execute(op));
  }

  arrive(frame: Uint8Array): ReceiveOutcome {
    return this.#bench.silicon.receive(frame);
  }

  leave(): void {
    this.#bench.leave();
  }

  pass(ns: number): void {
    passTime(this.#bench.slot, this.#bench.silicon, ns);
  }
}

export interface DmmBenchOptions {
  readonly guests: number;
  readonly guestBytes: number;
  readonly failure?: FailurePolicy;
}

export class DmmBench {
  readonly slot: WatchedSlot;
  readonly silicon: Silicon;
  readonly dmm: Dmm;
  readonly scratch: GuestMemory;
  readonly seats: readonly SharedSeat[];
  owner: SharedSeat | undefined;
  /** Called before each operation of the VMM's programs. */
  beforeEach: () => void = () => undefined;
  readonly #card: CardUnderTest;
  readonly #scratchSlab: Slab;

  /** Nobody holds the card yet. Below the guests lies nobody's memory: no guest's addresses are the host's. */
  constructor(card: CardUnderTest, options: DmmBenchOptions) {
    this.#card = card;
    const guestSizes = new Array<number>(options.guests).fill(options.guestBytes);
    const [, ...slabs] = layOut([PAGE_BYTES, ...guestSizes, SCRATCH_BYTES], false);
    const last = slabs.at(-1) as Slab;
    this.#scratchSlab = { ...last, guest: guestPhysical(last.host) };
    this.slot = new WatchedSlot(last.host + last.bytes);
    this.silicon = card.makeSilicon(this.slot, CARD_MAC);
    this.scratch = new GuestMemory(this.slot.buffer, this.#scratchSlab);
    this.seats = slabs.slice(0, -1).map((slab, i) => new SharedSeat(this, card, guestId(i), slab));
    this.slot.onTransmit = (frame) => this.owner?.sent.push(frame.slice());
    this.dmm = new Dmm({
      definition: card.model,
      failure: options.failure ?? SILENT,
      hostOf: (guest) => this.#hostOf(this.seat(guest)),
    });
    this.vmm(card.model.resetCard(IO_BASE));
  }

  seat(guest: number): SharedSeat {
    const seat = this.seats[guest];
    if (seat === undefined) throw new Error(`no guest ${guest} on this bench`);
    return seat;
  }

  /** Runs one of the VMM's programs; `before` is called before each of its operations. */
  vmm<T>(program: Sequence<T>, before: () => void = () => undefined): T {
    return runProgram(program, (op) => {
      this.beforeEach();
      before();
      return this.#physical(op);
    });
  }

  /**
   * Does `what` over and over, each time with `meanwhile` just before another one of the VMM's operations in
   * it, until there is none left or `meanwhile` answers "over". `make` sets everything up anew, `then` looks at
   * what has become of it.
   */
  static amid<S extends { readonly bench: DmmBench }>(
    make: () => S,
    what: (one: S) => void,
    meanwhile: (one: S) => "over" | undefined,
    then: (one: S, operation: number) => void,
  ): void {
    for (let operation = 0; ; operation++) {
      const one = make();
      let left = operation;
      let over = false;
      one.bench.beforeEach = () => {
        if (left-- === 0) over = meanwhile(one) === "over";
      };
      what(one);
      one.bench.beforeEach = () => undefined;
      if (over || left >= 0) return;
      then(one, operation);
    }
  }

  guestAccess(seat: SharedSeat, op: PortOp): number {
    if (this.owner !== seat) throw new Error(`guest ${seat.id} does not hold the card`);
    if (this.dmm.hooks(seat.id).covers(op.port - IO_BASE, op.width, directionOf(op))) {
      const result = this.vmm(this.dmm.exit(seat.id, op));
      seat.violations.push(...result.violations);
      return result.value;
    }
    if (op.kind === "in" || op.kind === "out") return this.#physical(op);
    // A guest's processor gets a fault of its own when a string operation leaves its memory.
    if (!seat.memory.contains(op.address, op.count * op.width)) return 0;
    return this.#physical({ ...op, address: op.address - seat.slab.guest + seat.slab.host });
  }

  leave(): void {
    if (this.slot.pending === 0) return;
    this.slot.pending--;
    this.silicon.transmitted();
  }

  /** Takes the card's interrupts over for the owner until its line is down or has nothing more to say. */
  follow(): void {
    const { owner } = this;
    if (owner === undefined) return;
    for (let i = 0; this.slot.interrupt && this.vmm(this.dmm.interrupt(owner.id)); i++) {
      if (i > FOLLOW_MAX) throw new Error("the card's interrupt line does not come down");
    }
  }

  /** Hands the card over, or for the first time out; false, and nothing has happened, when it is not reusable. */
  handOff(to: SharedSeat, before: () => void = () => undefined): boolean {
    if (this.owner !== undefined) {
      const { id } = this.owner;
      this.vmm(this.dmm.interrupt(id), before);
      if (this.dmm.phase(id) !== "reusable") return false;
      const model = this.dmm.model(id);
      this.vmm(model.quiesce(), before);
      this.slot.allowed = [this.#scratchSlab];
      this.vmm(model.save(), before);
      this.owner = undefined;
      this.vmm(this.#card.model.resetCard(IO_BASE), before);
    }
    this.slot.allowed = [to.slab, this.#scratchSlab];
    this.vmm(this.dmm.model(to.id).restore(), before);
    this.slot.allowed = [to.slab];
    this.owner = to;
    return true;
  }

  /** Takes the card from an owner that will not let it go: its context is lost. */
  takeAway(): void {
    if (this.owner === undefined) return;
    this.dmm.deinitModel(this.owner.id);
    this.owner = undefined;
    this.slot.allowed = [];
    this.vmm(this.#card.model.resetCard(IO_BASE));
  }

  #hostOf(seat: SharedSeat): ModelHost {
    const { memory, slab, mac } = seat;
    const toHost = (address: number, bytes: number): number | undefined =>
      memory.contains(address, bytes) ? address - slab.guest + slab.host : undefined;
    return { ioBase: IO_BASE, mac, memory, toHost, scratch: this.scratch };
  }

  #physical(op: CpuOp): number {
    switch (op.kind) {
      case "in":
        return this.silicon.readPort(op.port - IO_BASE, op.width);
      case "out":
        this.silicon.writePort(op.port - IO_BASE, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#string(op);
        return 0;
      case "clock":
        return this.slot.clockNs;
      default:
        return 0;
    }
  }

  #string(op: Extract<PortOp, { readonly kind: "ins" | "outs" }>): void {
    this.slot.watch(op.kind, op.address, op.count * op.width);
    const unit = new Uint8Array(op.width);
    for (let i = 0; i < op.count; i++) {
      const at = op.address + i * op.width;
      if (op.kind === "ins") {
        const value = this.silicon.readPort(op.port - IO_BASE, op.width);
        for (let lane = 0; lane < op.width; lane++) unit[lane] = value >>> (8 * lane);
        this.slot.host.write(at, unit);
      } else {
        this.slot.host.read(at, unit);
        const value = unit.reduceRight((sum, byte) => sum * 256 + byte, 0);
        this.silicon.writePort(op.port - IO_BASE, op.width, value);
      }
    }
  }
}
