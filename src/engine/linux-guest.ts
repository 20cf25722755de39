/** Builds a guest that runs Linux: a virtual PC with a kernel of Debian's, and the shared card on its PCI bus. */
import { GuestActor } from "../../actors/guest-body.ts";
import { invariant } from "../base/errors.ts";
import type { GuestId } from "../base/ids.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import { formatIpv4Address } from "../ethernet/ipv4.ts";
import type { PortOp } from "../hardware/cpu.ts";
import type { OwnMemory } from "../hardware/memory.ts";
import { PageLog } from "../hardware/page-log.ts";
import type { Ports } from "../machine/actor.ts";
import { arbiterAddress, guestAddress, nicAddress } from "../protocol/address.ts";
import type { Card, Guest, LinuxWorkload, Scenario } from "../scenario/scenario.ts";
import { type GuestAddress, guestScript } from "../x86/guest-script.ts";
import { loadGuestImage } from "../x86/image/load.ts";
import { X86Machine } from "../x86/machine.ts";
import { X86Processor } from "../x86/processor.ts";
import type { BuiltGuest, GuestSnapshot } from "./guest-worker.ts";
import { guestMemoryOf, type HostLayout } from "./layout.ts";
import { LinuxLife } from "./linux-life.ts";

export interface LinuxParts {
  readonly scenario: Scenario;
  readonly devices: Devices;
  readonly layout: HostLayout;
  readonly guest: GuestId;
  readonly workload: LinuxWorkload;
  readonly ports: Ports;
  /** Delivers what has arrived for the guest, or waits until something does. */
  readonly attend: () => void;
  readonly onConsole: (bytes: Uint8Array) => void;
}

export interface BuiltLinux extends BuiltGuest {
  readonly memory: OwnMemory;
  type(bytes: Uint8Array): void;
}

/** The PCI slot of the card. */
const CARD_SLOT = 3;
/** The segment that a static address is of: 255.255.255.0. */
const PREFIX = 24;
const CONSOLE = 0;
const CONTROL = 1;

/** Throws a GUEST_IMAGE error when there is nothing to boot. */
export async function buildLinuxGuest(parts: LinuxParts): Promise<BuiltLinux> {
  const guest = parts.scenario.guests[parts.guest];
  const card = guest && parts.scenario.cards[guest.card];
  invariant(guest !== undefined && card !== undefined, `there is a guest ${parts.guest}`);
  const life = new LinuxLife(parts.workload);
  const machine = await machineOf(guest, life, parts);
  const actor = actorOf(guest, card, machine, parts);
  plugIn(card, machine, actor, life, parts);
  const { driver, dhcp, commands } = parts.workload;
  const address: GuestAddress = dhcp
    ? { kind: "dhcp" }
    : { kind: "static", ip: formatIpv4Address(guest.ip), prefix: PREFIX };
  machine.serialIn(CONTROL, guestScript({ driver, address, commands }));
  return {
    actor,
    memory: machine.memory,
    type: (bytes) => machine.serialIn(CONSOLE, bytes),
    snapshot: () => snapshotOf(actor, life, guest),
  };
}

async function machineOf(
  { memoryBytes }: Guest,
  life: LinuxLife,
  { workload, onConsole }: LinuxParts,
): Promise<X86Machine> {
  const { state, ...image } = await loadGuestImage({ name: workload.image, memoryBytes });
  const machine = await X86Machine.create({
    ...image,
    onSerial: (port, bytes) => {
      if (port === CONTROL) return life.takeControl(bytes);
      life.takeConsole(bytes);
      onConsole(bytes);
    },
    onReset: () => {
      throw new Error("it has restarted itself");
    },
  });
  machine.restoreState(state);
  return machine;
}

function actorOf(guest: Guest, card: Card, machine: X86Machine, parts: LinuxParts): GuestActor {
  const { layout, ports } = parts;
  const slab = layout.guests[guest.id];
  const log = layout.pageLogs.get(guest.id);
  invariant(
    slab !== undefined && log !== undefined,
    "a Linux guest has its place in host memory, and a page log",
  );
  const own = new Map([[guest.id, machine.memory]]);
  return new GuestActor({
    address: guestAddress(guest.id),
    arbiter: arbiterAddress(card.id),
    nic: nicAddress(card.id),
    ioBase: card.port,
    memory: guestMemoryOf({ ...layout, own }, guest.id),
    hostOffset: slab.host - slab.guest,
    processor: new X86Processor({ machine, pages: new PageLog(log), startNs: guest.startNs }),
    ports,
  });
}

/** Each access of the guest to the card waits in the middle of its instruction until it is answered. */
function plugIn(
  card: Card,
  machine: X86Machine,
  actor: GuestActor,
  life: LinuxLife,
  { devices, attend }: LinuxParts,
): void {
  const execute = (op: PortOp): number => {
    let isBlocked = false;
    const value = actor.execute(op, () => {
      if (!isBlocked && !actor.holdsCard) {
        isBlocked = true;
        life.blocked = true;
      }
      attend();
    });
    if (isBlocked) life.blocked = false;
    return value;
  };
  machine.addCard({
    name: card.name,
    slot: CARD_SLOT,
    pci: deviceOf(devices, card.kind).pci,
    ioBase: card.port,
    read: (offset, width) => execute({ kind: "in", port: card.port + offset, width }),
    write: (offset, width, value) => execute({ kind: "out", port: card.port + offset, width, value }),
  });
}

function snapshotOf(actor: GuestActor, life: LinuxLife, { memoryBytes }: Guest): GuestSnapshot {
  if (actor.status.kind === "crashed") life.crash();
  const linux = life.report();
  return {
    stateName: `${linux.stateName} ${actor.stateName}`,
    status: actor.status,
    io: { ...actor.counters },
    software: { workload: life.workload(), kernel: undefined, driver: undefined },
    brk: memoryBytes,
    linux,
  };
}
