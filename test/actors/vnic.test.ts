import { describe, expect, it } from "vitest";
import type { VmmOptions } from "../../actors/vmm.ts";
import { VnicActor, type VnicOptions } from "../../actors/vnic-body.ts";
import { guestId } from "../../src/base/ids.ts";
import { DEVICES } from "../../src/devices/catalogue.ts";
import { type DriverEnvironment, type NetDriver, newCounters } from "../../src/devices/driver.ts";
import { BROADCAST, type Mac } from "../../src/ethernet/mac.ts";
import { inb, inl, insw, outb, outl, outsw, type PortOp, type Program } from "../../src/hardware/cpu.ts";
import { type Address, arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { toOperation } from "../../src/protocol/operation.ts";
import type { FailurePolicy } from "../../src/vpio/failure.ts";
import {
  answersUntil,
  CARD,
  IO_BASE,
  ipOf,
  MachineRoom,
  macOf,
  makeHost,
  PEER,
  pings,
} from "../support/machine-room.ts";
import { Mailbox } from "../support/mailbox.ts";
import { ScriptedCard } from "../support/scripted-card.ts";

const VMM = arbiterAddress(CARD);
const NIC = nicAddress(CARD);
const A = guestAddress(guestId(0));
const B = guestAddress(guestId(1));
const DOORBELL = IO_BASE + 0x10;

/** The VMM's driver of a card that is one status port and one doorbell; `room` says whether it takes a frame. */
class ScriptedDriver implements NetDriver {
  readonly counters = newCounters();
  readonly mac = macOf(9);
  readonly transmitIdle = true;
  readonly taken: number[] = [];
  room = true;
  /** Frames that the next interrupt brings. */
  readonly arrived: Uint8Array[] = [];
  readonly environment: DriverEnvironment;

  constructor(environment: DriverEnvironment) {
    this.environment = environment;
  }

  *open(): Program<void> {
    yield outb(DOORBELL, 0);
  }
  *transmit(frame: Uint8Array): Program<boolean> {
    if (!this.room) return false;
    yield outb(DOORBELL, 1);
    this.taken.push(frame[14] as number);
    return true;
  }
  *interrupt(): Program<void> {
    yield inb(IO_BASE);
    for (const frame of this.arrived.splice(0)) this.environment.onReceive(frame);
  }
  *close(): Program<void> {}
}

/** A VMM with two guests; the test plays them and the physical card, and sees into the virtual ones. */
function rig(failure: Partial<FailurePolicy> = {}) {
  const mailbox = new Mailbox();
  const cards: ScriptedCard[] = [];
  const drivers: ScriptedDriver[] = [];
  const host = makeHost({ kind: "rtl8139", mode: "vnic", guests: 2, ports: mailbox.ports(VMM), failure });
  const vmm = new VnicActor({
    ...host.vmm,
    model: DEVICES.rtl8139.model,
    makeSilicon: (slot) => {
      const card = new ScriptedCard(slot);
      cards.push(card);
      return card;
    },
    makeDriver: (environment) => {
      const driver = new ScriptedDriver(environment);
      drivers.push(driver);
      return driver;
    },
  });
  mailbox.add(vmm);
  const deliver = (from: Address, ...messages: readonly Message[]): void => {
    for (const message of messages) mailbox.send(from, VMM, message);
    mailbox.settle();
  };
  const exit = (from: Address, op: PortOp): number | undefined => {
    deliver(from, { type: "exit", ...toOperation(op) });
    return mailbox.sent(from, "resume").at(-1)?.value;
  };
  const [cardA, cardB] = cards as [ScriptedCard, ScriptedCard];
  const [driver] = drivers as [ScriptedDriver];
  const [memoryA] = host.vmm.guests.map(({ memory }) => memory);
  vmm.start();
  return {
    vmm,
    mailbox,
    deliver,
    exit,
    cardA,
    cardB,
    driver,
    memoryA: memoryA as NonNullable<typeof memoryA>,
  };
}

type Rig = ReturnType<typeof rig>;

const answer = (to: Rig): void => to.deliver(NIC, { type: "ioDone", value: 0 });

/** A rig whose physical card is up. */
function opened(failure: Partial<FailurePolicy> = {}): Rig {
  const to = rig(failure);
  answer(to);
  expect(to.vmm.stateName).toBe("idle");
  return to;
}

function frame(destination: Mac, source: Mac, tag: number, bytes = 60): Uint8Array {
  const made = new Uint8Array(bytes);
  made.set(destination);
  made.set(source, 6);
  made[14] = tag;
  return made;
}

/** Makes a virtual card send this when its guest next writes to it. */
function sendsOnWrite(card: ScriptedCard, bytes: Uint8Array): void {
  card.onWrite = () => {
    card.onWrite = () => {};
    card.slot.transmit(bytes);
  };
}

describe("an exit", () => {
  it("is answered at once by the guest's own virtual card, even while the physical one is busy", () => {
    const to = rig();
    expect(to.vmm.stateName).toBe("opening");
    expect(to.exit(A, outl(IO_BASE + 0x44, 0xcafe))).toBe(0);
    expect(to.exit(A, inl(IO_BASE + 0x44))).toBe(0xcafe);
    expect(to.exit(B, inl(IO_BASE + 0x44))).toBe(0);
    expect(to.vmm.report().guests.get(guestId(0))?.exitsByCause).toEqual([
      ["read RCR", 1],
      ["write RCR", 1],
    ]);
    expect(to.mailbox.sent(A, "grant")).toEqual([]);
  });

  it("of a string operation moves the guest's memory unit by unit", () => {
    const to = opened();
    to.memoryA.write(0x100, new Uint8Array([1, 2, 3, 4]));
    to.exit(A, outsw(DOORBELL, 0x100, 2));
    expect(to.cardA.writes.map(({ value }) => value)).toEqual([0x0201, 0x0403]);
    to.exit(A, insw(DOORBELL, 0x200, 2));
    expect([...to.memoryA.bytes(0x200, 4)]).toEqual([3, 4, 3, 4]);
  });

  it("that leaves the guest's memory touches nothing, and is a violation", () => {
    const to = opened({ dma: "silent" });
    expect(to.exit(A, outsw(DOORBELL, to.memoryA.sizeBytes - 2, 2))).toBe(0);
    expect(to.cardA.writes).toEqual([]);
    const [violation] = to.vmm.report().guests.get(guestId(0))?.violations ?? [];
    expect(violation).toMatchObject({ kind: "dma", register: "string operation", count: 1 });
  });

  it("finds PCI configuration, and nothing on other ports", () => {
    const to = opened();
    to.exit(A, outl(0xcf8, 0x8000_1800));
    expect(to.exit(A, inl(0xcfc))).toBe(0x8139_10ec);
    expect(to.exit(A, inb(0x60))).toBe(0);
  });
});

describe("a virtual card", () => {
  it("masters its guest's memory, and finds zeros and nothing beyond it", () => {
    const to = opened({ dma: "device-interrupt" });
    const end = to.memoryA.sizeBytes;
    to.cardA.slot.dmaWrite(end - 2, new Uint8Array([7, 8]));
    expect([...to.memoryA.bytes(end - 2, 2)]).toEqual([7, 8]);
    to.cardA.slot.dmaWrite(end - 1, new Uint8Array([9, 9]));
    expect([...to.memoryA.bytes(end - 2, 2)]).toEqual([7, 8]);
    const read = new Uint8Array(2).fill(0xff);
    to.cardA.slot.dmaRead(end - 1, read);
    expect([...read]).toEqual([0, 0]);
    expect(to.vmm.report().guests.get(guestId(0))?.violations).toMatchObject([
      { register: "DMA write", count: 1 },
      { register: "DMA read", count: 1 },
    ]);
    expect(to.mailbox.sent(A, "machineCheck")).toEqual([]);
  });

  it("whose DMA ends its guest stands still", () => {
    const to = opened({ dma: "machine-check" });
    to.cardA.onWrite = () => to.cardA.slot.dmaWrite(0x7fff_0000, new Uint8Array(4));
    expect(to.exit(A, outb(DOORBELL, 1))).toBeUndefined();
    expect(to.mailbox.sent(A, "machineCheck")).toHaveLength(1);
    to.cardA.slot.setInterrupt(true);
    expect(to.mailbox.sent(A, "injectIrq")).toEqual([]);
    to.driver.arrived.push(frame(macOf(0), PEER.mac, 1));
    to.deliver(NIC, { type: "irq", level: 1 }, { type: "irq", level: 0 });
    answer(to);
    expect(to.cardA.received).toEqual([]);
  });

  it("has its line and its timer of its own", () => {
    const to = opened();
    to.cardB.slot.setInterrupt(true);
    to.cardB.slot.setInterrupt(true);
    expect(to.mailbox.sent(B, "injectIrq").map(({ level }) => level)).toEqual([1]);
    expect(to.mailbox.sent(A, "injectIrq")).toEqual([]);
    to.cardA.slot.wakeAt(2_000);
    to.cardB.slot.wakeAt(1_000);
    to.mailbox.run(1_500);
    expect([to.cardA.timerCount, to.cardB.timerCount]).toEqual([0, 1]);
    to.mailbox.run(2_000);
    expect([to.cardA.timerCount, to.cardB.timerCount]).toEqual([1, 1]);
  });

  it("has sent its frame when the physical card has taken it", () => {
    const to = opened();
    sendsOnWrite(to.cardA, frame(PEER.mac, macOf(0), 5));
    to.exit(A, outb(DOORBELL, 1));
    expect(to.cardA.transmittedCount).toBe(0);
    expect(to.vmm.stateName).toBe("working.transmitting");
    answer(to);
    expect(to.driver.taken).toEqual([5]);
    expect(to.cardA.transmittedCount).toBe(1);
    expect(to.vmm.stateName).toBe("idle");
  });

  it("waits with its frame while the driver is full: for an interrupt, or a millisecond", () => {
    const to = opened();
    to.driver.room = false;
    sendsOnWrite(to.cardA, frame(PEER.mac, macOf(0), 5));
    to.exit(A, outb(DOORBELL, 1));
    expect(to.vmm.stateName).toBe("full");
    to.mailbox.run(to.mailbox.nowNs + 999_000);
    expect(to.vmm.stateName).toBe("full");
    to.mailbox.run(to.mailbox.nowNs + 2_000);
    expect(to.vmm.stateName).toBe("working.interrupted");
    to.driver.room = true;
    answer(to);
    answer(to);
    expect(to.driver.taken).toEqual([5]);
    expect(to.cardA.transmittedCount).toBe(1);
  });

  it("gets rid of a frame that no driver takes, and it is counted", () => {
    const to = opened();
    sendsOnWrite(to.cardA, frame(PEER.mac, macOf(0), 5, 1600));
    to.exit(A, outb(DOORBELL, 1));
    expect(to.cardA.transmittedCount).toBe(1);
    expect(to.driver.taken).toEqual([]);
    expect(to.vmm.report().unsendable).toBe(1);
  });
});

describe("what the physical card receives", () => {
  it("goes where its address says, a group's to everybody but its sender", () => {
    const to = opened();
    to.driver.arrived.push(
      frame(macOf(0), PEER.mac, 1),
      frame(macOf(1), PEER.mac, 2),
      frame(BROADCAST, PEER.mac, 3),
      frame(BROADCAST, macOf(0), 4),
      frame(macOf(7), PEER.mac, 5),
    );
    to.cardB.outcome = "overflow";
    to.deliver(NIC, { type: "irq", level: 1 }, { type: "irq", level: 0 });
    answer(to);
    const tags = (card: ScriptedCard) => card.received.map((bytes) => bytes[14]);
    expect(tags(to.cardA)).toEqual([1, 3]);
    expect(tags(to.cardB)).toEqual([2, 3, 4]);
    const report = to.vmm.report();
    expect(report).toMatchObject({ unknownUnicast: 1, hostInterrupts: 1 });
    expect(report.received.get(guestId(0))).toMatchObject({ stored: 2, overflow: 0 });
    expect(report.received.get(guestId(1))).toMatchObject({ stored: 0, overflow: 3 });
    expect(report.guests.get(guestId(0))?.exits).toBe(0);
  });

  it("is asked for again while the line stays up", () => {
    const to = opened();
    to.deliver(NIC, { type: "irq", level: 1 });
    answer(to);
    expect(to.vmm.stateName).toBe("working.interrupted");
    to.deliver(NIC, { type: "irq", level: 0 }, { type: "ioDone", value: 0 });
    expect(to.vmm.stateName).toBe("idle");
  });
});

describe("the end of a guest, and of the card", () => {
  it("a guest that is gone is left alone, and the others go on", () => {
    const to = opened();
    to.deliver(A, { type: "ended" });
    to.cardA.slot.setInterrupt(true);
    to.driver.arrived.push(frame(BROADCAST, PEER.mac, 1));
    to.deliver(NIC, { type: "irq", level: 1 }, { type: "irq", level: 0 });
    answer(to);
    expect(to.mailbox.sent(A, "injectIrq")).toEqual([]);
    expect(to.cardA.received).toEqual([]);
    expect(to.cardB.received).toHaveLength(1);
  });

  it("a lost card is a machine check for everybody", () => {
    const to = opened();
    to.deliver(NIC, { type: "cardLost" });
    expect(to.mailbox.sent(A, "machineCheck")).toHaveLength(1);
    expect(to.mailbox.sent(B, "machineCheck")).toHaveLength(1);
    expect(to.exit(A, inb(IO_BASE))).toBeUndefined();
    expect(to.vmm.stateName).toBe("lost");
  });
});

describe.each(["rtl8139", "ne2000"] as const)("a whole machine with an %s", (kind) => {
  const { makeDriver, makeSilicon, model } = DEVICES[kind];
  const vnic = (common: VmmOptions): VnicActor => {
    const options: VnicOptions = { ...common, makeDriver, makeSilicon, model };
    return new VnicActor(options);
  };

  it("lets two guests ping each other and the world through one card", () => {
    const workloads = [pings(ipOf(1), 5, 1_000), pings(PEER.ip, 5)];
    const room = new MachineRoom({ kind, mode: "vnic", workloads }, vnic);
    room.run(1_000_000_000);
    for (const { kernel } of room.guests) {
      expect(kernel.report.snapshot()).toMatchObject({ finished: true, receivedFrames: 5, lost: 0 });
      expect(kernel.report.snapshot()).toMatchObject({ corrupted: 0, unexpected: 0, retries: 0 });
      expect(kernel.counters.foreign).toBe(0);
    }
    const report = room.vmm.report();
    expect(report).toMatchObject({ handoffs: 0, unsendable: 0, state: "idle" });
    expect(report.hostInterrupts).toBeGreaterThan(0);
    for (const { actor } of room.guests) {
      // No operation ever passes, and each has exited.
      expect(actor.counters.passthroughOperations).toBe(0);
      expect(actor.counters.exits).toBe(actor.counters.operations);
    }
    for (const guest of report.guests.values()) {
      expect(guest).toMatchObject({ grants: 0, heldNs: 0, violations: [] });
      expect(guest.interruptsInjected).toBeGreaterThan(0);
    }
  });

  it("gives each guest a card with its own address", () => {
    const workloads = [answersUntil(1_000_000), answersUntil(1_000_000)];
    const room = new MachineRoom({ kind, mode: "vnic", workloads }, vnic);
    room.run(100_000_000);
    expect(room.guests.map(({ kernel }) => kernel.mac)).toEqual([macOf(0), macOf(1)]);
  });
});
