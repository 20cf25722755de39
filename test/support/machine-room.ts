/** Guests with real drivers, one real card, the wire and a peer, on one thread: all but the VMM, which the test brings. */
import { GuestActor } from "../../actors/guest-body.ts";
import { NicActor } from "../../actors/nic-body.ts";
import type { VmmGuest, VmmOptions } from "../../actors/vmm.ts";
import { WireActor, type WireOptions } from "../../actors/wire-body.ts";
import { cardId, guestId } from "../../src/base/ids.ts";
import { type BuiltInKind, DEVICES } from "../../src/devices/catalogue.ts";
import type { Mac } from "../../src/ethernet/mac.ts";
import { GuestMemory, HostMemory, layOut, type Slab } from "../../src/hardware/memory.ts";
import { Processor } from "../../src/hardware/processor.ts";
import type { Actor, Ports } from "../../src/machine/actor.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../../src/protocol/address.ts";
import { DEFAULT_FAILURE, type FailurePolicy } from "../../src/vpio/failure.ts";
import { Kernel } from "../../src/workloads/kernel.ts";
import { ping } from "../../src/workloads/ping.ts";
import type { StationProgram } from "../../src/workloads/station.ts";
import { Mailbox } from "./mailbox.ts";

export const CARD = cardId(0);
export const IO_BASE = 0xc000;
export const PEER = { name: "peer", mac: new Uint8Array([2, 0, 0, 0, 0, 0x70]), ip: 0x0a00_0070 };
const RATE_BITS = 100_000_000;
const SLAB_BYTES = 1 << 18;

export const macOf = (guest: number): Mac => new Uint8Array([2, 0, 0, 0, 0, guest + 1]);
export const ipOf = (guest: number): number => 0x0a00_0001 + guest;

export interface HostOptions {
  readonly kind: BuiltInKind;
  readonly mode: WireOptions["mode"];
  readonly guests: number;
  readonly ports: Ports;
  readonly failure?: Partial<FailurePolicy> | undefined;
}

/** The memory of a host with one card, and what its VMM is told, whatever its mode. */
export function makeHost({ kind, mode, guests, ports, failure }: HostOptions) {
  const sizes = Array.from({ length: guests + 1 }, () => SLAB_BYTES);
  const buffer = new SharedArrayBuffer(sizes.length * SLAB_BYTES);
  const identity = layOut(sizes, true);
  const slabs = (mode === "passthrough" ? identity : layOut(sizes, false)).slice(0, guests);
  const tenants = slabs.map((slab, index) => ({
    id: guestId(index),
    name: `guest ${index}`,
    mac: macOf(index),
    slab,
    memory: new GuestMemory(buffer, slab),
    weight: 1,
  }));
  const vmm: VmmOptions = {
    card: CARD,
    cardName: "eth0",
    ioBase: IO_BASE,
    irq: 11,
    pci: DEVICES[kind].pci,
    guests: tenants,
    scratch: new GuestMemory(buffer, identity[guests] as Slab),
    failure: { ...DEFAULT_FAILURE, ...failure },
    ports,
  };
  return { memory: new HostMemory(buffer), vmm };
}

export interface RoomOptions {
  readonly kind: BuiltInKind;
  readonly mode: WireOptions["mode"];
  readonly failure?: Partial<FailurePolicy>;
  /** What each guest does. */
  readonly workloads: readonly StationProgram[];
}

export interface Guest {
  readonly actor: GuestActor;
  readonly kernel: Kernel;
}

export class MachineRoom<V extends Actor & { start(): void }> {
  readonly mailbox = new Mailbox();
  readonly guests: readonly Guest[];
  readonly nic: NicActor;
  readonly wire: WireActor;
  readonly peer = new SinkPeer(PEER);
  readonly vmm: V;
  readonly #kind: BuiltInKind;

  constructor({ kind, mode, failure, workloads }: RoomOptions, makeVmm: (common: VmmOptions) => V) {
    this.#kind = kind;
    const ports = this.mailbox.ports(arbiterAddress(CARD));
    const host = makeHost({ kind, mode, guests: workloads.length, ports, failure });
    this.vmm = makeVmm(host.vmm);
    this.guests = host.vmm.guests.map((guest, index) =>
      this.#guest(guest, workloads[index] as StationProgram),
    );
    this.nic = new NicActor({
      address: nicAddress(CARD),
      // The card's own address: the first guest's.
      makeSilicon: (slot) => DEVICES[kind].makeSilicon(slot, macOf(0)),
      host: host.memory,
      ports: this.mailbox.ports(nicAddress(CARD)),
    });
    this.wire = this.#wire(mode, host.vmm.guests);
    this.mailbox.add(this.vmm, this.nic, this.wire, ...this.guests.map(({ actor }) => actor));
  }

  #guest({ id, memory, slab }: VmmGuest, workload: StationProgram): Guest {
    const { makeDriver } = DEVICES[this.#kind];
    const kernel = new Kernel({
      ip: ipOf(id),
      makeDriver: (onReceive) => makeDriver({ ioBase: IO_BASE, memory, onReceive, promiscuous: false }),
      arpTimeoutNs: 5_000_000,
    });
    const actor = new GuestActor({
      address: guestAddress(id),
      arbiter: arbiterAddress(CARD),
      nic: nicAddress(CARD),
      ioBase: IO_BASE,
      memory,
      hostOffset: slab.host - slab.guest,
      processor: new Processor(kernel.software(workload)),
      ports: this.mailbox.ports(guestAddress(id)),
    });
    return { actor, kernel };
  }

  #wire(mode: WireOptions["mode"], guests: readonly VmmGuest[]): WireActor {
    const link = { rateBits: RATE_BITS, bufferFrames: 64 };
    return new WireActor({
      mode,
      cards: [{ ...link, card: CARD, guests, receive: "drop", holdFrames: 16 }],
      peers: [{ ...link, peer: this.peer }],
      ports: this.mailbox.ports(WIRE),
    });
  }

  /** Runs for so long, or until the workload of every guest that is alive is over. */
  run(forNs: number): void {
    this.vmm.start();
    this.wire.start();
    const isOver = ({ actor, kernel }: Guest): boolean =>
      actor.status.kind !== "running" || kernel.report.snapshot().finished;
    this.mailbox.run(forNs, () => this.guests.every(isOver));
  }
}

/** Pings `ip` so many times, a millisecond apart. */
export const pings =
  (ip: number, count: number, payloadBytes = 56): StationProgram =>
  (station) =>
    ping(station, {
      to: [{ name: "target", ip }],
      intervalNs: 1_000_000,
      payloadBytes,
      count,
      timeoutNs: 50_000_000,
    });

/** Answers ARP and pings until the time has come. */
export const answersUntil =
  (atNs: number): StationProgram =>
  (station) =>
    station.sleepUntil(atNs);
