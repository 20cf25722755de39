/** A slot for one card on the test's own thread: everything the card does is kept, and nothing happens by itself. */
import { hostPhysical } from "../../src/base/ids.ts";
import { type CpuOp, type InMany, type Sequence, widthMask } from "../../src/hardware/cpu.ts";
import { GuestMemory, HostMemory, layOut, type Slab } from "../../src/hardware/memory.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../src/hardware/silicon.ts";

export class BenchSlot implements Slot {
  readonly buffer: SharedArrayBuffer;
  readonly host: HostMemory;
  readonly slab: Slab;
  readonly memory: GuestMemory;
  /** Frames the card has handed to the PHY, oldest first. */
  readonly sent: Uint8Array[] = [];
  interrupt = false;
  clockNs = 0;
  wakeNs: number | undefined;
  /** Frames at the PHY that `transmitted()` has not been called for. */
  pending = 0;

  constructor(memoryBytes = 1 << 20) {
    this.buffer = new SharedArrayBuffer(memoryBytes);
    this.host = new HostMemory(this.buffer);
    const [slab] = layOut([memoryBytes], false);
    this.slab = slab ?? { host: hostPhysical(0), bytes: 0, guest: 0 as never };
    this.memory = new GuestMemory(this.buffer, this.slab);
  }

  dmaRead(address: number, into: Uint8Array): void {
    this.host.read(address, into);
  }
  dmaWrite(address: number, from: Uint8Array): void {
    this.host.write(address, from);
  }
  setInterrupt(level: boolean): void {
    this.interrupt = level;
  }
  transmit(frame: Uint8Array): void {
    this.sent.push(frame.slice());
    this.pending++;
  }
  nowNs(): number {
    return this.clockNs;
  }
  wakeAt(atNs: number | undefined): void {
    this.wakeNs = atNs;
  }
}

/** A card in its slot, and the means to run programs against it at I/O base `ioBase`. */
export class Bench<S extends Silicon> {
  readonly slot: BenchSlot;
  readonly silicon: S;
  readonly ioBase: number;
  /** When true (the default) a frame leaves the PHY as soon as the operation that sent it is over. */
  autoTransmit = true;

  constructor(make: (slot: Slot) => S, ioBase = 0xc000, memoryBytes = 1 << 20) {
    this.slot = new BenchSlot(memoryBytes);
    this.silicon = make(this.slot);
    this.ioBase = ioBase;
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    return this.silicon.receive(frame);
  }

  /** Executes one operation of the program; ports outside the card's window read all ones. */
  execute(op: CpuOp | InMany): number {
    const answer = this.#execute(op);
    if (this.autoTransmit) this.flushPhy();
    return answer;
  }

  /** Lets every frame at the PHY leave. */
  flushPhy(): void {
    while (this.slot.pending > 0) {
      this.slot.pending--;
      this.silicon.transmitted();
    }
  }

  /** Runs a program to its end. `hlt` advances the clock by a microsecond. */
  run<T>(program: Sequence<T>): T {
    let step = program.next(0);
    while (!step.done) step = program.next(this.execute(step.value));
    return step.value;
  }

  #execute(op: CpuOp | InMany): number {
    switch (op.kind) {
      case "in":
        return this.#read(op.port, op.width);
      case "out":
        this.silicon.writePort(op.port - this.ioBase, op.width, op.value & widthMask(op.width));
        return 0;
      case "ins":
        for (let i = 0; i < op.count; i++)
          this.#store(op.address + i * op.width, op.width, this.#read(op.port, op.width));
        return 0;
      case "outs":
        for (let i = 0; i < op.count; i++) {
          this.silicon.writePort(
            op.port - this.ioBase,
            op.width,
            this.#load(op.address + i * op.width, op.width),
          );
        }
        return 0;
      case "inMany":
        for (const { port, width } of op.reads) op.values.push(this.#read(port, width));
        return 0;
      case "hlt":
        this.slot.clockNs += 1000;
        return 0;
      case "clock":
        return this.slot.clockNs;
      case "cli":
      case "sti":
        return 0;
    }
  }

  #read(port: number, width: 1 | 2 | 4): number {
    const offset = port - this.ioBase;
    if (offset < 0 || offset >= this.silicon.portBytes) return widthMask(width) >>> 0;
    return this.silicon.readPort(offset, width);
  }

  #store(address: number, width: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < width; i++) this.slot.memory.bytes(address + i, 1)[0] = value >>> (8 * i);
  }

  #load(address: number, width: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < width; i++) value |= this.slot.memory.u8(address + i) << (8 * i);
    return value >>> 0;
  }
}
