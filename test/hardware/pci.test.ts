/** Configuration space by mechanism #1, as a kernel's probe sees it. */
import { describe, expect, it } from "vitest";
import type { CpuOp, Program } from "../../src/hardware/cpu.ts";
import { CONFIG_ADDRESS, CONFIG_DATA, findPciDevice, PciBus } from "../../src/hardware/pci.ts";

const CARD = { vendor: 0x10ec, device: 0x8139, revision: 0x10, ioBytes: 256 };
const OTHER = { vendor: 0x10ec, device: 0x8029, revision: 0, ioBytes: 32 };

function busWith(): PciBus {
  const bus = new PciBus();
  bus.plug(3, CARD, 0xc000, 11);
  bus.plug(31, OTHER, 0xd000, 9);
  return bus;
}

function select(bus: PciBus, slot: number, register: number): void {
  bus.write(CONFIG_ADDRESS, 4, 0x8000_0000 + slot * 0x800 + register);
}

function run<T>(bus: PciBus, program: Program<T>): T {
  const answer = (op: CpuOp): number => {
    if (op.kind === "in") return bus.read(op.port, op.width);
    if (op.kind === "out") bus.write(op.port, op.width, op.value);
    return 0;
  };
  let step = program.next(0);
  while (!step.done) step = program.next(answer(step.value));
  return step.value;
}

describe("the header", () => {
  it.each([
    [0x00, 0x8139_10ec],
    [0x08, 0x0200_0010],
    [0x10, 0x0000_c001],
    [0x3c, 0x0000_010b],
    [0x04, 0],
    [0x2c, 0],
  ])("register 0x%s is 0x%s", (register, value) => {
    const bus = busWith();
    select(bus, 3, register);
    expect(bus.read(CONFIG_DATA, 4)).toBe(value);
  });

  it("can be read by bytes and words", () => {
    const bus = busWith();
    select(bus, 3, 0);
    expect([bus.read(CONFIG_DATA, 2), bus.read(CONFIG_DATA + 2, 2)]).toEqual([0x10ec, 0x8139]);
    select(bus, 3, 0x3c);
    expect([bus.read(CONFIG_DATA, 1), bus.read(CONFIG_DATA + 1, 1)]).toEqual([11, 1]);
  });

  it("is not changed by writes, but for the command's two bits and the interrupt line", () => {
    const bus = busWith();
    for (let register = 0; register < 256; register += 4) {
      if (register === 0x10) continue;
      select(bus, 3, register);
      bus.write(CONFIG_DATA, 4, 0xffff_ffff);
    }
    select(bus, 3, 0);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0x8139_10ec);
    select(bus, 3, 4);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0x5);
    select(bus, 3, 0x3c);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0x0000_01ff);
  });
});

describe("BAR0", () => {
  it("answers the sizing write with the window's size, and keeps its base whatever else is written", () => {
    const bus = busWith();
    select(bus, 3, 0x10);
    bus.write(CONFIG_DATA, 4, 0xffff_ffff);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0xffff_ff01);
    bus.write(CONFIG_DATA, 4, 0xc001);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0xc001);
    bus.write(CONFIG_DATA, 4, 0x1234_5678);
    bus.write(CONFIG_DATA, 2, 0xffff);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0xc001);
    select(bus, 31, 0x10);
    bus.write(CONFIG_DATA, 4, 0xffff_ffff);
    expect(bus.read(CONFIG_DATA, 4)).toBe(0xffff_ffe1);
  });
});

describe("where nothing is", () => {
  it.each([
    ["an empty slot", 0x8000_0000 + 5 * 0x800],
    ["another function", 0x8000_0000 + 3 * 0x800 + 0x100],
    ["another bus", 0x8001_0000 + 3 * 0x800],
    ["configuration not enabled", 3 * 0x800],
  ])("%s reads all ones and takes writes", (_what, address) => {
    const bus = busWith();
    bus.write(CONFIG_ADDRESS, 4, address);
    expect([1, 2, 4].map((width) => bus.read(CONFIG_DATA, width as 1 | 2 | 4))).toEqual([
      0xff, 0xffff, 0xffff_ffff,
    ]);
    bus.write(CONFIG_DATA, 4, 7);
  });

  it("the address register answers dwords only; the rest of its ports read all ones", () => {
    const bus = busWith();
    bus.write(CONFIG_ADDRESS, 4, 0x8000_1804);
    bus.write(CONFIG_ADDRESS, 2, 0xffff);
    bus.write(CONFIG_ADDRESS + 1, 1, 0xff);
    expect(bus.read(CONFIG_ADDRESS, 4)).toBe(0x8000_1804);
    expect([
      bus.read(CONFIG_ADDRESS, 1),
      bus.read(CONFIG_ADDRESS, 2),
      bus.read(CONFIG_ADDRESS + 1, 1),
    ]).toEqual([0xff, 0xffff, 0xff]);
  });

  it("answers the eight ports of the mechanism, and no other", () => {
    const ports = Array.from({ length: 16 }, (_, i) => 0xcf4 + i).filter((port) => PciBus.answers(port));
    expect(ports).toEqual([0xcf8, 0xcf9, 0xcfa, 0xcfb, 0xcfc, 0xcfd, 0xcfe, 0xcff]);
  });
});

describe("the probe", () => {
  it("finds a card in any slot and switches its window and bus mastering on", () => {
    const bus = busWith();
    expect(run(bus, findPciDevice(0x10ec, 0x8139))).toEqual({ slot: 3, ioBase: 0xc000, irq: 11 });
    expect(run(bus, findPciDevice(0x10ec, 0x8029))).toEqual({ slot: 31, ioBase: 0xd000, irq: 9 });
    select(bus, 3, 4);
    expect(bus.read(CONFIG_DATA, 2)).toBe(0x5);
  });

  it("finds nothing where there is nothing", () => {
    expect(run(busWith(), findPciDevice(0x8086, 0x100e))).toBeUndefined();
    expect(run(new PciBus(), findPciDevice(0x10ec, 0x8139))).toBeUndefined();
  });
});
