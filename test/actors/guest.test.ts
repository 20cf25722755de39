import { describe, expect, it } from "vitest";
import { GuestActor, GuestIsOver } from "../../actors/guest-body.ts";
import { cardId, guestId, guestPhysical, hostPhysical } from "../../src/base/ids.ts";
import { HookedList } from "../../src/devices/hooked-list.ts";
import { cli, hlt, inb, insw, outb, outsw, type PortOp, type Program, sti } from "../../src/hardware/cpu.ts";
import { GuestMemory } from "../../src/hardware/memory.ts";
import { Processor, type VirtualProcessor } from "../../src/hardware/processor.ts";
import { arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { FORM } from "../../src/protocol/operation.ts";
import { Mailbox } from "../support/mailbox.ts";

const GUEST = guestAddress(guestId(0));
const ARBITER = arbiterAddress(cardId(0));
const NIC = nicAddress(cardId(0));
const IO_BASE = 0xc000;
const HOST_OFFSET = 0x10000;

/** A guest that runs `main`; the test plays its arbiter and its card. */
const rig = (main: () => Program<void>, interrupt: () => Program<void> = function* () {}) =>
  rigOf(new Processor({ main, interrupt }));

function rigOf(processor: VirtualProcessor) {
  const mailbox = new Mailbox();
  const slab = { host: hostPhysical(HOST_OFFSET), bytes: 0x1000, guest: guestPhysical(0) };
  const guest = new GuestActor({
    address: GUEST,
    arbiter: ARBITER,
    nic: NIC,
    ioBase: IO_BASE,
    memory: new GuestMemory(new ArrayBuffer(0x20000), slab),
    hostOffset: HOST_OFFSET,
    processor,
    ports: mailbox.ports(GUEST),
  });
  mailbox.add(guest);
  const from =
    (sender: typeof GUEST) =>
    (...messages: readonly Message[]): void => {
      for (const message of messages) mailbox.send(sender, GUEST, message);
      mailbox.settle();
    };
  const arbiter = from(ARBITER);
  return {
    guest,
    mailbox,
    nic: from(NIC),
    arbiter,
    /** Gives it the card under `epoch`, with these ports hooked in both directions. */
    grant: (epoch: number, ...hooked: readonly number[]): void => {
      const hooks = new HookedList();
      for (const port of hooked) {
        hooks.hook(port, "read");
        hooks.hook(port, "write");
      }
      arbiter({ type: "hooks", list: hooks.bytes }, { type: "grant", epoch });
    },
    toNic: () => mailbox.take(NIC).map(short),
    toArbiter: () => mailbox.take(ARBITER).map(short),
  };
}

/** What a test wants to see of a message. */
function short(message: Message): string {
  switch (message.type) {
    case "io":
      if (message.form === FORM.sync) return `sync under ${message.epoch}`;
      return `${operation(message)} under ${message.epoch}${message.posted === 0 ? "" : " posted"}`;
    case "exit":
      return `exit ${operation({ ...message, port: message.port - IO_BASE })}`;
    case "revoked":
      return `revoked ${message.epoch} issued ${message.issued}`;
    default:
      return message.type;
  }
}

function operation({ form, port, value }: { form: number; port: number; value: number }): string {
  const name = ["in", "out", "ins", "outs"][form];
  return form === FORM.out ? `${name} ${port}=${value}` : `${name} ${port}`;
}

const ioDone = (value = 0): Message => ({ type: "ioDone", value });
const resume = (value = 0): Message => ({ type: "resume", value });
const revoke = (epoch: number): Message => ({ type: "revoke", epoch });
/** The card's refusal of a one-byte operation. */
const fenced = (epoch: number, form: number, port: number, value: number, posted: 0 | 1): Message => ({
  type: "fenced",
  epoch,
  posted,
  ...{ form, port, width: 1, value, count: 1, address: 0 },
});

const out = (port: number, value: number) => outb(IO_BASE + port, value);
const read = (port: number) => inb(IO_BASE + port);

describe("without the card", () => {
  it("everything exits, one operation at a time, with the guest's own port numbers", () => {
    const seen: number[] = [];
    const to = rig(function* () {
      yield out(1, 5);
      seen.push(yield read(2));
    });
    to.mailbox.settle();
    expect(to.toArbiter()).toEqual(["exit out 1=5"]);
    to.arbiter(resume());
    expect(to.toArbiter()).toEqual(["exit in 2"]);
    to.arbiter(resume(0x42));
    expect(seen).toEqual([0x42]);
    expect(to.toArbiter()).toEqual(["ended"]);
    expect(to.toNic()).toEqual([]);
    expect(to.guest.status).toEqual({ kind: "ended" });
    expect(to.guest.counters).toMatchObject({ operations: 2, exits: 2, passthroughOperations: 0 });
  });
});

describe("with the card", () => {
  it("writes are posted, and a read that is answered shows them all done", () => {
    const seen: number[] = [];
    const to = rig(function* () {
      yield hlt();
      yield out(1, 5);
      yield out(1, 6);
      seen.push(yield read(2));
      yield read(3);
    });
    to.mailbox.settle();
    to.grant(1);
    to.arbiter({ type: "injectIrq", level: 1 }, { type: "injectIrq", level: 0 });
    expect(to.toNic()).toEqual(["out 1=5 under 1 posted", "out 1=6 under 1 posted", "in 2 under 1"]);
    to.nic(ioDone(7));
    expect(seen).toEqual([7]);
    expect(to.toNic()).toEqual(["in 3 under 1"]);
    expect(to.toArbiter()).toEqual([]);
  });

  it("a hooked operation waits until the card has executed what was posted before it", () => {
    const to = granted(function* () {
      yield out(1, 5);
      yield out(9, 6);
    }, 9);
    expect(to.toNic()).toEqual(["out 1=5 under 1 posted", "sync under 1"]);
    expect(to.toArbiter()).toEqual([]);
    to.nic(ioDone());
    expect(to.toArbiter()).toEqual(["exit out 9=6"]);
  });

  it("a string operation passes with its address in host memory; one that leaves the memory is a crash", () => {
    const to = granted(function* () {
      yield insw(IO_BASE + 0x10, 0x200, 4);
      yield outsw(IO_BASE + 0x10, 0xffe, 2);
    });
    expect(to.mailbox.sent(NIC, "io")).toMatchObject([
      { form: FORM.ins, address: HOST_OFFSET + 0x200, count: 4 },
    ]);
    to.nic(ioDone());
    expect(to.guest.status).toMatchObject({ kind: "crashed", reason: /left the guest's memory at 0xffe/ });
    expect(to.mailbox.sent(NIC, "io")).toHaveLength(1);
    expect(to.toArbiter()).toEqual(["ended"]);
  });

  it("publishes what is posted when it halts and when it ends", () => {
    const halts = granted(function* () {
      yield out(1, 5);
      yield hlt();
    });
    expect(halts.toNic()).toEqual(["out 1=5 under 1 posted"]);
    const ends = granted(function* () {
      yield out(1, 5);
    });
    expect(ends.toNic()).toEqual(["out 1=5 under 1 posted"]);
    expect(ends.toArbiter()).toEqual(["ended"]);
  });
});

/** A guest that has got the card under epoch 1 before its first operation. */
function granted(main: () => Program<void>, ...hooked: readonly number[]): ReturnType<typeof rig> {
  const to = rig(function* () {
    yield hlt();
    yield* main();
  });
  to.mailbox.settle();
  to.grant(1, ...hooked);
  // The line goes up and down at once: only the HLT ends.
  to.arbiter({ type: "injectIrq", level: 1 }, { type: "injectIrq", level: 0 });
  return to;
}

describe("a revoke", () => {
  it("is acknowledged at once between operations, after all that was posted", () => {
    const to = granted(function* () {
      yield out(1, 5);
      yield out(1, 6);
      yield hlt();
      yield read(2);
    });
    to.mailbox.take(NIC);
    to.arbiter(revoke(1));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 2"]);
    const order = to.mailbox.log.filter(({ from }) => from === GUEST).map(({ message }) => message.type);
    expect(order).toEqual(["io", "io", "revoked"]);
  });

  it("is acknowledged only after the answer of an operation that the card has", () => {
    const seen: number[] = [];
    const to = granted(function* () {
      yield out(1, 5);
      seen.push(yield read(2));
      yield read(3);
    });
    to.arbiter(revoke(1));
    expect(to.toArbiter()).toEqual([]);
    expect(to.guest.stateName).toBe("cpu.waitingCard card.yielding");
    to.nic(ioDone(9));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 2", "exit in 3"]);
    expect(seen).toEqual([9]);
  });

  it("is acknowledged at once while the arbiter has an operation of the guest's", () => {
    const to = granted(function* () {
      yield read(9);
    }, 9);
    expect(to.toArbiter()).toEqual(["exit in 9"]);
    to.arbiter(revoke(1));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 0"]);
  });

  it("that comes when the card was fenced off already is acknowledged all the same", () => {
    const to = granted(function* () {
      yield read(2);
    });
    to.nic(fenced(1, FORM.in, 2, 0, 0));
    expect(to.toArbiter()).toEqual(["exit in 2"]);
    to.arbiter(revoke(1));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 1"]);
  });
});

describe("what the card refuses", () => {
  it("is issued again by the trap path, in its order, before anything else", () => {
    const seen: number[] = [];
    const to = granted(function* () {
      yield out(1, 5);
      yield out(2, 6);
      seen.push(yield read(3));
    });
    to.nic(fenced(1, FORM.out, 1, 5, 1), fenced(1, FORM.out, 2, 6, 1), fenced(1, FORM.in, 3, 0, 0));
    const exits: string[] = [];
    for (const value of [0x11, 0x22, 0x33]) {
      exits.push(...to.toArbiter());
      to.arbiter(resume(value));
    }
    expect(exits).toEqual(["exit out 1=5", "exit out 2=6", "exit in 3"]);
    expect(seen).toEqual([0x33]);
    expect(to.guest.counters.fenced).toBe(3);
  });

  it("wakes a guest that halted after it had posted", () => {
    const to = granted(function* () {
      yield out(1, 5);
      for (;;) yield hlt();
    });
    to.nic(fenced(1, FORM.out, 1, 5, 1));
    expect(to.toArbiter()).toEqual(["exit out 1=5"]);
    to.arbiter(resume());
    expect(to.guest.stateName).toBe("cpu.halted card.away");
    expect(to.toArbiter()).toEqual([]);
  });

  it("while it is to give the card back ends the wait, and the operation exits", () => {
    const to = granted(function* () {
      yield read(2);
    });
    to.arbiter(revoke(1));
    to.nic(fenced(1, FORM.in, 2, 0, 0));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 1", "exit in 2"]);
  });

  it("under an old epoch does not cost the guest the card it holds now", () => {
    const to = granted(function* () {
      yield out(1, 5);
      yield hlt();
      yield read(2);
    });
    to.arbiter(revoke(1));
    to.grant(2);
    to.mailbox.take(NIC);
    to.arbiter({ type: "injectIrq", level: 1 }, { type: "injectIrq", level: 0 });
    // Whether the posted write was executed is asked under the epoch it was sent under.
    expect(to.toNic()).toEqual(["sync under 1"]);
    to.nic(fenced(1, FORM.out, 1, 5, 1), fenced(1, FORM.sync, 0, 0, 0));
    expect(to.toArbiter()).toEqual(["revoked 1 issued 1", "exit out 1=5"]);
    to.arbiter(resume());
    expect(to.toNic()).toEqual(["in 2 under 2"]);
  });
});

describe("the processor", () => {
  it("takes an interrupt that ends a HLT, and not with interrupts off", () => {
    const trace: string[] = [];
    const to = rig(
      function* () {
        yield cli;
        yield hlt();
        trace.push("awake");
        yield sti;
        yield read(1);
        trace.push("main");
      },
      function* () {
        trace.push("handler");
        yield read(2);
      },
    );
    to.mailbox.settle();
    expect(to.guest.stateName).toBe("cpu.halted card.away");
    to.arbiter({ type: "injectIrq", level: 1 });
    expect(trace).toEqual(["awake", "handler"]);
    to.arbiter({ type: "injectIrq", level: 0 }, resume());
    to.arbiter(resume());
    expect(trace).toEqual(["awake", "handler", "main"]);
  });

  it("wakes from a HLT at the time it asked for", () => {
    let wokenNs = 0;
    const to = rig(function* () {
      yield hlt(50_000);
      wokenNs = yield { kind: "clock" };
    });
    to.mailbox.run(1_000_000);
    expect(wokenNs).toBe(50_000);
    expect(to.guest.status).toEqual({ kind: "ended" });
  });

  it("is stopped by a machine check, and says why; late messages find nobody", () => {
    const to = rig(function* () {
      for (;;) yield read(1);
    });
    to.mailbox.settle();
    to.arbiter({ type: "machineCheck", reason: new TextEncoder().encode("TSAD0: outside") });
    expect(to.guest.status).toEqual({ kind: "crashed", reason: "TSAD0: outside" });
    expect(to.toArbiter()).toEqual(["exit in 1"]);
    to.arbiter(resume(), { type: "grant", epoch: 4 }, revoke(4));
    expect(to.toArbiter()).toEqual([]);
  });

  it("reports a program that throws", () => {
    const to = rig(function* () {
      yield read(1);
      throw new Error("no such card");
    });
    to.mailbox.settle();
    to.arbiter(resume());
    expect(to.guest.status).toEqual({ kind: "crashed", reason: "no such card" });
    expect(to.toArbiter()).toEqual(["exit in 1", "ended"]);
  });
});

/** A processor whose first `resume` is `instructions`, from the inside of which it asks for port operations. */
function unstoppable(instructions: (execute: (op: PortOp) => number) => void) {
  const inbox: (() => void)[] = [];
  let begun = false;
  const to = rigOf({
    line: false,
    interruptPending: false,
    resume: () => {
      if (begun) return { kind: "hlt", untilNs: undefined };
      begun = true;
      const attend = (): void => {
        const next = inbox.shift();
        if (next === undefined) throw new Error("it waits, and nothing will come");
        next();
      };
      instructions((op) => to.guest.execute(op, attend));
      return { kind: "pause" };
    },
  });
  const arrives =
    (from: typeof GUEST) =>
    (...messages: readonly Message[]): void => {
      inbox.push(...messages.map((message) => () => to.guest.deliver(from, message)));
    };
  /** What arrives, in this order, while it waits. */
  return { ...to, fromArbiter: arrives(ARBITER), fromNic: arrives(NIC) };
}

describe("a processor that cannot stop within an instruction", () => {
  const grant = (epoch: number): readonly Message[] => [
    { type: "hooks", list: new HookedList().bytes },
    { type: "grant", epoch },
  ];

  it("gets its answers all the same, from the arbiter and from the card", () => {
    const seen: number[] = [];
    const to = unstoppable((execute) => {
      seen.push(execute(read(1)), execute(out(2, 5)), execute(read(3)));
    });
    to.fromArbiter(...grant(1), resume(0x11));
    to.fromNic(ioDone(0x33));
    to.mailbox.settle();
    expect(seen).toEqual([0x11, 0, 0x33]);
    expect(to.toArbiter()).toEqual(["exit in 1"]);
    expect(to.toNic()).toEqual(["out 2=5 under 1 posted", "in 3 under 1"]);
    expect(to.guest.stateName).toBe("cpu.halted card.held");
  });

  it("acknowledges a revoke at the end of the operation that the card has, and goes on by the other path", () => {
    const seen: number[] = [];
    const to = unstoppable((execute) => {
      execute(read(1));
      seen.push(execute(read(2)), execute(read(3)));
    });
    to.fromArbiter(...grant(1), resume(), revoke(1));
    to.fromNic(ioDone(0x22));
    to.fromArbiter(resume(0x33));
    to.mailbox.settle();
    expect(seen).toEqual([0x22, 0x33]);
    expect(to.toArbiter()).toEqual(["exit in 1", "revoked 1 issued 1", "exit in 3"]);
  });

  it("has what was refused issued again before the operation that waits", () => {
    const seen: number[] = [];
    const to = unstoppable((execute) => {
      execute(read(1));
      execute(out(2, 5));
      seen.push(execute(read(3)));
    });
    to.fromArbiter(...grant(1), resume());
    to.fromNic(fenced(1, FORM.out, 2, 5, 1), fenced(1, FORM.in, 3, 0, 0));
    to.fromArbiter(resume(0x22), resume(0x33));
    to.mailbox.settle();
    expect(to.toArbiter()).toEqual(["exit in 1", "exit out 2=5", "exit in 3"]);
    expect(seen).toEqual([0x33]);
  });

  it("is unwound when its guest is ended, and does nothing more", () => {
    let unwound: unknown;
    const to = unstoppable((execute) => {
      try {
        execute(read(1));
      } catch (error) {
        unwound = error;
        throw error;
      }
    });
    to.fromArbiter({ type: "machineCheck", reason: new TextEncoder().encode("enough") });
    to.mailbox.settle();
    expect(unwound).toBeInstanceOf(GuestIsOver);
    expect(to.guest.status).toEqual({ kind: "crashed", reason: "enough" });
    expect(to.guest.runnable).toBe(false);
    expect(to.toArbiter()).toEqual(["exit in 1"]);
  });
});
