import { describe, expect, it } from "vitest";
import { PassthroughActor } from "../../actors/passthrough-body.ts";
import { type GuestId, guestId } from "../../src/base/ids.ts";
import { DEVICES } from "../../src/devices/catalogue.ts";
import { HookedList } from "../../src/devices/hooked-list.ts";
import { inb, inl, insw, outb, outl, type PortOp } from "../../src/hardware/cpu.ts";
import { type Address, arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { FORM, toOperation } from "../../src/protocol/operation.ts";
import { answersUntil, CARD, IO_BASE, MachineRoom, makeHost, PEER, pings } from "../support/machine-room.ts";
import { Mailbox } from "../support/mailbox.ts";

const VMM = arbiterAddress(CARD);
const NIC = nicAddress(CARD);
const OWNER = guestAddress(guestId(1));
const OTHER = guestAddress(guestId(0));
const DRAINED = { type: "drained", epoch: 1 } as const;

/** The VMM of a card with two guests, the second of which owns it; the test plays guests and card. */
function rig(owner: GuestId | undefined, dma: "silent" | "machine-check" = "silent") {
  const mailbox = new Mailbox();
  const handoffs: string[] = [];
  const ports = mailbox.ports(VMM);
  const host = makeHost({ kind: "rtl8139", mode: "passthrough", guests: 2, ports, failure: { dma } });
  const vmm = new PassthroughActor({
    ...host.vmm,
    owner,
    model: DEVICES.rtl8139.model,
    onHandoff: ({ what, guest, epoch }) => handoffs.push(`${what} ${guest} ${epoch}`),
  });
  mailbox.add(vmm);
  const deliver = (from: Address, ...messages: readonly Message[]): void => {
    for (const message of messages) mailbox.send(from, VMM, message);
    mailbox.settle();
  };
  const exit = (from: Address, op: PortOp): void => deliver(from, { type: "exit", ...toOperation(op) });
  const guestReport = (guest: number) => vmm.report(0).guests.get(guestId(guest));
  vmm.start();
  return { vmm, mailbox, handoffs, deliver, exit, guestReport };
}

type Rig = ReturnType<typeof rig>;

/** A rig whose card has been granted; what was sent up to there is taken. */
function granted(dma?: "silent" | "machine-check"): Rig {
  const to = rig(guestId(1), dma);
  to.deliver(NIC, DRAINED);
  for (const address of [NIC, OWNER, OTHER]) to.mailbox.take(address);
  return to;
}

const reasons = (to: Rig, guest: Address): readonly string[] =>
  to.mailbox.sent(guest, "machineCheck").map(({ reason }) => new TextDecoder().decode(reason));

describe("at the start", () => {
  it("the fence is opened for the owner, and the card granted when that is done", () => {
    const to = rig(guestId(1));
    expect(to.mailbox.take(NIC)).toEqual([{ type: "fence", epoch: 1, holder: 1, drain: 0, awaited: 0 }]);
    expect(to.mailbox.take(OWNER)).toEqual([]);
    to.deliver(NIC, DRAINED);
    expect(to.mailbox.take(OWNER)).toEqual([
      { type: "hooks", list: new HookedList().bytes },
      { type: "grant", epoch: 1 },
    ]);
    expect(to.handoffs).toEqual(["granted 1 1"]);
  });

  it("the other guests are ended, and told whose the card is", () => {
    const to = rig(guestId(1));
    expect(reasons(to, OTHER)).toEqual(["eth0 is passed through to guest 1"]);
    expect(reasons(to, OWNER)).toEqual([]);
    expect(to.guestReport(0)).toMatchObject({ ended: "eth0 is passed through to guest 1", grants: 0 });
    to.exit(OTHER, inb(IO_BASE));
    expect(to.mailbox.sent(OTHER, "resume")).toEqual([]);
  });

  it("a card without an owner stays free", () => {
    const to = rig(undefined);
    expect(to.mailbox.log.filter(({ to: address }) => address === NIC)).toEqual([]);
    expect(to.vmm.stateName).toBe("free");
  });
});

describe("the owner", () => {
  it("has what it trapped before its grant executed on the card, after that", () => {
    const to = rig(guestId(1));
    to.mailbox.take(NIC);
    to.exit(OWNER, outb(IO_BASE + 0x37, 0x10));
    expect(to.mailbox.take(NIC)).toEqual([]);
    to.deliver(NIC, DRAINED);
    expect(to.mailbox.take(NIC)).toMatchObject([
      { type: "io", epoch: 0, posted: 1, form: FORM.out, port: 0x37, value: 0x10 },
      { type: "io", epoch: 0, posted: 0, form: FORM.sync },
    ]);
    to.deliver(NIC, { type: "ioDone", value: 0 });
    expect(to.mailbox.sent(OWNER, "resume")).toEqual([{ type: "resume", value: 0 }]);
    to.exit(OWNER, inl(IO_BASE + 0x40));
    to.deliver(NIC, { type: "ioDone", value: 0x7480_0000 });
    expect(to.mailbox.sent(OWNER, "resume")[1]).toEqual({ type: "resume", value: 0x7480_0000 });
    expect(to.guestReport(1)?.exitsByCause).toEqual([
      ["read TCR", 1],
      ["write CR", 1],
    ]);
  });

  it("finds the card in PCI configuration space", () => {
    const to = granted();
    to.exit(OWNER, outl(0xcf8, 0x8000_1800));
    to.exit(OWNER, inl(0xcfc));
    expect(to.mailbox.sent(OWNER, "resume").map(({ value }) => value)).toEqual([0, 0x8139_10ec]);
    expect(to.guestReport(1)?.exitsByCause).toEqual([["pci configuration", 2]]);
  });

  it("gets the card's interrupt line as it is; each rise is one exit", () => {
    const to = granted();
    for (const level of [1, 0, 1, 1, 0]) to.deliver(NIC, { type: "irq", level });
    expect(to.mailbox.take(OWNER)).toEqual([1, 0, 1, 0].map((level) => ({ type: "injectIrq", level })));
    expect(to.guestReport(1)).toMatchObject({
      exits: 2,
      exitsByCause: [["interrupt", 2]],
      interruptsInjected: 2,
    });
  });

  it("reads 0 from a string operation that leaves its memory, and its policy decides about the rest", () => {
    const silent = granted("silent");
    silent.exit(OWNER, insw(IO_BASE + 0x10, 0x7fff_0000, 4));
    expect(silent.mailbox.sent(NIC, "io")).toEqual([]);
    expect(silent.mailbox.sent(OWNER, "resume")).toEqual([{ type: "resume", value: 0 }]);
    expect(silent.guestReport(1)?.violations).toMatchObject([{ kind: "dma", count: 1 }]);
    const strict = granted("machine-check");
    strict.exit(OWNER, insw(IO_BASE + 0x10, 0x7fff_0000, 4));
    expect(strict.mailbox.sent(OWNER, "resume")).toEqual([]);
    expect(reasons(strict, OWNER)).toEqual(["a string operation leaves the guest's memory"]);
    expect(strict.vmm.stateName).toBe("closing");
  });

  it("reads 0 from a port that is nobody's", () => {
    const to = granted();
    to.exit(OWNER, inb(0x60));
    expect(to.mailbox.sent(OWNER, "resume")).toEqual([{ type: "resume", value: 0 }]);
    expect(to.guestReport(1)?.violations).toMatchObject([{ kind: "port", register: "0x60" }]);
  });
});

describe("in the end", () => {
  it("the card of an owner that is gone is fenced, reset and nobody's", () => {
    const to = granted();
    to.mailbox.nowNs += 5_000;
    to.deliver(OWNER, { type: "ended" });
    expect(to.mailbox.take(NIC)).toMatchObject([{ type: "fence", epoch: 0, drain: 0 }]);
    to.deliver(NIC, { type: "irq", level: 1 });
    expect(to.mailbox.take(OWNER)).toEqual([]);
    to.deliver(NIC, { type: "drained", epoch: 0 });
    const reset = { type: "io", form: FORM.out, port: 0x37, value: 0x10 };
    expect(to.mailbox.sent(NIC, "io")).toContainEqual(expect.objectContaining(reset));
    for (let i = 0; i < 8 && to.vmm.stateName !== "free"; i++) to.deliver(NIC, { type: "ioDone", value: 0 });
    expect(to.vmm.stateName).toBe("free");
    expect(to.handoffs).toEqual(["granted 1 1", "released 1 1"]);
    to.mailbox.nowNs += 5_000;
    expect(to.guestReport(1)).toMatchObject({ grants: 1, heldNs: 5_000, ended: "ended" });
    expect(to.mailbox.sent(OTHER, "grant")).toEqual([]);
  });

  it("a lost card is a machine check for who had it, and nothing is answered any more", () => {
    const to = granted();
    to.exit(OWNER, inb(IO_BASE));
    to.deliver(NIC, { type: "cardLost" });
    expect(reasons(to, OWNER)).toEqual(["the card eth0 is lost"]);
    expect(reasons(to, OTHER)).toEqual(["eth0 is passed through to guest 1"]);
    to.deliver(NIC, { type: "ioDone", value: 0 }, { type: "cardLost" });
    expect(to.mailbox.sent(OWNER, "resume")).toEqual([]);
    expect(to.vmm.stateName).toBe("lost");
  });
});

describe.each(["rtl8139", "ne2000"] as const)("a whole machine with an %s", (kind) => {
  it("pings through its card without an exit but for interrupts", () => {
    const room = new MachineRoom(
      { kind, mode: "passthrough", workloads: [pings(PEER.ip, 5), answersUntil(1_000_000)] },
      (common) => new PassthroughActor({ ...common, owner: guestId(0), model: DEVICES[kind].model }),
    );
    room.run(1_000_000_000);
    const [first, second] = room.guests;
    expect(first?.kernel.report.snapshot()).toMatchObject({ finished: true, receivedFrames: 5, lost: 0 });
    expect(second?.actor.status).toEqual({
      kind: "crashed",
      reason: "eth0 is passed through to guest 0",
    });
    const report = room.vmm.report(0).guests.get(guestId(0));
    const causes = report?.exitsByCause.filter(([cause]) => cause !== "interrupt") ?? [];
    // The grant reaches the guest after its first operation at the latest.
    expect(causes.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(1);
    expect(first?.actor.counters.passthroughOperations).toBeGreaterThan(50);
    expect(report?.violations).toEqual([]);
  });
});
