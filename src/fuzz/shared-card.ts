/**
 * One card, its DMM and the guests that share it, on one thread and without actors: what exits goes through the DMM, the
 * rest straight to the card, and a handoff runs the sequences of the arbiter in its order. The slot is watched: at each
 * moment the card may reach the memory of the guest that holds it, and the VMM's while the VMM uses it.
 */
import { type GuestId, guestPhysical } from "../base/ids.ts";
import type { ModelHost } from "../devices/model.ts";
import {
  type CpuOp,
  directionOf,
  type InMany,
  type PortOp,
  type Program,
  type Sequence,
  widthMask,
} from "../hardware/cpu.ts";
import { GuestMemory, layOut, PAGE_BYTES, type Slab } from "../hardware/memory.ts";
import type { Silicon } from "../hardware/silicon.ts";
import { Dmm } from "../vpio/dmm.ts";
import type { FailurePolicy, Violation } from "../vpio/failure.ts";
import type { CardProfile } from "./profile.ts";
import { moveString } from "./string-operation.ts";
import { checkRead } from "./target.ts";
import { Broken, WatchedSlot } from "./watched-slot.ts";

export const IO_BASE = 0xc000;
const SCRATCH_BYTES = 128 * 1024;
const CARD_MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 0xff);
/** Nobody is ended for what it tries: the attack goes on. */
const FAILURE: FailurePolicy = {
  port: "silent",
  dma: "device-interrupt",
  transition: "silent",
  stuck: "reset",
};
/** Times in a row that the VMM finds something to do for a line that stays up. */
const SERVICE_ROUNDS = 64;

/** A guest with a share in the card. */
export interface Tenant {
  readonly id: GuestId;
  readonly mac: Uint8Array;
  readonly slab: Slab;
  readonly memory: GuestMemory;
}

export class SharedCard {
  readonly slot: WatchedSlot;
  readonly silicon: Silicon;
  readonly tenants: readonly Tenant[];
  readonly dmm: Dmm;
  owner: Tenant | undefined;
  onViolations: (violations: readonly Violation[]) => void = () => undefined;
  readonly #profile: CardProfile;
  readonly #scratchSlab: Slab;
  readonly #scratch: GuestMemory;
  /** Slabs that the card, and the processor for the guest, may reach now. */
  #allowed: readonly Slab[] = [];
  /** Operations on the card since `begin`, and how many there may be. */
  #operations = 0;
  #operationsMax = 0;

  /** Nobody holds the card. Below the tenants lies memory that is nobody's, so that no guest's addresses are the host's. */
  constructor(profile: CardProfile, macs: readonly (readonly [GuestId, Uint8Array])[], guestBytes: number) {
    this.#profile = profile;
    const sizes = macs.map(() => guestBytes);
    const [, ...slabs] = layOut([PAGE_BYTES, ...sizes, SCRATCH_BYTES, PAGE_BYTES], false);
    const hole = slabs.pop() as Slab;
    const scratch = slabs.pop() as Slab;
    this.#scratchSlab = { ...scratch, guest: guestPhysical(scratch.host) };
    this.slot = new WatchedSlot(hole.host + hole.bytes);
    this.slot.dmaRule = (_, address, bytes) => this.#strayed(address, bytes);
    this.slot.begin(profile.work);
    this.silicon = profile.device.makeSilicon(this.slot, CARD_MAC);
    this.#scratch = new GuestMemory(this.slot.buffer, this.#scratchSlab);
    this.tenants = macs.map(([id, mac], i) => {
      const slab = slabs[i] as Slab;
      return { id, mac, slab, memory: new GuestMemory(this.slot.buffer, slab) };
    });
    this.dmm = new Dmm({
      definition: profile.device.model,
      failure: FAILURE,
      hostOf: (id) => this.#hostOf(this.tenants.find((tenant) => tenant.id === id) as Tenant),
    });
    this.#vmm(this.dmm.definition.resetCard(IO_BASE), profile.vmmOperations.handOff);
  }

  /** The owner's processor does `op`. */
  guestOperation(op: PortOp): number {
    const owner = this.#owner();
    const direction = directionOf(op);
    const units = op.kind === "in" || op.kind === "out" ? 1 : 1 + op.count;
    if (this.dmm.hooks(owner.id).covers(op.port - IO_BASE, op.width, direction)) {
      const limit = units * this.#profile.vmmOperations.access;
      const { value, violations } = this.#vmm(this.dmm.exit(owner.id, op), limit);
      this.onViolations(violations);
      checkRead(value, 4, op.port - IO_BASE);
      return value;
    }
    this.#operationsMax = units;
    this.#operations = 0;
    if (op.kind === "in" || op.kind === "out") return this.#physical(op);
    // A string operation that leaves the guest's memory is a fault of its own processor's.
    if (!owner.memory.contains(op.address, op.count * op.width)) return 0;
    return this.#physical({ ...op, address: op.address - owner.slab.guest + owner.slab.host });
  }

  /** Runs a program of the owner's. `hlt` takes a microsecond. */
  run<T>(program: Program<T>): T {
    return drive(program, (op) => {
      if (op.kind === "clock") return this.slot.clockNs;
      if (op.kind === "hlt") this.slot.clockNs += 1000;
      return "port" in op ? this.guestOperation(op) : 0;
    });
  }

  /** The VMM attends to the card's line until it is down, or up for nothing that the VMM knows of. */
  service(): void {
    const { access } = this.#profile.vmmOperations;
    const owner = this.#owner();
    for (let i = 0; this.slot.interrupt && this.#vmm(this.dmm.interrupt(owner.id), access); i++) {
      if (i === SERVICE_ROUNDS) throw new Broken("the card's interrupt line does not come down");
    }
  }

  /** The frame at the PHY leaves, if there is one. */
  leave(): void {
    if (!this.slot.phyBusy) return;
    this.slot.phyBusy = false;
    this.slot.begin(this.#profile.work);
    this.silicon.transmitted();
  }

  /** False, and the owner keeps the card, when it is not reusable. `before` is called before each operation on the card. */
  handOff(to: Tenant, before: () => void): boolean {
    const limit = this.#profile.vmmOperations.handOff;
    if (this.owner !== undefined) {
      const { id } = this.owner;
      this.#vmm(this.dmm.interrupt(id), limit, before);
      if (this.dmm.phase(id) !== "reusable") return false;
      const model = this.dmm.model(id);
      this.#vmm(model.quiesce(), limit, before);
      this.#allowed = [this.#scratchSlab];
      this.#vmm(model.save(), limit, before);
      this.owner = undefined;
      this.#vmm(this.dmm.definition.resetCard(IO_BASE), limit, before);
    }
    this.#allowed = [to.slab, this.#scratchSlab];
    this.#vmm(this.dmm.model(to.id).restore(), limit, before);
    this.#allowed = [to.slab];
    this.owner = to;
    return true;
  }

  /** Takes the card from an owner that will not let it go: its context is lost. */
  takeAway(before: () => void): void {
    this.dmm.deinitModel(this.#owner().id);
    this.#vmm(this.dmm.definition.resetCard(IO_BASE), this.#profile.vmmOperations.handOff, before);
    this.owner = undefined;
    this.#allowed = [];
  }

  #owner(): Tenant {
    if (this.owner === undefined) throw new Broken("nobody holds the card");
    return this.owner;
  }

  #hostOf({ mac, memory, slab }: Tenant): ModelHost {
    const toHost = (address: number, bytes: number): number | undefined =>
      memory.contains(address, bytes) ? address - slab.guest + slab.host : undefined;
    return { ioBase: IO_BASE, mac, memory, toHost, scratch: this.#scratch };
  }

  #vmm<T>(program: Sequence<T>, operationsMax: number, before: () => void = () => undefined): T {
    this.#operations = 0;
    this.#operationsMax = operationsMax;
    return drive(program, (op) => {
      before();
      return this.#physical(op);
    });
  }

  #strayed(address: number, bytes: number): string | undefined {
    const inside = this.#allowed.some(
      (slab) => address >= slab.host && address + bytes <= slab.host + slab.bytes,
    );
    return inside ? undefined : "not the memory of the guest that holds the card";
  }

  #physical(op: CpuOp): number {
    if (++this.#operations > this.#operationsMax)
      throw new Broken(`more than ${this.#operationsMax} operations on the card to serve one`);
    this.slot.begin(this.#profile.work);
    switch (op.kind) {
      case "in":
        return this.#read(op);
      case "out":
        this.silicon.writePort(op.port - IO_BASE, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#string(op);
        return 0;
      default:
        return 0;
    }
  }

  #read({ port, width }: Pick<PortOp, "port" | "width">): number {
    const value = this.silicon.readPort(port - IO_BASE, width);
    checkRead(value, width, port - IO_BASE);
    return value;
  }

  #string(op: Extract<PortOp, { readonly kind: "ins" | "outs" }>): void {
    const strayed = this.#strayed(op.address, op.count * op.width);
    if (strayed !== undefined)
      throw new Broken(`a string operation at 0x${op.address.toString(16)}: ${strayed}`);
    const { port, width } = op;
    moveString(op, this.slot.host, {
      read: () => {
        this.slot.begin(this.#profile.work);
        return this.#read(op);
      },
      write: (value) => {
        this.slot.begin(this.#profile.work);
        this.silicon.writePort(port - IO_BASE, width, value);
      },
    });
  }
}

/** Runs a program to its end. */
function drive<T>(program: Sequence<T>, execute: (op: CpuOp) => number): T {
  const one = (op: CpuOp | InMany): number => {
    if (op.kind !== "inMany") return execute(op);
    for (const read of op.reads) op.values.push(execute(read));
    return 0;
  };
  let step = program.next(0);
  while (!step.done) step = program.next(one(step.value));
  return step.value;
}
