/**
 * Guests that share a card of QEMU's: the DMM's own sequences run against it over qtest, in the arbiter's order. Their
 * memory lies in QEMU's RAM, where the card masters the bus; a copy of it lies here, where drivers and DMM work. What
 * software has written goes to QEMU before each OUT; what the card has written comes back when `fetch` is called.
 */
import { type GuestId, guestId, guestPhysical } from "../../src/base/ids.ts";
import { DEVICES } from "../../src/devices/catalogue.ts";
import type { NetDriver } from "../../src/devices/driver.ts";
import type { ModelHost } from "../../src/devices/model.ts";
import {
  type CpuOp,
  type InMany,
  type PortOp,
  type Program,
  type Sequence,
  widthMask,
} from "../../src/hardware/cpu.ts";
import { GuestMemory, HostMemory, layOut, PAGE_BYTES, type Slab } from "../../src/hardware/memory.ts";
import { QemuCard } from "../../src/oracle/qemu-card.ts";
import { inStep, literal, outStep, type Step } from "../../src/oracle/step.ts";
import { Dmm } from "../../src/vpio/dmm.ts";
import type { Violation } from "../../src/vpio/failure.ts";

export const IO_BASE = 0xc000;
/** QEMU's RAM below has holes. */
const RAM_START = 0x10_0000;
const SCRATCH_BYTES = 128 * 1024;
const CARD_MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 0xff);
const QEMU_DEVICES = { rtl8139: "rtl8139", ne2000: "ne2k_pci" } as const;
/** The cards that QEMU has too. */
export type QemuKind = keyof typeof QEMU_DEVICES;

export interface Tenant {
  readonly id: GuestId;
  readonly mac: Uint8Array;
  readonly slab: Slab;
  readonly memory: GuestMemory;
  readonly driver: NetDriver;
  readonly received: Uint8Array[];
}

export class SwitchBench {
  readonly dmm: Dmm;
  readonly tenants: readonly Tenant[];
  readonly violations: Violation[] = [];
  /** Frames that the card has sent, as far as `arrive` has shown them. */
  readonly sent: Uint8Array[] = [];
  owner: Tenant | undefined;
  readonly #card: QemuCard;
  readonly #local: Uint8Array;
  /** What QEMU's RAM holds, as far as we know. */
  readonly #remote: Uint8Array;
  readonly #host: HostMemory;
  readonly #scratchSlab: Slab;
  readonly #scratch: GuestMemory;
  /** Steps that nobody has waited for yet. */
  #posted: Step[] = [];
  #line = false;
  #clockNs = 0;

  static async open(kind: QemuKind, macs: readonly Uint8Array[], guestBytes: number): Promise<SwitchBench> {
    const card = await QemuCard.start({ mac: CARD_MAC, qemu: { device: QEMU_DEVICES[kind] } });
    const bench = new SwitchBench(kind, card, macs, guestBytes);
    await bench.vmm(bench.dmm.definition.resetCard(IO_BASE));
    return bench;
  }

  private constructor(kind: QemuKind, card: QemuCard, macs: readonly Uint8Array[], guestBytes: number) {
    this.#card = card;
    const [, ...slabs] = layOut([RAM_START, ...macs.map(() => guestBytes), SCRATCH_BYTES], false);
    const scratch = slabs.pop() as Slab;
    this.#scratchSlab = { ...scratch, guest: guestPhysical(scratch.host) };
    const buffer = new SharedArrayBuffer(scratch.host + scratch.bytes);
    this.#local = new Uint8Array(buffer);
    this.#remote = new Uint8Array(buffer.byteLength);
    this.#host = new HostMemory(buffer);
    this.#scratch = new GuestMemory(buffer, this.#scratchSlab);
    const { makeDriver, model: definition } = DEVICES[kind];
    this.tenants = slabs.map((slab, i) => {
      const memory = new GuestMemory(buffer, slab);
      const received: Uint8Array[] = [];
      const driver = makeDriver({
        ioBase: IO_BASE,
        memory,
        onReceive: (frame) => received.push(frame),
        // QEMU's NE2000 filters by the PROM beside the card, whatever the guest writes to PAR.
        promiscuous: kind === "ne2000",
      });
      return { id: guestId(i), mac: macs[i] as Uint8Array, slab, memory, driver, received };
    });
    this.dmm = new Dmm({
      definition,
      failure: { port: "silent", dma: "silent", transition: "silent", stuck: "reset" },
      hostOf: (id) => this.#hostOf(this.tenants[id] as Tenant),
    });
  }

  close(): void {
    this.#card.close();
  }

  /** The interrupt line as the owner sees it. */
  get line(): boolean {
    return this.owner !== undefined && this.dmm.model(this.owner.id).interrupt;
  }

  /** Runs a program of the owner's; the VMM attends to the card after each operation. */
  async run<T>(program: Program<T>): Promise<T> {
    let step = program.next(0);
    while (!step.done) {
      step = program.next(await this.#guestOperation(step.value));
      await this.#attend();
    }
    await this.#flush();
    await this.#attend();
    return step.value;
  }

  async vmm<T>(program: Sequence<T>): Promise<T> {
    let step = program.next(0);
    while (!step.done) step = program.next(await this.#physical(step.value));
    await this.#flush();
    return step.value;
  }

  /** A frame comes in; what the card has sent before it is now known. */
  async arrive(frame: Uint8Array): Promise<void> {
    await this.#flush();
    const trace = await this.#card.run([{ kind: "frame", payload: literal(frame) }]);
    this.#line = trace.interrupts.at(-1) ?? this.#line;
    for (const { frame: gone } of trace.sent) this.sent.push(gone);
    await this.fetch();
    await this.#attend();
  }

  /** Takes over what the card has written to memory. */
  async fetch(): Promise<void> {
    await this.#flush();
    const slabs = [...this.tenants.map(({ slab }) => slab), this.#scratchSlab];
    const trace = await this.#card.run(
      slabs.map(({ host, bytes }): Step => ({ kind: "load", address: host, bytes })),
    );
    for (const [i, { host }] of slabs.entries()) {
      const found = trace.loads.get(i) as Uint8Array;
      for (let at = 0; at < found.length; at++) {
        if (found[at] !== this.#remote[host + at]) this.#local[host + at] = found[at] as number;
      }
      this.#remote.set(found, host);
    }
  }

  /** The arbiter's sequences; false when the owner's card is not reusable. */
  async handOff(to: Tenant): Promise<boolean> {
    if (this.owner !== undefined) {
      const { id } = this.owner;
      await this.vmm(this.dmm.interrupt(id));
      if (this.dmm.phase(id) !== "reusable") return false;
      const model = this.dmm.model(id);
      await this.vmm(model.quiesce());
      await this.vmm(model.save());
      this.owner = undefined;
      await this.vmm(this.dmm.definition.resetCard(IO_BASE));
    }
    await this.vmm(this.dmm.model(to.id).restore());
    this.owner = to;
    await this.fetch();
    return true;
  }

  #hostOf({ mac, memory, slab }: Tenant): ModelHost {
    const toHost = (address: number, bytes: number): number | undefined =>
      memory.contains(address, bytes) ? address - slab.guest + slab.host : undefined;
    return { ioBase: IO_BASE, mac, memory, toHost, scratch: this.#scratch };
  }

  async #attend(): Promise<void> {
    if (this.owner === undefined) return;
    while (this.#line && (await this.vmm(this.dmm.interrupt(this.owner.id))));
  }

  async #guestOperation(op: CpuOp): Promise<number> {
    if (op.kind === "clock") return this.#clockNs;
    if (op.kind === "hlt") this.#clockNs += 1000;
    if (!("port" in op)) return 0;
    const owner = this.owner as Tenant;
    const direction = op.kind === "in" || op.kind === "ins" ? "read" : "write";
    if (this.dmm.hooks(owner.id).covers(op.port - IO_BASE, op.width, direction)) {
      const { value, violations } = await this.vmm(this.dmm.exit(owner.id, op));
      this.violations.push(...violations);
      return value;
    }
    if (op.kind === "in" || op.kind === "out") return this.#physical(op);
    return this.#physical({ ...op, address: op.address - owner.slab.guest + owner.slab.host });
  }

  async #physical(op: CpuOp | InMany): Promise<number> {
    switch (op.kind) {
      case "in":
        return (await this.#read([op]))[0] ?? 0;
      case "inMany":
        op.values.push(...(await this.#read(op.reads)));
        return 0;
      case "out":
        this.#post();
        this.#posted.push(outStep(op.port - IO_BASE, op.width, (op.value & widthMask(op.width)) >>> 0));
        return 0;
      case "ins":
      case "outs":
        await this.#string(op);
        return 0;
      case "clock":
        return this.#clockNs;
      default:
        return 0;
    }
  }

  /** Processor and port, unit by unit. */
  async #string(op: Extract<PortOp, { readonly kind: "ins" | "outs" }>): Promise<void> {
    const { port, width, count, address } = op;
    const unit = new Uint8Array(width);
    if (op.kind === "ins") {
      const values = await this.#read(Array.from({ length: count }, () => ({ port, width })));
      for (const [i, value] of values.entries()) {
        for (let lane = 0; lane < width; lane++) unit[lane] = value >>> (8 * lane);
        this.#host.write(address + i * width, unit);
      }
      return;
    }
    for (let i = 0; i < count; i++) {
      this.#host.read(address + i * width, unit);
      const value = unit.reduceRight((sum, byte) => ((sum << 8) | byte) >>> 0, 0);
      this.#posted.push(outStep(port - IO_BASE, width, value));
    }
  }

  async #read(ports: readonly Pick<PortOp, "port" | "width">[]): Promise<readonly number[]> {
    const steps = ports.map(({ port, width }) => inStep(port - IO_BASE, width));
    return (await this.#flush(steps)).slice(-steps.length);
  }

  /** What software has written to memory since goes to QEMU before whatever comes next. */
  #post(): void {
    for (const { host, bytes } of [...this.tenants.map(({ slab }) => slab), this.#scratchSlab]) {
      for (let at: number = host; at < host + bytes; at += PAGE_BYTES) {
        const page = this.#local.subarray(at, at + PAGE_BYTES);
        if (Buffer.compare(page, this.#remote.subarray(at, at + PAGE_BYTES)) === 0) continue;
        this.#remote.set(page, at);
        this.#posted.push({ kind: "store", address: at, payload: literal(page.slice()) });
      }
    }
  }

  async #flush(more: readonly Step[] = []): Promise<readonly number[]> {
    const steps = [...this.#posted, ...more];
    this.#posted = [];
    if (steps.length === 0) return [];
    const trace = await this.#card.run(steps);
    this.#line = trace.interrupts.at(-1) ?? this.#line;
    return trace.values;
  }
}
