/** The RTL8139 as the suite of all models needs to know it: what a kernel may do to the card, and what it can read of it. */
import type { Prng } from "../../../src/base/prng.ts";
import { Rtl8139Driver, type Rtl8139DriverOptions } from "../../../src/devices/rtl8139/driver.ts";
import { rtl8139Model } from "../../../src/devices/rtl8139/model.ts";
import { BMCR, CR, CR9346, RCR, REGISTERS, TCR } from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import {
  inb,
  inl,
  insw,
  inw,
  outb,
  outl,
  outsw,
  outw,
  type PortOp,
  type Program,
} from "../../../src/hardware/cpu.ts";
import type { ModelKind, Stir } from "../../support/duel.ts";

const at = (name: keyof typeof REGISTERS): number => REGISTERS[name].offset;

/** All 256 ports. */
function* view(ioBase: number): Program<ReadonlyMap<string, number>> {
  const values = new Map<string, number>();
  for (let port = 0; port < 0x100; port += 4) values.set(port.toString(16), yield inl(ioBase + port));
  return values;
}

const STIRS: Readonly<Record<string, Stir>> = {
  *readAnything(ioBase, prng) {
    const port = prng.below(0xfc);
    yield prng.pick([inb, inw, inl])(ioBase + port);
  },
  *setAddress(ioBase, prng, seat) {
    const own = prng.chance(2, 3);
    for (let i = 0; i < 6; i++) yield outb(ioBase + i, own ? (seat.driver.mac[i] ?? 0) : prng.below(256));
  },
  *setMulticast(ioBase, prng) {
    yield outl(ioBase + at("MAR0"), prng.u32());
    yield outw(ioBase + at("MAR4") + 2 * prng.below(2), prng.u32());
  },
  *configure(ioBase, prng) {
    yield outb(ioBase + at("CR9346"), prng.pick([CR9346.EEM_CONFIG, CR9346.EEM_NORMAL]));
    for (const name of ["CONFIG0", "CONFIG1", "CONFIG3", "CONFIG4", "CONFIG5"] as const) {
      if (prng.chance(1, 2)) yield outb(ioBase + at(name), prng.below(256));
    }
    yield outw(ioBase + at("BMCR"), prng.u32() & ~(prng.chance(3, 4) ? BMCR.Reset : 0));
  },
  *setPhy(ioBase, prng) {
    const name = prng.pick([
      "MSR",
      "MULINT",
      "ANAR",
      "NWAYTR",
      "CSCR",
      "PHY1_PARM",
      "TW_PARM",
      "PHY2_PARM",
    ] as const);
    yield outb(ioBase + at(name) + prng.below(REGISTERS[name].bytes), prng.below(256));
  },
  *setMask(ioBase, prng) {
    yield prng.chance(1, 4)
      ? outb(ioBase + at("IMR") + prng.below(2), prng.u32() & 0xff)
      : outw(ioBase + at("IMR"), prng.u32());
  },
  *acknowledge(ioBase, prng) {
    yield outw(ioBase + at("ISR"), prng.u32());
  },
  *setTimer(ioBase, prng) {
    if (prng.chance(1, 3)) yield outl(ioBase + at("TCTR"), prng.u32());
    yield outl(ioBase + at("TimerInt"), prng.chance(1, 4) ? 0 : prng.between(10_000, 1_000_000));
  },
  *clearMissed(ioBase) {
    yield outl(ioBase + at("MPC"), 0);
  },
  *setFilter(ioBase, prng) {
    const kept = (yield inl(ioBase + at("RCR"))) & (RCR.RBLEN | RCR.WRAP);
    yield outl(
      ioBase + at("RCR"),
      (prng.u32() & ~(RCR.RBLEN | RCR.WRAP)) | kept | (prng.chance(1, 2) ? RCR.APM : 0),
    );
  },
  *turnOffAndOn(ioBase, prng) {
    yield outb(ioBase + at("CR"), prng.pick([0, CR.TE, CR.RE, CR.TE | CR.RE, CR.TE | CR.RE]));
  },
  *moveReadPointer(ioBase, prng) {
    if (prng.chance(1, 3)) yield outw(ioBase + at("CAPR"), prng.u32());
  },
  *loopBack(ioBase, prng) {
    yield outl(ioBase + at("TCR"), prng.chance(1, 3) ? TCR.LBK | (prng.u32() & TCR.MXDMA) : 0);
  },
  *writeStatusInPieces(ioBase, prng) {
    yield outb(ioBase + at("TSD0") + prng.below(16), prng.below(256));
  },
  *writeAcross(ioBase, prng) {
    yield outl(ioBase + at("CR") - prng.below(3), ((yield inl(ioBase + at("CR") - 3)) >>> 24) & 0);
  },
  *programEeprom(ioBase, prng) {
    for (let i = prng.between(1, 40); i > 0; i--)
      yield outb(ioBase + at("CR9346"), CR9346.EEM_PROGRAM | (prng.u32() & 0x0e));
    yield inb(ioBase + at("CR9346"));
    if (prng.chance(1, 2)) yield outb(ioBase + at("CR9346"), CR9346.EEM_NORMAL);
  },
  *startAgain(ioBase, prng, seat) {
    yield prng.chance(1, 2)
      ? outb(ioBase + at("CR"), CR.RST)
      : outb(ioBase + at("CR9346"), CR9346.EEM_AUTOLOAD);
    if (prng.chance(2, 3)) yield* seat.driver.open();
  },
};

/** Registers that say where DMA goes and when, and what is written to them. */
function attack(ioBase: number, prng: Prng, memoryBytes: number): PortOp {
  const nearEnd = memoryBytes - prng.pick([1, 4, 59, 60, 1514, 1792, 8192, 8192 + 4096, 12_287, 0x1_0000, 0]);
  const address = prng.pick([
    0,
    nearEnd,
    nearEnd,
    prng.below(memoryBytes),
    prng.u32(),
    memoryBytes + prng.below(8192),
  ]);
  const rcr = prng.u32() | RCR.AAP | RCR.AB;
  const choices: readonly (readonly [keyof typeof REGISTERS, number])[] = [
    ["TSAD0", address],
    ["RBSTART", address],
    ["TSD0", prng.pick([60, 0, 1792, 1793, prng.below(0x2000), prng.u32()])],
    ["TSD0", prng.below(1514)],
    [
      "CR",
      prng.pick([CR.RE | CR.TE, CR.RE | CR.TE, CR.TE, CR.RE, 0, prng.chance(1, 8) ? CR.RST : CR.RE | CR.TE]),
    ],
    ["RCR", rcr],
    ["RCR", rcr & ~(RCR.RBLEN | RCR.WRAP)],
    ["TCR", prng.chance(1, 4) ? prng.u32() : TCR.LBK],
    ["CAPR", prng.chance(1, 2) ? prng.u32() & 0xffff : 0xfff0],
    ["CR9346", prng.chance(1, 8) ? prng.u32() & 0xff : 0],
  ];
  const [name, value] = prng.pick(choices);
  const descriptor = name === "TSAD0" || name === "TSD0" ? 4 * prng.below(4) : 0;
  const port = ioBase + at(name) + descriptor;
  if (prng.chance(1, 20)) return prng.pick([outb, outw, outl])(ioBase + prng.below(0xfd), prng.u32());
  if (prng.chance(1, 20)) return outsw(port, prng.below(memoryBytes) & ~1, prng.below(8));
  if (prng.chance(1, 20)) return insw(port, address, prng.below(8));
  const shift = prng.chance(1, 10) ? prng.below(REGISTERS[name].bytes) : undefined;
  if (shift !== undefined) return outb(port + shift, value >>> (8 * shift));
  return { kind: "out", port, width: REGISTERS[name].bytes, value };
}

export function kindOf(options: Rtl8139DriverOptions): ModelKind {
  const { ringKib = 32, wrap = true } = options;
  return {
    name: `the RTL8139 (ring of ${ringKib} KiB${wrap ? ", WRAP" : ""})`,
    guestBytes: 0x2_0000,
    model: rtl8139Model,
    makeSilicon: (slot, mac) => new Rtl8139(slot, { mac }),
    makeDriver: (environment) => new Rtl8139Driver(environment, options),
    view,
    stirs: STIRS,
    attack,
  };
}
