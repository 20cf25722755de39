/** Builds the guest of one worker: memory, platform probe, driver, workload. */
import { GuestActor, type GuestCounters } from "../../actors/guest-body.ts";
import { VpioError } from "../base/errors.ts";
import type { GuestId } from "../base/ids.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import type { Device } from "../devices/device.ts";
import { WINDOW_PORTS } from "../devices/hooked-list.ts";
import { clock, hlt, type Program } from "../hardware/cpu.ts";
import type { GuestMemory } from "../hardware/memory.ts";
import { findPciDevice } from "../hardware/pci.ts";
import { Processor } from "../hardware/processor.ts";
import type { Ports } from "../machine/actor.ts";
import { arbiterAddress, guestAddress, nicAddress } from "../protocol/address.ts";
import type { Card, Guest, Scenario } from "../scenario/scenario.ts";
import { makeSoftware, type Workload } from "../workloads/catalogue.ts";
import type { FrameObserver } from "../workloads/kernel.ts";
import type { GuestSoftware, SoftwareReport } from "../workloads/software.ts";
import { guestMemoryOf, type HostLayout } from "./layout.ts";
import type { LinuxReport } from "./linux-report.ts";
import type { Taps } from "./taps.ts";

/** What the supervisor asks a guest's worker for. */
export interface GuestSnapshot {
  readonly stateName: string;
  readonly status: GuestActor["status"];
  readonly io: GuestCounters;
  readonly software: SoftwareReport | undefined;
  /** First guest-physical address that the guest has not taken into use. */
  readonly brk: number;
  /** Of a guest that runs Linux. */
  readonly linux?: LinuxReport;
}

export interface GuestParts extends Pick<Taps, "onFrame" | "frameNs" | "software"> {
  readonly scenario: Scenario;
  readonly devices: Devices;
  readonly layout: HostLayout;
  readonly guest: GuestId;
  /** The workload with its files loaded. */
  readonly workload: Workload;
  readonly ports: Ports;
}

export interface BuiltGuest {
  readonly actor: GuestActor;
  snapshot(): GuestSnapshot;
}

export function buildGuest(parts: GuestParts): BuiltGuest {
  const { scenario, layout, ports } = parts;
  const guest = scenario.guests[parts.guest];
  const card = guest && scenario.cards[guest.card];
  const slab = layout.guests[parts.guest];
  if (guest === undefined || card === undefined || slab === undefined) {
    throw new VpioError("INTERNAL", `there is no guest ${parts.guest}`);
  }
  const memory = guestMemoryOf(layout, guest.id);
  const software = new BootedSoftware(parts, guest, card, memory);
  const actor = new GuestActor({
    address: guestAddress(guest.id),
    arbiter: arbiterAddress(card.id),
    nic: nicAddress(card.id),
    ioBase: card.port,
    memory,
    hostOffset: slab.host - slab.guest,
    processor: new Processor(parts.software === undefined ? software : parts.software(guest.id, software)),
    ports,
  });
  const snapshot = (): GuestSnapshot => ({
    stateName: actor.stateName,
    status: actor.status,
    io: { ...actor.counters },
    software: software.report(),
    brk: memory.brk,
  });
  return { actor, snapshot };
}

/** Waits for the guest's time, finds the card on the bus, then runs the guest's own software. */
class BootedSoftware {
  readonly #parts: GuestParts;
  readonly #guest: Guest;
  readonly #card: Card;
  readonly #device: Device;
  readonly #memory: GuestMemory;
  #software: GuestSoftware | undefined;

  constructor(parts: GuestParts, guest: Guest, card: Card, memory: GuestMemory) {
    this.#parts = parts;
    this.#guest = guest;
    this.#card = card;
    this.#device = deviceOf(parts.devices, card.kind);
    this.#memory = memory;
  }

  *main(): Program<void> {
    while ((yield clock) < this.#guest.startNs) yield hlt(this.#guest.startNs);
    const { pci } = this.#device;
    const found = yield* findPciDevice(pci.vendor, pci.device);
    if (found === undefined) throw new VpioError("PROGRAM", `no ${this.#card.kind} on the guest's PCI bus`);
    this.#software = this.#make(found.ioBase);
    yield* this.#software.main();
  }

  *interrupt(): Program<void> {
    if (this.#software !== undefined) yield* this.#software.interrupt();
  }

  report(): SoftwareReport | undefined {
    return this.#software?.report();
  }

  #make(ioBase: number): GuestSoftware {
    const { id, mac, ip } = this.#guest;
    const { scenario, workload, onFrame, ports, frameNs = ports.nowNs } = this.#parts;
    const memory = this.#memory;
    const record = (direction: "in" | "out", bytes: Uint8Array): void =>
      onFrame?.({
        at: { kind: "guest", guest: id },
        timestampNs: frameNs(),
        direction,
        epoch: undefined,
        holder: undefined,
        outcome: undefined,
        bytes: bytes.slice(),
      });
    const observer: FrameObserver = {
      frameSent: (frame) => record("out", frame),
      frameReceived: (frame) => record("in", frame),
    };
    const otherPorts = scenario.cards.filter((card) => card.id !== this.#card.id).map((card) => card.port);
    const { makeDriver, makeAttack } = this.#device;
    return makeSoftware(workload, {
      makeAttack,
      ioBase,
      memory,
      mac,
      ip,
      // A machine with one card: the ports behind its window are nobody's.
      otherPorts: otherPorts.length > 0 ? otherPorts : [this.#card.port + WINDOW_PORTS],
      makeDriver: (onReceive) =>
        makeDriver({ ioBase, memory, onReceive, promiscuous: false, addressFrom: this.#guest.addressFrom }),
      observer: onFrame === undefined ? undefined : observer,
    });
  }
}
