import { describe, expect, it } from "vitest";
import { Ne2000Driver } from "../../../src/devices/ne2000/driver.ts";
import { Ne2000 } from "../../../src/devices/ne2000/silicon.ts";
import type { CpuOp, Program } from "../../../src/hardware/cpu.ts";
import { GuestMemory } from "../../../src/hardware/memory.ts";
import type { Silicon, Slot } from "../../../src/hardware/silicon.ts";
import { Bench } from "../../support/bench-slot.ts";
import { BROADCAST, frameTo, MAC, PEER } from "./card.ts";

/** A machine with the card and its driver; whatever the line asks for is served at the end of `run`. */
class Machine {
  readonly bench: Bench<Silicon>;
  readonly driver: Ne2000Driver;
  readonly received: Uint8Array[] = [];
  readonly ops: CpuOp[] = [];

  constructor(promiscuous = false, make = (slot: Slot): Silicon => new Ne2000(slot, { mac: MAC })) {
    this.bench = new Bench(make);
    this.driver = new Ne2000Driver({
      ioBase: this.bench.ioBase,
      memory: new GuestMemory(this.bench.slot.buffer, this.bench.slot.slab),
      onReceive: (frame) => this.received.push(frame),
      promiscuous,
    });
  }

  get sent(): readonly Uint8Array[] {
    return this.bench.slot.sent;
  }

  /** Without interrupts. */
  run<T>(program: Program<T>): T {
    let step = program.next(0);
    while (!step.done) {
      this.ops.push(step.value);
      step = program.next(this.bench.execute(step.value));
    }
    return step.value;
  }

  /** As many interrupts as the line asks for; the test fails when it does not fall. */
  service(): number {
    let interrupts = 0;
    for (; this.bench.slot.interrupt; interrupts++) {
      expect(interrupts).toBeLessThan(10);
      this.run(this.driver.interrupt());
    }
    return interrupts;
  }

  open(): this {
    this.run(this.driver.open());
    return this;
  }

  transmit(frame: Uint8Array): boolean {
    return this.run(this.driver.transmit(frame));
  }

  in(offset: number): number {
    return this.bench.silicon.readPort(offset, 1);
  }
}

describe("open", () => {
  it("reads the address from the PROM and leaves the card running on page 0", () => {
    const machine = new Machine().open();
    expect(machine.driver.mac).toEqual(MAC);
    expect(machine.in(0x00)).toBe(0x22);
    expect(machine.in(0x07)).toBe(0x00);
    expect(machine.driver.transmitIdle).toBe(true);
  });

  it("programs the ring, its address, and the interrupts it serves", () => {
    const machine = new Machine().open();
    const { silicon } = machine.bench;
    silicon.writePort(0x00, 1, 0xa2);
    expect([0x01, 0x02, 0x0c, 0x0d, 0x0e, 0x0f].map((offset) => machine.in(offset))).toEqual([
      0x4c, 0x80, 0xc4, 0xe0, 0xc9, 0x3f,
    ]);
    silicon.writePort(0x00, 1, 0x62);
    expect([1, 2, 3, 4, 5, 6, 7].map((offset) => machine.in(offset))).toEqual([...MAC, 0x4d]);
  });

  it("finds a card in whatever state, even with a frame at its PHY", () => {
    const machine = new Machine().open();
    machine.bench.autoTransmit = false;
    machine.transmit(frameTo(PEER));
    machine.bench.receive(frameTo(MAC));
    machine.run(machine.driver.close());
    machine.open();
    machine.bench.autoTransmit = true;
    machine.transmit(frameTo(PEER, 61));
    machine.service();
    expect(machine.sent.map((frame) => frame.length)).toEqual([60, 61]);
    expect(machine.received).toEqual([]);
  });

  it.each([
    ["an empty slot", 0xff],
    ["a card that never resets", 0x00],
    ["memory in place of registers", 0x80],
  ])("refuses %s", (_, value) => {
    const ports = new Uint8Array(32).fill(value);
    const other = (): Silicon => ({
      portBytes: 32,
      readPort: (offset) => ports[offset] as number,
      writePort: (offset, _width, written) => {
        if (offset !== 0x07) ports[offset] = written;
      },
      receive: () => "off",
      transmitted: () => {},
      timer: () => {},
      reset: () => {},
    });
    const machine = new Machine(false, other);
    expect(() => machine.open()).toThrow(expect.objectContaining({ code: "PROGRAM" }));
  });

  it("refuses an 8390 whose PROM is not that of an NE2000", () => {
    const bare = (slot: Slot): Silicon => {
      const card = new Ne2000(slot, { mac: MAC });
      const readPort = card.readPort.bind(card);
      return Object.assign(card, {
        readPort: (offset: number, width: 1 | 2 | 4) => (offset === 0x10 ? 0 : readPort(offset, width)),
      });
    };
    expect(() => new Machine(false, bare).open()).toThrow(/signature/);
  });
});

describe("transmit", () => {
  it("sends a frame as it is, and pads a short one with zeros", () => {
    const machine = new Machine().open();
    for (const length of [1514, 61, 14]) {
      expect(machine.transmit(frameTo(PEER, length))).toBe(true);
      machine.service();
    }
    expect(machine.sent[0]).toEqual(frameTo(PEER, 1514));
    expect(machine.sent[1]).toEqual(frameTo(PEER, 61));
    const padded = new Uint8Array(60);
    padded.set(frameTo(PEER, 14));
    expect(machine.sent[2]).toEqual(padded);
  });

  it("fills the second buffer while the first is being sent, and is full then", () => {
    const machine = new Machine().open();
    machine.bench.autoTransmit = false;
    expect([60, 61, 62].map((length) => machine.transmit(frameTo(PEER, length)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(machine.sent).toHaveLength(1);
    machine.bench.flushPhy();
    expect(machine.sent).toHaveLength(1);
    machine.service();
    expect(machine.sent).toHaveLength(2);
    expect(machine.driver.transmitIdle).toBe(false);
    expect(machine.transmit(frameTo(PEER, 62))).toBe(true);
    machine.bench.flushPhy();
    machine.service();
    machine.bench.flushPhy();
    machine.service();
    expect(machine.sent.map((frame) => frame.length)).toEqual([60, 61, 62]);
    expect(machine.driver.transmitIdle).toBe(true);
    expect(machine.driver.counters).toMatchObject({ sentFrames: 3, sentBytes: 183, transmitErrors: 0 });
  });

  it("moves the data by one REP OUTSW", () => {
    const machine = new Machine().open();
    machine.ops.length = 0;
    machine.transmit(frameTo(PEER, 1001));
    expect(machine.ops.filter((op) => op.kind === "outs")).toMatchObject([
      { port: 0xc010, width: 2, count: 501 },
    ]);
    expect(machine.ops[0]).toEqual({ kind: "cli" });
    expect(machine.ops.at(-1)).toEqual({ kind: "sti" });
  });

  it("sets the card up again when a remote write does not end", () => {
    const machine = new Machine().open();
    const { silicon } = machine.bench;
    const { writePort } = silicon;
    Object.assign(silicon, {
      writePort: (offset: number, width: 1 | 2 | 4, value: number) => {
        if (offset !== 0x10) writePort.call(silicon, offset, width, value);
      },
    });
    expect(machine.transmit(frameTo(PEER))).toBe(true);
    Object.assign(silicon, { writePort });
    expect(machine.driver.counters.transmitErrors).toBe(1);
    expect(machine.transmit(frameTo(PEER, 61))).toBe(true);
    machine.service();
    expect(machine.sent.map((frame) => frame.length)).toEqual([61]);
  });
});

describe("receive", () => {
  it("hands frames up in order, without their CRC", () => {
    const machine = new Machine().open();
    const frames = [60, 61, 1514].map((length) => frameTo(MAC, length));
    for (const frame of frames) expect(machine.bench.receive(frame)).toBe("stored");
    machine.bench.receive(frameTo(PEER));
    machine.bench.receive(frameTo(BROADCAST, 100));
    expect(machine.service()).toBe(1);
    expect(machine.received).toEqual([...frames, frameTo(BROADCAST, 100)]);
    expect(machine.driver.counters).toMatchObject({
      receivedFrames: 4,
      receivedBytes: 1735,
      receiveErrors: 0,
    });
    expect(machine.in(0x00)).toBe(0x22);
  });

  it("goes round the ring many times", () => {
    const machine = new Machine().open();
    for (let n = 0; n < 300; n++) {
      const frame = frameTo(MAC, 60 + ((n * 397) % 1455));
      expect(machine.bench.receive(frame)).toBe("stored");
      machine.service();
      expect(machine.received.pop()).toEqual(frame);
      machine.bench.silicon.writePort(0x00, 1, 0x62);
      const current = machine.in(0x07);
      machine.bench.silicon.writePort(0x00, 1, 0x22);
      expect(machine.in(0x03)).toBe(current === 0x4c ? 0x7f : current - 1);
    }
    expect(machine.driver.counters).toMatchObject({ receivedFrames: 300, receiveErrors: 0, overflows: 0 });
  });

  it("takes everything when promiscuous", () => {
    const group = Uint8Array.of(0x01, 0x00, 0x5e, 0x01, 0x02, 0x03);
    const machine = new Machine(true).open();
    const deaf = new Machine(false).open();
    for (const destination of [PEER, group, BROADCAST, MAC]) {
      expect(machine.bench.receive(frameTo(destination))).toBe("stored");
      const own = destination === MAC || destination === BROADCAST;
      expect(deaf.bench.receive(frameTo(destination))).toBe(own ? "stored" : "filtered");
    }
    machine.service();
    expect(machine.received).toHaveLength(4);
  });

  it("passes over a frame that is too long for it", () => {
    const machine = new Machine().open();
    for (const length of [60, 1515, 5000, 61]) machine.bench.receive(frameTo(MAC, length));
    machine.service();
    expect(machine.received.map((frame) => frame.length)).toEqual([60, 61]);
    expect(machine.driver.counters.receiveErrors).toBe(2);
  });

  it("starts the ring afresh when an entry makes no sense", () => {
    const machine = new Machine().open();
    machine.bench.receive(frameTo(MAC));
    const { silicon } = machine.bench;
    for (const [offset, value] of [
      [0x08, 0x01],
      [0x09, 0x4d],
      [0x0a, 0x02],
      [0x0b, 0x00],
      [0x00, 0x12],
    ] as const)
      silicon.writePort(offset, 1, value);
    silicon.writePort(0x10, 2, 0xffff);
    silicon.writePort(0x00, 1, 0x22);
    machine.service();
    expect(machine.received).toEqual([]);
    expect(machine.driver.counters.receiveErrors).toBe(1);
    machine.bench.receive(frameTo(MAC, 99));
    machine.service();
    expect(machine.received).toEqual([frameTo(MAC, 99)]);
  });
});

describe("overflow", () => {
  const fill = (machine: Machine): number => {
    let stored = 0;
    while (machine.bench.receive(frameTo(MAC, 1000 + stored)) === "stored") stored++;
    return stored;
  };

  it("is recovered from, with what was in the ring, and what was missed is counted", () => {
    const machine = new Machine().open();
    for (let n = 1; n <= 3; n++) {
      machine.received.length = 0;
      const stored = fill(machine);
      expect(stored).toBe(12);
      machine.bench.receive(frameTo(MAC));
      machine.service();
      expect(machine.received).toEqual(Array.from({ length: stored }, (_, i) => frameTo(MAC, 1000 + i)));
      expect(machine.driver.counters).toMatchObject({ overflows: n, receiveErrors: 2 * n });
    }
    expect(machine.bench.receive(frameTo(MAC))).toBe("stored");
    machine.service();
    expect(machine.received.at(-1)).toEqual(frameTo(MAC));
  });

  it("does not lose, nor send twice, the frame that is being sent", () => {
    for (const leavesAfterOps of [0, 2, 5, 100, 2100, 9999]) {
      const machine = new Machine().open();
      machine.bench.autoTransmit = false;
      machine.transmit(frameTo(PEER, 70));
      machine.transmit(frameTo(PEER, 71));
      fill(machine);
      const handler = machine.driver.interrupt();
      let step = handler.next(0);
      for (let ops = 0; !step.done; ops++) {
        if (ops === leavesAfterOps) machine.bench.flushPhy();
        step = handler.next(machine.bench.execute(step.value));
      }
      machine.bench.autoTransmit = true;
      machine.bench.flushPhy();
      machine.service();
      expect(machine.sent.map((frame) => frame.length)).toEqual([70, 71]);
      expect(machine.received).toHaveLength(12);
      expect(machine.driver.counters).toMatchObject({ sentFrames: 2, overflows: 1 });
      expect(machine.driver.transmitIdle).toBe(true);
    }
  });

  it("sends again the frame that the stop has cut off", () => {
    const machine = new Machine().open();
    machine.bench.autoTransmit = false;
    const { silicon } = machine.bench;
    machine.transmit(frameTo(PEER, 70));
    fill(machine);
    const { readPort } = silicon;
    // Behind the driver's back, as it has just seen TXP set: the frame goes, and PTX with it, as if it had
    // been cut off.
    let cutOff = false;
    Object.assign(silicon, {
      readPort: (offset: number, width: 1 | 2 | 4) => {
        const value = readPort.call(silicon, offset, width);
        if (offset === 0x00 && width === 1 && !cutOff) {
          cutOff = true;
          machine.bench.flushPhy();
          silicon.writePort(0x07, 1, 0x02);
        }
        return value;
      },
    });
    machine.run(machine.driver.interrupt());
    expect(machine.sent.map((frame) => frame.length)).toEqual([70, 70]);
  });
});

describe("tally counters", () => {
  it("are read when the card says that one is half full", () => {
    const machine = new Machine().open();
    machine.bench.silicon.writePort(0x0c, 1, 0x20);
    for (let i = 0; i < 130; i++) machine.bench.receive(frameTo(MAC));
    machine.service();
    expect(machine.driver.counters.receiveErrors).toBe(130);
    expect(machine.in(0x0f)).toBe(0);
  });
});

describe("close", () => {
  it("stops the card, masks it, and forgets what was queued", () => {
    const machine = new Machine().open();
    machine.bench.autoTransmit = false;
    machine.transmit(frameTo(PEER));
    machine.transmit(frameTo(PEER));
    machine.run(machine.driver.close());
    machine.bench.flushPhy();
    expect(machine.in(0x00)).toBe(0x21);
    expect(machine.bench.slot.interrupt).toBe(false);
    expect(machine.driver.transmitIdle).toBe(true);
    expect(machine.bench.receive(frameTo(MAC))).toBe("off");
    expect(machine.sent).toHaveLength(1);
  });
});

describe("every program of the driver", () => {
  it("ends, whatever the card answers", () => {
    for (const value of [0x00, 0x0f, 0x50, 0x80, 0xff]) {
      const machine = new Machine().open();
      Object.assign(machine.bench.silicon, { readPort: () => value });
      machine.run(machine.driver.interrupt());
      machine.run(machine.driver.transmit(frameTo(PEER)));
      machine.run(machine.driver.interrupt());
      machine.run(machine.driver.close());
      expect(machine.ops.length).toBeLessThan(200_000);
    }
  });
});
