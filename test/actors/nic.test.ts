import { describe, expect, it } from "vitest";
import { type CardFrame, NicActor } from "../../actors/nic-body.ts";
import { cardId, guestId } from "../../src/base/ids.ts";
import { BROADCAST, macKey } from "../../src/ethernet/mac.ts";
import { inb, insw, outb, outsw, outw, type PortOp } from "../../src/hardware/cpu.ts";
import { HostMemory } from "../../src/hardware/memory.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../../src/protocol/address.ts";
import { MAX_CARRIED_FRAME_BYTES } from "../../src/protocol/codec.ts";
import { SYNC, toOperation } from "../../src/protocol/operation.ts";
import { Mailbox } from "../support/mailbox.ts";
import { ScriptedCard } from "../support/scripted-card.ts";

const NIC = nicAddress(cardId(0));
const ARBITER = arbiterAddress(cardId(0));
const ALICE = guestAddress(guestId(0));
const BOB = guestAddress(guestId(1));

function rig() {
  const mailbox = new Mailbox();
  const memory = new Uint8Array(4096);
  const captured: CardFrame[] = [];
  let card: ScriptedCard | undefined;
  const nic = new NicActor({
    address: NIC,
    makeSilicon: (slot) => {
      card = new ScriptedCard(slot);
      return card;
    },
    host: new HostMemory(memory.buffer),
    ports: mailbox.ports(NIC),
    onFrame: (frame) => captured.push({ ...frame, bytes: frame.bytes.slice() }),
  });
  mailbox.add(nic);
  if (card === undefined) throw new Error("the NIC made no card");
  return { mailbox, nic, card: card as ScriptedCard, memory, captured };
}

type Rig = ReturnType<typeof rig>;

/** An operation of `from` under `epoch`, executed or refused. */
function io({ mailbox }: Rig, from: typeof ALICE, epoch: number, op: PortOp | "sync", posted = 0): void {
  mailbox.send(from, NIC, { type: "io", epoch, posted, ...(op === "sync" ? SYNC : toOperation(op)) });
  mailbox.settle();
}

function fence({ mailbox }: Rig, epoch: number, drain: { readonly awaited: number } | undefined): void {
  mailbox.send(ARBITER, NIC, {
    type: "fence",
    epoch,
    holder: 0,
    drain: drain === undefined ? 0 : 1,
    awaited: drain?.awaited ?? 0,
  });
  mailbox.settle();
}

/** A NIC whose fence lets epoch `epoch` through. */
function opened(epoch = 1): Rig {
  const to = rig();
  fence(to, epoch, undefined);
  to.mailbox.take(ARBITER);
  return to;
}

describe("the fence", () => {
  it("is closed at first: every guest's operation is refused, and comes back as it was sent", () => {
    const to = rig();
    io(to, ALICE, 1, outw(0x10, 0xbeef), 1);
    expect(to.card.writes).toEqual([]);
    expect(to.mailbox.take(ALICE)).toEqual([
      {
        type: "fenced",
        epoch: 1,
        posted: 1,
        form: 1,
        port: 0x10,
        width: 2,
        value: 0xbeef,
        count: 1,
        address: 0,
      },
    ]);
    expect(to.nic.counters.refusedOperations).toBe(1);
  });

  it("looks at epochs alone; whose operation it was that passed is counted", () => {
    const to = opened();
    io(to, ALICE, 1, outb(0x10, 1));
    expect(to.nic.counters.foreignOperations).toBe(0);
    io(to, BOB, 1, outb(0x10, 2));
    expect(to.card.writes).toHaveLength(2);
    expect(to.nic.counters.foreignOperations).toBe(1);
    fence(to, 2, undefined);
    io(to, BOB, 1, outb(0x10, 3));
    expect(to.nic.counters).toMatchObject({ foreignOperations: 1, refusedOperations: 1 });
  });

  it("lets nobody's epoch pass for no guest, whatever state it is in", () => {
    const to = rig();
    io(to, ALICE, 0, outb(0x10, 1));
    expect(to.card.writes).toEqual([]);
    fence(to, 1, undefined);
    io(to, ALICE, 0, outb(0x10, 1));
    expect(to.card.writes).toEqual([]);
  });

  it("executes the current epoch's operations, and answers those that are not posted", () => {
    const to = opened();
    io(to, ALICE, 1, outb(0x10, 0x5a), 1);
    io(to, ALICE, 1, inb(0x10));
    expect(to.card.writes).toEqual([{ offset: 0x10, width: 1, value: 0x5a }]);
    expect(to.mailbox.take(ALICE)).toEqual([{ type: "ioDone", value: 0x5a }]);
  });

  it("refuses what comes late from the epoch before, and executes the new owner's", () => {
    const to = opened(1);
    fence(to, 0, { awaited: 0 });
    fence(to, 2, undefined);
    io(to, ALICE, 1, inb(0x10));
    io(to, BOB, 2, inb(0x10));
    expect(to.mailbox.take(ALICE)).toMatchObject([{ type: "fenced", epoch: 1, posted: 0, port: 0x10 }]);
    expect(to.mailbox.take(BOB)).toEqual([{ type: "ioDone", value: 0 }]);
  });

  it("waits, when it is to drain, until all that the old owner sent has been executed", () => {
    const to = opened(7);
    io(to, ALICE, 7, outb(1, 1), 1);
    fence(to, 0, { awaited: 3 });
    expect(to.mailbox.take(ARBITER)).toEqual([]);
    expect(to.nic.stateName).toContain("fence.draining");
    io(to, ALICE, 7, outb(1, 2), 1);
    expect(to.mailbox.take(ARBITER)).toEqual([]);
    io(to, ALICE, 7, outb(1, 3), 1);
    expect(to.mailbox.take(ARBITER)).toEqual([{ type: "drained", epoch: 0 }]);
    io(to, ALICE, 7, outb(1, 4), 1);
    expect(to.card.writes.map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it("closes at once when nothing is awaited any more", () => {
    const to = opened(7);
    io(to, ALICE, 7, outb(1, 1), 1);
    fence(to, 0, { awaited: 1 });
    expect(to.mailbox.take(ARBITER)).toEqual([{ type: "drained", epoch: 0 }]);
  });

  it("does not count a sync among the operations that are awaited", () => {
    const to = opened(7);
    io(to, ALICE, 7, outb(1, 1), 1);
    io(to, ALICE, 7, "sync");
    fence(to, 0, { awaited: 2 });
    expect(to.mailbox.take(ARBITER)).toEqual([]);
    expect(to.mailbox.take(ALICE)).toEqual([{ type: "ioDone", value: 0 }]);
  });

  it("can be forced shut while it drains", () => {
    const to = opened(7);
    fence(to, 0, { awaited: 3 });
    fence(to, 0, undefined);
    expect(to.mailbox.take(ARBITER)).toEqual([{ type: "drained", epoch: 0 }]);
    io(to, ALICE, 7, outb(1, 1), 1);
    expect(to.card.writes).toEqual([]);
  });

  it("lets the VMM's operations through, whether it is open, closed or draining", () => {
    const to = rig();
    io(to, ARBITER, 0, outb(1, 1), 1);
    fence(to, 3, undefined);
    io(to, ARBITER, 0, outb(1, 2), 1);
    fence(to, 0, { awaited: 5 });
    io(to, ARBITER, 0, inb(1));
    expect(to.mailbox.take(ARBITER)).toEqual([
      { type: "drained", epoch: 3 },
      { type: "ioDone", value: 2 },
    ]);
  });
});

describe("string operations", () => {
  it("move host memory unit by unit, and are one operation for the fence", () => {
    const to = opened();
    to.memory.set([0x11, 0x22, 0x33, 0x44], 0x100);
    io(to, ALICE, 1, outsw(0x10, 0x100, 2));
    expect(to.card.writes.map(({ value }) => value)).toEqual([0x2211, 0x4433]);
    io(to, ALICE, 1, insw(0x10, 0x200, 2));
    expect([...to.memory.subarray(0x200, 0x204)]).toEqual([0x33, 0x44, 0x33, 0x44]);
    fence(to, 0, { awaited: 2 });
    expect(to.mailbox.take(ARBITER)).toEqual([{ type: "drained", epoch: 0 }]);
    expect(to.nic.counters.dmaBytes).toBe(0);
  });
});

describe("the card's other connections", () => {
  it("forwards the interrupt line when it has changed, and only then", () => {
    const { mailbox, card } = rig();
    for (const level of [false, true, true, false]) card.slot.setInterrupt(level);
    expect(mailbox.sent(ARBITER, "irq").map(({ level }) => level)).toEqual([1, 0]);
  });

  it("masters the bus with whatever address it was programmed with", () => {
    const { card, memory, nic } = rig();
    memory.set([1, 2, 3], 0x800);
    const read = new Uint8Array(3);
    card.slot.dmaRead(0x800, read);
    card.slot.dmaWrite(0xffe, new Uint8Array([9, 9, 9]));
    expect([...read]).toEqual([1, 2, 3]);
    expect([...memory.subarray(0xffe)]).toEqual([9, 9]);
    expect(nic.counters.dmaBytes).toBe(6);
  });

  it("sends one frame, and tells the card when it has left", () => {
    const { mailbox, card, captured, nic } = rig();
    const frame = new Uint8Array(60).fill(7);
    card.slot.transmit(frame);
    frame.fill(0);
    mailbox.settle();
    expect(mailbox.sent(WIRE, "frame").map(({ bytes }) => bytes[0])).toEqual([7]);
    expect(card.transmittedCount).toBe(0);
    mailbox.send(WIRE, NIC, { type: "frameSent" });
    mailbox.settle();
    expect(card.transmittedCount).toBe(1);
    expect(captured).toMatchObject([{ direction: "out", outcome: undefined }]);
    expect(nic.counters).toMatchObject({ sentFrames: 1, sentBytes: 60, oversizeFrames: 0 });
  });

  it("keeps a frame that no cell can carry from the wire, and goes on", () => {
    const { mailbox, card, nic } = rig();
    card.onWrite = () => card.slot.transmit(new Uint8Array(MAX_CARRIED_FRAME_BYTES + 1));
    mailbox.send(ARBITER, NIC, { type: "io", epoch: 0, posted: 1, ...toOperation(outb(1, 1)) });
    mailbox.settle();
    expect(mailbox.sent(WIRE, "frame")).toEqual([]);
    expect(nic.counters.oversizeFrames).toBe(1);
    expect(card.transmittedCount).toBe(1);
  });

  it("hands frames to the card, and counts what it missed by whom it was for", () => {
    const { mailbox, card, captured, nic } = rig();
    const mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
    const unicast = new Uint8Array(60);
    unicast.set(mac);
    const group = new Uint8Array(60);
    group.set(BROADCAST);
    const receive = (bytes: Uint8Array): void => {
      mailbox.send(WIRE, NIC, { type: "frame", bytes });
      mailbox.settle();
    };
    receive(unicast);
    card.outcome = "overflow";
    receive(unicast);
    receive(group);
    expect(card.received).toEqual([unicast, unicast, group]);
    expect(nic.counters.received).toMatchObject({ stored: 1, overflow: 2 });
    expect(nic.counters.missed.get(macKey(mac))).toMatchObject({ overflow: 1 });
    expect(nic.counters.missed.get(0)).toMatchObject({ overflow: 1 });
    expect(captured.map(({ outcome }) => outcome)).toEqual(["stored", "overflow", "overflow"]);
  });

  it("names the owner of the moment in what it records", () => {
    const to = opened(5);
    to.mailbox.send(WIRE, NIC, { type: "frame", bytes: new Uint8Array(60) });
    to.mailbox.settle();
    fence(to, 0, undefined);
    to.mailbox.send(WIRE, NIC, { type: "frame", bytes: new Uint8Array(60) });
    to.mailbox.settle();
    expect(to.captured).toMatchObject([
      { epoch: 5, holder: 0 },
      { epoch: 0, holder: undefined },
    ]);
  });

  it("wakes the card when it has asked for it", () => {
    const { mailbox, card } = rig();
    card.slot.wakeAt(5_000);
    card.slot.wakeAt(9_000);
    mailbox.run(8_999);
    expect(card.timerCount).toBe(0);
    mailbox.run(9_000);
    expect(card.timerCount).toBe(1);
  });
});
