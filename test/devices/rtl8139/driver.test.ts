import { describe, expect, it } from "vitest";
import { newCounters } from "../../../src/devices/driver.ts";
import { Rtl8139Driver, type Rtl8139DriverOptions } from "../../../src/devices/rtl8139/driver.ts";
import { CR, CR9346, RCR, REGISTERS, TCR } from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import type { CpuOp, Program } from "../../../src/hardware/cpu.ts";
import type { Silicon } from "../../../src/hardware/silicon.ts";
import { Bench } from "../../support/bench-slot.ts";
import { BROADCAST, frameTo, MAC } from "./card.ts";

const STRANGER = Uint8Array.of(0x02, 0, 0, 0, 0, 9);

function setUp(options?: Rtl8139DriverOptions, promiscuous = false) {
  const bench = new Bench((slot) => new Rtl8139(slot, { mac: MAC }));
  const received: Uint8Array[] = [];
  const driver = new Rtl8139Driver(
    {
      ioBase: bench.ioBase,
      memory: bench.slot.memory,
      onReceive: (frame) => received.push(frame),
      promiscuous,
    },
    options,
  );
  const read = (name: keyof typeof REGISTERS): number =>
    bench.silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);
  /** Runs the interrupt handler for as long as the line is up, as a processor would. */
  const serve = (): void => {
    for (let i = 0; bench.slot.interrupt; i++) {
      expect(i).toBeLessThan(100);
      bench.run(driver.interrupt());
    }
  };
  return { bench, driver, received, read, serve };
}

function opened(options?: Rtl8139DriverOptions, promiscuous = false) {
  const all = setUp(options, promiscuous);
  all.bench.run(all.driver.open());
  return all;
}

/** Runs a program to its end and answers what it did; `after` is called behind each operation. */
function operations(
  bench: Bench<Silicon>,
  program: Program<unknown>,
  after = (_: CpuOp): void => {},
): CpuOp[] {
  const ops: CpuOp[] = [];
  for (let step = program.next(0); !step.done; ) {
    ops.push(step.value);
    const answer = bench.execute(step.value);
    after(step.value);
    step = program.next(answer);
  }
  return ops;
}

describe("open", () => {
  it("reads the address from the EEPROM and starts the card", () => {
    const { bench, driver, read } = opened();
    expect(driver.mac).toEqual(MAC);
    expect([read("IDR0"), read("IDR4")]).toEqual([0x1200_5452, 0x5634]);
    expect(read("CR")).toBe(CR.RE | CR.TE | CR.BUFE);
    expect(read("CR9346")).toBe(CR9346.EEM_NORMAL);
    expect(read("RCR") & (RCR.RBLEN | RCR.WRAP | 0x3f)).toBe((2 << 11) | RCR.WRAP | RCR.APM | RCR.AB);
    expect([read("ISR"), bench.slot.interrupt]).toEqual([0, false]);
  });

  it("takes the address from the ID registers when the EEPROM has no id", () => {
    const { bench, driver } = setUp();
    const clear = [0b1_00_11_0000, 9, (0b101 << 22) | 0x0000, 25] as const;
    for (let i = 0; i < clear.length; i += 2) {
      bench.silicon.writePort(0x50, 1, CR9346.EEM_PROGRAM | CR9346.EECS);
      for (let bit = (clear[i + 1] as number) - 1; bit >= 0; bit--) {
        const data = ((clear[i] as number) >>> bit) & 1 ? CR9346.EEDI : 0;
        bench.silicon.writePort(0x50, 1, CR9346.EEM_PROGRAM | CR9346.EECS | data);
        bench.silicon.writePort(0x50, 1, CR9346.EEM_PROGRAM | CR9346.EECS | data | CR9346.EESK);
      }
      bench.silicon.writePort(0x50, 1, 0);
    }
    bench.run(driver.open());
    expect(driver.mac).toEqual(MAC);
  });

  it("says that there is no card where all ones are read", () => {
    const { bench, driver } = setUp();
    const program = driver.open();
    const answer = (op: CpuOp): number => (op.kind === "in" ? 2 ** (8 * op.width) - 1 : 0);
    expect(() => {
      for (let step = program.next(0); !step.done; ) step = program.next(answer(step.value));
    }).toThrow(expect.objectContaining({ code: "PROGRAM", message: "no RTL8139 answers at port 0xc000" }));
    expect(bench.slot.sent).toHaveLength(0);
  });

  it("says so when the reset never completes", () => {
    const dead = { readPort: () => 0x10, writePort: () => {}, portBytes: 256 } as unknown as Silicon;
    const bench = new Bench(() => dead);
    const { driver } = setUp();
    expect(() => bench.run(driver.open())).toThrow(
      expect.objectContaining({ code: "PROGRAM", message: "the RTL8139 does not come out of its reset" }),
    );
  });

  it("can be repeated after close without taking more memory", () => {
    const { bench, driver, received, serve } = opened();
    const brk = bench.slot.memory.brk;
    for (let i = 0; i < 3; i++) {
      expect(bench.run(driver.transmit(frameTo(BROADCAST, 60)))).toBe(true);
      bench.receive(frameTo(MAC, 60));
      serve();
      bench.run(driver.close());
      expect(bench.receive(frameTo(MAC, 60))).toBe("off");
      expect([driver.transmitIdle, bench.slot.interrupt]).toEqual([true, false]);
      bench.run(driver.open());
    }
    expect(bench.slot.memory.brk).toBe(brk);
    expect(bench.slot.sent).toHaveLength(3);
    expect(received).toHaveLength(3);
  });
});

describe("transmit", () => {
  it("pads to 60 bytes with zeros, whatever the buffer held before", () => {
    const { bench, driver, serve } = opened();
    for (let i = 0; i < 4; i++) bench.run(driver.transmit(new Uint8Array(100).fill(0xaa)));
    serve();
    bench.run(driver.transmit(new Uint8Array(14).fill(0xbb)));
    expect(bench.slot.sent[4]).toEqual(new Uint8Array(60).fill(0xbb, 0, 14));
  });

  it("queues four frames, refuses a fifth, and goes on after the interrupt", () => {
    const { bench, driver, serve } = opened();
    bench.autoTransmit = false;
    const frames = [60, 61, 62, 63, 64].map((bytes) => frameTo(BROADCAST, bytes));
    const [first, second, third, fourth, fifth] = frames as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    for (const frame of [first, second, third, fourth]) expect(bench.run(driver.transmit(frame))).toBe(true);
    expect(bench.run(driver.transmit(fifth))).toBe(false);
    expect(driver.transmitIdle).toBe(false);
    bench.slot.pending--;
    bench.silicon.transmitted();
    serve();
    expect(bench.run(driver.transmit(fifth))).toBe(true);
    bench.flushPhy();
    serve();
    expect(bench.slot.sent).toEqual(frames);
    expect(driver.counters).toEqual({ ...newCounters(), sentFrames: 5, sentBytes: 60 + 61 + 62 + 63 + 64 });
    expect(driver.transmitIdle).toBe(true);
  });

  it("holds its lock with interrupts off, also when the queue is full", () => {
    const { bench, driver } = opened();
    bench.autoTransmit = false;
    for (let i = 0; i < 5; i++) {
      const kinds = operations(bench, driver.transmit(frameTo(BROADCAST, 60))).map((op) => op.kind);
      expect(kinds).toEqual(i < 4 ? ["cli", "out", "sti"] : ["cli", "sti"]);
    }
  });

  it("refuses a frame that no Ethernet has", () => {
    const { bench, driver } = opened();
    expect(() => bench.run(driver.transmit(new Uint8Array(1515)))).toThrow(
      expect.objectContaining({ code: "PROGRAM" }),
    );
  });

  it("counts an abort and goes on", () => {
    const { bench, driver, serve } = opened();
    bench.autoTransmit = false;
    bench.run(driver.transmit(frameTo(BROADCAST, 60)));
    bench.run(driver.transmit(frameTo(BROADCAST, 61)));
    bench.silicon.writePort(REGISTERS.TSD1.offset, 4, 8191);
    bench.flushPhy();
    const writes = operations(bench, driver.interrupt()).filter((op) => op.kind === "out");
    expect(writes).toContainEqual({ kind: "out", port: 0xc040, width: 4, value: 0x0300_0601 });
    expect(driver.counters).toMatchObject({ sentFrames: 1, transmitErrors: 1 });
    bench.run(driver.transmit(frameTo(BROADCAST, 62)));
    bench.flushPhy();
    serve();
    expect(bench.slot.sent.map((frame) => frame.length)).toEqual([60, 62]);
    expect(driver.transmitIdle).toBe(true);
  });
});

describe.each([
  ["32 KiB, running past the end", {}],
  ["8 KiB, running past the end", { ringKib: 8 }],
  ["8 KiB, split", { ringKib: 8, wrap: false }],
  ["16 KiB, split", { ringKib: 16, wrap: false }],
  ["64 KiB, split", { ringKib: 64 }],
] as const)("receive with a ring of %s", (_, options) => {
  it("delivers every frame unmodified, many times round the ring", () => {
    const { bench, driver, received, serve } = opened(options);
    const expected: Uint8Array[] = [];
    for (let i = 0; i < 400; i++) {
      const frame = frameTo(i % 3 === 0 ? BROADCAST : MAC, 60 + ((i * 37) % 1455));
      frame[6] = i;
      expected.push(frame);
      expect(bench.receive(frame)).toBe("stored");
      if (i % 3 === 2) serve();
    }
    serve();
    expect(received).toEqual(expected);
    expect(driver.counters).toMatchObject({ receivedFrames: 400, receiveErrors: 0, overflows: 0 });
    expect(driver.counters.receivedBytes).toBe(expected.reduce((sum, frame) => sum + frame.length, 0));
  });

  it("recovers from an overflow with the frames that were stored", () => {
    const { bench, driver, received, serve } = opened(options);
    for (let i = 1; i <= 3; i++) {
      let stored = 0;
      while (bench.receive(frameTo(MAC, 1514)) === "stored") stored++;
      bench.receive(frameTo(MAC, 1514));
      received.length = 0;
      serve();
      expect(received).toHaveLength(stored);
      expect(driver.counters.overflows).toBe(i);
      expect(bench.receive(frameTo(MAC, 60))).toBe("stored");
      serve();
      expect(received).toHaveLength(stored + 1);
    }
    expect(driver.counters.receiveErrors).toBe(0);
  });
});

describe("receive", () => {
  it("takes every frame when promiscuous, and only its own and broadcasts otherwise", () => {
    const group = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
    for (const promiscuous of [true, false]) {
      const { bench, received, serve } = opened({}, promiscuous);
      for (const destination of [MAC, BROADCAST, STRANGER, group]) bench.receive(frameTo(destination, 60));
      serve();
      expect(received.map((frame) => frame.subarray(0, 6))).toEqual(
        promiscuous ? [MAC, BROADCAST, STRANGER, group] : [MAC, BROADCAST],
      );
    }
  });

  it.each([
    ["an error status", 0x0040_4000],
    ["a length of 0", 0x0000_4001],
    ["a length beyond the card's", 0x1001_4001],
  ])("turns the receiver off and on at a header with %s", (_, header) => {
    const { bench, driver, received, serve, read } = opened();
    bench.receive(frameTo(MAC, 60));
    bench.receive(frameTo(MAC, 61));
    bench.slot.memory.write(
      read("RBSTART") + 68,
      Uint8Array.of(header, header >>> 8, header >>> 16, header >>> 24),
    );
    serve();
    expect(received).toHaveLength(1);
    expect(driver.counters.receiveErrors).toBe(1);
    expect([read("CBR"), read("CAPR")]).toEqual([0, 0xfff0]);
    bench.receive(frameTo(MAC, 62));
    serve();
    expect(received.map((frame) => frame.length)).toEqual([60, 62]);
  });

  it("counts an overflow once that goes on while it empties the ring", () => {
    const { bench, driver, read } = opened({ ringKib: 8 });
    while (bench.receive(frameTo(MAC, 1514)) === "stored");
    let missed = 0;
    operations(bench, driver.interrupt(), (op) => {
      if (op.kind === "out" && op.port === 0xc03e && missed++ === 0) {
        expect(bench.receive(frameTo(MAC, 1514))).toBe("overflow");
      }
    });
    expect(driver.counters.overflows).toBe(1);
    expect([read("ISR"), read("MPC")]).toEqual([0, 2]);
  });

  it("leaves a frame whose length the card has not written yet", () => {
    const { bench, driver, received, serve, read } = opened();
    bench.receive(frameTo(MAC, 60));
    const ring = read("RBSTART");
    bench.slot.memory.write(ring + 2, Uint8Array.of(0xf0, 0xff));
    serve();
    expect([received.length, driver.counters.receiveErrors]).toEqual([0, 0]);
    bench.slot.memory.write(ring + 2, Uint8Array.of(0x40, 0x00));
    bench.receive(frameTo(MAC, 61));
    serve();
    expect(received.map((frame) => frame.length)).toEqual([60, 61]);
  });

  it("gets its own frames in loopback", () => {
    const { bench, driver, received, serve, read } = opened();
    bench.silicon.writePort(REGISTERS.TCR.offset, 4, read("TCR") | TCR.LBK);
    bench.run(driver.transmit(frameTo(MAC, 200)));
    serve();
    expect(received).toEqual([frameTo(MAC, 200)]);
    expect(driver.counters).toMatchObject({ sentFrames: 1, receivedFrames: 1 });
    expect(bench.slot.sent).toHaveLength(0);
  });
});

it("an interrupt of nobody's costs one read", () => {
  const { bench, driver } = opened();
  const ops = operations(bench, driver.interrupt());
  expect(ops).toEqual([{ kind: "in", port: 0xc03e, width: 2 }]);
});
