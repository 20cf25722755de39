/** The PC, with a BIOS of our own that does as it is told: no kernel, no network. */
import { describe, expect, it } from "vitest";
import { DEVICES } from "../../src/devices/catalogue.ts";
import type { Width } from "../../src/hardware/cpu.ts";
import type { X86Card } from "../../src/x86/machine.ts";
import { CODE, Monitor } from "./monitor.ts";

const SLOT = 3;
/** Where the text in JSON of a saved state begins. */
const STATE_TEXT_AT = 16;
const IO_BASE = 0x1000;

type Access = readonly [dir: "in" | "out", offset: number, width: Width, value: number];

/** A card that answers with what it is told to, and notes what it is asked. */
function scriptedCard(answer: (offset: number, width: Width) => number = () => 0) {
  const accesses: Access[] = [];
  const card: X86Card = {
    name: "scripted",
    slot: SLOT,
    pci: DEVICES.rtl8139.pci,
    ioBase: IO_BASE,
    read: (offset, width) => {
      const value = answer(offset, width);
      accesses.push(["in", offset, width, value]);
      return value;
    },
    write: (offset, width, value) => accesses.push(["out", offset, width, value]),
  };
  return { card, accesses };
}

describe("ports", () => {
  it("hand accesses of each width to the card, and its answers to the guest", async () => {
    const monitor = await Monitor.create();
    const { card, accesses } = scriptedCard(() => 0xfedc_ba98);
    monitor.machine.addCard(card);
    expect(monitor.in(IO_BASE + 0x3e, 1)).toBe(0x98);
    expect(monitor.in(IO_BASE + 0x3e, 2)).toBe(0xba98);
    expect(monitor.in(IO_BASE + 0xfc, 4)).toBe(0xfedc_ba98);
    monitor.out(IO_BASE, 4, 0xffff_fffe);
    monitor.out(IO_BASE + 4, 2, 0x1234_8001);
    monitor.out(IO_BASE + 0xff, 1, 0x1234_80ff);
    expect(accesses).toEqual([
      ["in", 0x3e, 1, 0xfedc_ba98],
      ["in", 0x3e, 2, 0xfedc_ba98],
      ["in", 0xfc, 4, 0xfedc_ba98],
      ["out", 0, 4, 0xffff_fffe],
      ["out", 4, 2, 0x8001],
      ["out", 0xff, 1, 0xff],
    ]);
  });

  it("move with the window", async () => {
    const monitor = await Monitor.create();
    const { card, accesses } = scriptedCard(() => 0x5a);
    monitor.machine.addCard(card);
    expect(monitor.readConfig(SLOT, 0)).toBe(0x8139_10ec);
    monitor.writeConfig(SLOT, 0x10, 0xffff_ffff);
    expect(monitor.readConfig(SLOT, 0x10)).toBe(0xffff_ff01);
    monitor.writeConfig(SLOT, 0x10, 0xc200);
    expect(monitor.readConfig(SLOT, 0x10)).toBe(0xc201);
    expect(monitor.in(0xc237, 1)).toBe(0x5a);
    expect(monitor.in(IO_BASE + 0x37, 1)).toBe(0xff);
    expect(accesses).toEqual([["in", 0x37, 1, 0x5a]]);
  });

  it("let an exception of the card out of the slice", async () => {
    const monitor = await Monitor.create();
    const { card } = scriptedCard(() => {
      throw new Error("killed");
    });
    monitor.machine.addCard(card);
    expect(() => monitor.in(IO_BASE, 1)).toThrow("killed");
  });

  it("are free where no card is", async () => {
    const monitor = await Monitor.create();
    expect(monitor.in(IO_BASE, 4)).toBe(0xffff_ffff);
    expect(monitor.readConfig(SLOT, 0)).toBe(0xffff_ffff);
  });

  it("belong to one card", async () => {
    const { machine } = await Monitor.create();
    machine.addCard(scriptedCard().card);
    expect(() => machine.addCard(scriptedCard().card)).toThrow("one card");
  });
});

/** With a card whose line falls when its handler reads it: 0x77. */
async function interruptible(): Promise<Monitor> {
  const monitor = await Monitor.create();
  const { machine } = monitor;
  const { card } = scriptedCard(() => {
    machine.interruptLine = false;
    return 0x77;
  });
  machine.addCard(card);
  monitor.setUpInterrupts();
  return monitor;
}

describe("the interrupt", () => {
  it("comes again for as long as the line is up", async () => {
    const monitor = await Monitor.create();
    const { machine } = monitor;
    let reads = 0;
    const { card } = scriptedCard(() => {
      if (++reads === 3) machine.interruptLine = false;
      return 0x40 + reads;
    });
    machine.addCard(card);
    monitor.setUpInterrupts();
    machine.interruptLine = true;
    monitor.say("h");
    expect(monitor.take(3)).toEqual([0x41, 0x42, 0x43]);
    monitor.out(0x80, 1, 0);
    expect(reads).toBe(3);
  });

  it("wakes a halted processor, which idled until then", async () => {
    const monitor = await interruptible();
    const { machine } = monitor;
    expect(machine.runSlice()).toBe(0);
    monitor.say("h");
    machine.runSlice();
    expect(machine.runSlice()).toBeGreaterThan(1);
    expect(machine.isDead).toBe(false);
    machine.interruptLine = true;
    expect(monitor.take(1)).toEqual([0x77]);
  });

  it("comes before anything else in the next slice, however busy the processor is", async () => {
    const monitor = await Monitor.create();
    const { machine } = monitor;
    const counter = (): number => new DataView(monitor.bytes(0x600, 4).slice().buffer).getUint32(0, true);
    const counted: number[] = [];
    const { card } = scriptedCard(() => {
      machine.interruptLine = false;
      counted.push(counter());
      return 0;
    });
    machine.addCard(card);
    monitor.setUpInterrupts();
    monitor.bytes(CODE, 8).set([0xfb, 0x66, 0xff, 0x06, 0x00, 0x06, 0xeb, 0xf9]); // sti; 1: incl 0x600; jmp 1b
    monitor.say("c");
    for (let i = 0; i < 5; i++) machine.runSlice();
    const before = counter();
    expect(before).toBeGreaterThan(0);
    machine.interruptLine = true;
    machine.runSlice();
    expect(counted).toEqual([before]);
    expect(counter()).toBeGreaterThan(before);
  });

  it("is not seen when the line has fallen before the guest could look", async () => {
    const monitor = await Monitor.create();
    const { machine } = monitor;
    machine.addCard(scriptedCard(() => 0x77).card);
    monitor.setUpInterrupts();
    machine.interruptLine = true;
    machine.runSlice();
    machine.interruptLine = false;
    monitor.say("h");
    for (let i = 0; i < 20; i++) machine.runSlice();
    expect(monitor.answers[0]).toEqual([]);
  });
});

describe("an interrupt that was gone before the processor looked", () => {
  it.each([
    [
      "as the line fell",
      ({ machine }: Monitor): void => {
        machine.interruptLine = false;
      },
    ],
    ["as the guest masked it", (monitor: Monitor) => monitor.out(0xa1, 1, 0xff)],
  ])("%s does not keep the next one away", async (_, ends) => {
    const monitor = await interruptible();
    const { machine } = monitor;
    machine.interruptLine = true;
    machine.runSlice();
    ends(monitor);
    monitor.bytes(CODE, 8).set([0xfb, 0x90, 0x90, 0xfa, 0xb0, 0x41, 0xcb, 0x90]); // sti; nop; nop; cli; mov $'A', %al; lret
    monitor.say("c");
    expect(monitor.take(1)).toEqual([0x41]);
    machine.interruptLine = false;
    monitor.out(0xa1, 1, 0xf7);
    machine.interruptLine = true;
    monitor.say("h");
    expect(monitor.take(1)).toEqual([0x77]);
  });
});

/** MOV ECX, 1000000; loops so often that it is compiled; MOV AL, letter; LRET. */
const loopAndAnswer = (letter: string): readonly number[] => [
  ...[0x66, 0xb9, 0x40, 0x42, 0x0f, 0x00, 0x66, 0x49, 0x75, 0xfc],
  ...[0xb0, letter.charCodeAt(0), 0xcb],
];

describe("memory", () => {
  it("is shared, and compiled code in it can be changed from outside", async () => {
    const monitor = await Monitor.create();
    monitor.bytes(CODE, 13).set(loopAndAnswer("A"));
    for (let i = 0; i < 10; i++) expect(monitor.call()).toBe("A");
    monitor.bytes(CODE, 13).set(loopAndAnswer("B"));
    monitor.machine.codeWritten(CODE, 13);
    expect(monitor.call()).toBe("B");
  });

  it("is as large as asked for", async () => {
    const { machine } = await Monitor.create({ memoryBytes: 96 * 2 ** 20 });
    expect(machine.memory.bytes).toBe(96 * 2 ** 20);
    expect(machine.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

describe("serial ports", () => {
  it("are two", async () => {
    const monitor = await Monitor.create();
    monitor.out(0x2f8, 1, 0x21);
    expect(monitor.answers[1]).toEqual([0x21]);
    monitor.machine.serialIn(1, "é");
    expect([monitor.in(0x2f8, 1), monitor.in(0x2f8, 1)]).toEqual([0xc3, 0xa9]);
  });
});

describe("a state", () => {
  it("goes on in another machine, with the memory where it was and the card where the guest had put it", async () => {
    const first = await Monitor.create();
    first.setUpDisks();
    first.machine.addCard(scriptedCard().card);
    first.writeConfig(SLOT, 0x10, 0xc200);
    first.bytes(CODE, 13).set(loopAndAnswer("S"));
    first.call();
    const state = first.machine.saveState();

    const second = await Monitor.create();
    const { card, accesses } = scriptedCard(() => 0x66);
    second.machine.addCard(card);
    const before = second.bytes(CODE, 13);
    second.machine.restoreState(state);
    expect(second.machine.memory.buffer).toBe(before.buffer);
    expect([...before]).toEqual(loopAndAnswer("S"));
    expect(second.call()).toBe("S");
    expect(second.in(0xc210, 1)).toBe(0x66);
    expect(accesses).toEqual([["in", 0x10, 1, 0x66]]);
  });

  it("without a card leaves the card of the machine that it comes to alone", async () => {
    const first = await Monitor.create();
    first.setUpDisks();
    const state = first.machine.saveState();
    const second = await Monitor.create();
    second.machine.addCard(scriptedCard(() => 0x66).card);
    second.machine.restoreState(state);
    expect(second.readConfig(SLOT, 0)).toBe(0x8139_10ec);
    expect(second.in(IO_BASE, 1)).toBe(0x66);
  });

  it("is refused by a machine with other memory, and when it is none", async () => {
    const state = (await Monitor.create({ memoryBytes: 80 * 2 ** 20 })).machine.saveState();
    const { machine } = await Monitor.create();
    expect(() => machine.restoreState(state)).toThrow("80.0 MiB");
    expect(() => machine.restoreState(state.subarray(0, 1000))).toThrow("no state of an x86 guest");
    const garbled = machine.saveState();
    garbled[STATE_TEXT_AT] = 0;
    expect(() => machine.restoreState(garbled)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining("makes no sense") }),
    );
  });
});

describe("the end of a guest", () => {
  it("is a halt that nothing can end", async () => {
    const monitor = await Monitor.create();
    monitor.bytes(CODE, 2).set([0xfa, 0xf4]); // CLI; HLT
    monitor.say("c");
    for (let i = 0; i < 5; i++) monitor.machine.runSlice();
    expect(monitor.machine.isDead).toBe(true);
  });

  it("is a reset, which whoever runs it is told of", async () => {
    const monitor = await Monitor.create();
    expect(() => monitor.out(0x64, 1, 0xfe)).toThrow("the machine was reset");
  });
});

describe("what cannot be", () => {
  it.each([
    ["too little memory", { memoryBytes: 64 * 2 ** 20 }, "expected 72.0 MiB to 1.00 GiB"],
    ["memory in odd sizes", { memoryBytes: 80 * 2 ** 20 + 1 }, "multiple of 128 KiB"],
    ["a RAM disk that does not fit", { initrd: new Uint8Array(9 * 2 ** 20) }, "does not fit"],
    ["a kernel that is none", { kernel: new Uint8Array(100) }, "no bzImage"],
  ])("is refused: %s", async (_what, changes, message) => {
    await expect(Monitor.create(changes)).rejects.toThrow(message);
  });
});
