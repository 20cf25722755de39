/**
 * The card that a guest shares with others: the silicon with the real DMM and model before it, in a host
 * memory in which not everything is the guest's. Hooks can be taken out: those accesses then pass straight to
 * the silicon.
 */
import { guestId, guestPhysical, hostPhysical } from "../../base/ids.ts";
import type { Access, InspectableModel, ModelHost } from "../../devices/model.ts";
import { type CpuOp, type InMany, type PortOp, type Sequence, widthMask } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import { littleEndian, putLittleEndian } from "../../hardware/little-endian.ts";
import { GuestMemory, HostMemory, layOut, PAGE_BYTES, type Slab } from "../../hardware/memory.ts";
import { Dmm } from "../../vpio/dmm.ts";
import type { FailurePolicy } from "../../vpio/failure.ts";
import { CheckSlot, type Clock, type DmaDirection } from "./slot.ts";
import type { CardInSight, Specimen } from "./specimen.ts";
import { Approvals, watched } from "./watched-model.ts";

export const IO_BASE = 0xc000;
const GUEST = guestId(0);
const SCRATCH_BYTES = 80 * 1024;
const CARD_MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 0xff);
/** Refused accesses have simply not happened. */
const SILENT: FailurePolicy = { port: "silent", dma: "silent", transition: "silent", stuck: "reset" };

type StringOp = Extract<PortOp, { readonly kind: "ins" | "outs" }>;

/** What DMA is judged by besides what was approved. */
export type Tenure =
  /** The guest holds the card. */
  | "guest"
  /** The VMM programs it for the guest: its own memory is in use too. */
  | "restoring"
  /** The drain step is over: nobody's memory may be touched. */
  | "drained";

export interface AccessResult {
  readonly value: number;
  readonly refused: boolean;
  readonly exited: boolean;
}

/** One host memory for all: only the subject made last is in use. */
let hostMemory = new ArrayBuffer(0);

function takeMemory(bytes: number): ArrayBuffer {
  if (hostMemory.byteLength !== bytes) hostMemory = new ArrayBuffer(bytes);
  return hostMemory;
}

export class SharedCard {
  readonly slot: CheckSlot;
  readonly card: CardInSight;
  readonly dmm: Dmm;
  readonly memory: Uint8Array;
  tenure: Tenure = "guest";
  /** Called with what is wrong with a DMA transfer. */
  onStray: (what: string) => void = () => undefined;
  readonly #specimen: Specimen;
  readonly #approvals: Approvals;
  readonly #slab: Slab;
  readonly #scratch: Slab;
  #model: InspectableModel | undefined;
  /** The card is as after power-on, and so is the context that it gets: its memory holds zeros already. */
  #fresh = true;

  constructor(specimen: Specimen, mac: Uint8Array, clock: Clock) {
    this.#specimen = specimen;
    this.#approvals = new Approvals(specimen.dmaOf);
    // Memory of nobody before and behind the guest's: no guest-physical address is the host's by chance.
    const [, slab, , scratch] = layOut(
      [PAGE_BYTES, specimen.guestBytes, PAGE_BYTES, SCRATCH_BYTES],
      false,
    ) as readonly [Slab, Slab, Slab, Slab];
    this.#slab = slab;
    this.#scratch = { ...scratch, guest: guestPhysical(scratch.host) };
    const buffer = takeMemory(scratch.host + scratch.bytes);
    const host = new HostMemory(buffer);
    this.memory = host.slab(slab).fill(0);
    this.slot = new CheckSlot(host, clock);
    this.slot.onDma = (direction, address, bytes) => this.#judge(direction, address, bytes);
    this.card = specimen.insert(this.slot, CARD_MAC);
    this.slot.onTransmit = () => this.#judgeFrame();
    const memory = new GuestMemory(buffer, slab);
    const modelHost: ModelHost = {
      ioBase: IO_BASE,
      mac,
      memory,
      scratch: new GuestMemory(buffer, this.#scratch),
      toHost: (address, bytes) =>
        memory.contains(address, bytes) ? address - slab.guest + slab.host : undefined,
    };
    this.dmm = new Dmm({
      definition: watched(specimen.model, this.#approvals, (model) => {
        this.#model = model;
      }),
      failure: SILENT,
      hostOf: () => modelHost,
    });
  }

  get model() {
    return this.dmm.model(GUEST);
  }

  /** A card after power-on gets the guest's context for the first time. */
  open(): void {
    this.run(this.reset(), () => undefined);
    this.run(this.model.restore(), () => undefined);
    this.#fresh = false;
  }

  /** What the model remembers. */
  get modelInnards(): Innards {
    return this.#model?.inspect() ?? {};
  }

  hooked({ port, width, direction }: Access): boolean {
    return this.dmm.hooks(GUEST).covers(port, width, direction);
  }

  /** An access that exits. `before` is called before each operation on the card. */
  exit(access: Access, before: () => void): AccessResult {
    const { width, direction, value } = access;
    const port = IO_BASE + access.port;
    const op: PortOp =
      direction === "read" ? { kind: "in", port, width } : { kind: "out", port, width, value };
    const result = this.run(this.dmm.exit(GUEST, op), before);
    this.#approvals.settle();
    return { value: result.value, refused: result.violations.length > 0, exited: true };
  }

  /** An access that does not. */
  pass({ port, width, direction, value }: Access): AccessResult {
    const { silicon } = this.card;
    if (direction === "read") return { value: silicon.readPort(port, width), refused: false, exited: false };
    silicon.writePort(port, width, value);
    return { value: 0, refused: false, exited: false };
  }

  /** The guest is told its hooked list, as after everything that may have changed it. */
  publish(): void {
    this.dmm.hooks(GUEST);
  }

  interrupt(): Sequence<boolean> {
    return this.dmm.interrupt(GUEST);
  }

  reset(): Sequence<void> {
    return this.#specimen.model.resetCard(IO_BASE);
  }

  /** Runs a program of the VMM. */
  run<T>(program: Sequence<T>, before: () => void): T {
    const one = (op: CpuOp | InMany): number => {
      if (op.kind !== "inMany") return this.#execute(op, before);
      for (const read of op.reads) op.values.push(this.#execute(read, before));
      return 0;
    };
    let step = program.next(0);
    while (!step.done) step = program.next(one(step.value));
    return step.value;
  }

  /** All that its future depends on. */
  inspect(): unknown {
    const { line, phyBusy, wakeNs } = this.slot;
    return [
      this.card.silicon.inspect(),
      this.#model?.inspect(),
      this.#approvals.inspect(),
      line,
      phyBusy,
      wakeNs,
    ];
  }

  #execute(op: CpuOp, before: () => void): number {
    before();
    const { silicon } = this.card;
    switch (op.kind) {
      case "in":
        return silicon.readPort(op.port - IO_BASE, op.width);
      case "out":
        silicon.writePort(op.port - IO_BASE, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#moveString(op);
        return 0;
      default:
        return 0;
    }
  }

  /** A string operation of the VMM, in its own memory. */
  #moveString({ kind, port, width, count, address }: StringOp): void {
    if (kind === "outs" && this.#fresh) return;
    const { silicon } = this.card;
    const offset = port - IO_BASE;
    const bytes = this.slot.host.slab({
      ...this.#scratch,
      host: hostPhysical(address),
      bytes: width * count,
    });
    if (kind === "outs" && silicon.writeString !== undefined)
      return silicon.writeString(offset, width, bytes);
    if (kind === "ins" && silicon.readString !== undefined) return silicon.readString(offset, width, bytes);
    for (let at = 0; at < bytes.length; at += width) {
      if (kind === "outs") silicon.writePort(offset, width, littleEndian(bytes, at, width));
      else putLittleEndian(bytes, at, width, silicon.readPort(offset, width));
    }
  }

  #judgeFrame(): void {
    const stray = this.card.strayFrame();
    if (stray !== undefined) this.onStray(stray);
  }

  #judge(direction: DmaDirection, address: number, bytes: number): void {
    const within = ({ host, bytes: size }: Slab): boolean =>
      address >= host && address + bytes <= host + size;
    if (this.tenure === "restoring" && within(this.#scratch)) return;
    const where = within(this.#slab)
      ? `0x${(address - this.#slab.host).toString(16)} of the guest's memory`
      : `0x${address.toString(16)} of the host's memory, which is not the guest's`;
    const what = `the card ${direction === "read" ? "reads" : "writes"} ${bytes} bytes at ${where}`;
    if (this.tenure === "drained") this.onStray(what);
    else if (!within(this.#slab) || !this.#approvals.cover(address, bytes)) this.onStray(what);
  }
}
