/**
 * The NE2000's model in the suite of all models: what a kernel may do to the card, and what it can read of
 * it.
 */
import type { Prng } from "../../../src/base/prng.ts";
import type { DriverCounters, DriverEnvironment, NetDriver } from "../../../src/devices/driver.ts";
import { Ne2000Driver } from "../../../src/devices/ne2000/driver.ts";
import { ne2000Model } from "../../../src/devices/ne2000/model.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  EECR,
  MAR,
  OFFSET,
  PAR,
  RCR,
  RESET_PORT,
  type RegisterName,
  TCR,
} from "../../../src/devices/ne2000/registers.ts";
import { Ne2000 } from "../../../src/devices/ne2000/silicon.ts";
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
import type { Stir } from "../../support/duel.ts";
import { describeModel } from "../../support/model-suite.ts";

const GUEST_BYTES = 0x1_0000;
const MEMORY_AT = 0x8000;
/** The driver's ring, in pages. */
const RING = { start: 0x4c, stop: 0x80 };

/**
 * What may be read of page 0 without changing it: FIFO goes round, the tallies are cleared. CLDA does not
 * come back when a reset has taken a frame from the transmitter that waited for the PHY.
 */
const PAGE_0 = [0x00, 0x03, 0x04, 0x05, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c];
const ALL_PORTS = Array.from({ length: DATA_PORT }, (_, port) => port);

/** Turns to `page`; goes on with a remote read or write, but does not begin a packet again. */
function* turnTo(ioBase: number, page: number): Program<void> {
  const command = yield inb(ioBase);
  const kept = command & (CR.STP | CR.STA | CR.RD);
  yield outb(ioBase, ((kept & CR.RD) === CR.SEND ? kept | CR.ABORT : kept) | (page << 6));
}

function* view(ioBase: number): Program<ReadonlyMap<string, number>> {
  const values = new Map<string, number>();
  const page = (yield inb(ioBase)) >>> 6;
  for (const other of [0, 1, 2, 3]) {
    yield* turnTo(ioBase, other);
    for (const port of other === 0 ? PAGE_0 : ALL_PORTS)
      values.set(`${other}:${port}`, yield inb(ioBase + port));
  }
  yield* turnTo(ioBase, page);
  return values;
}

function* setOn(
  ioBase: number,
  page: number,
  values: readonly (readonly [RegisterName, number])[],
): Program<void> {
  yield* turnTo(ioBase, page);
  for (const [name, value] of values) yield outb(ioBase + OFFSET[name], value);
}

function* backToPage0(ioBase: number, prng: Prng): Program<void> {
  if (prng.chance(7, 8)) yield* turnTo(ioBase, 0);
}

/** A transfer that stays in packet RAM however it is cut, for a ring up to its end. */
function* programRemote(ioBase: number, prng: Prng): Program<void> {
  const address = prng.between(0x4000, 0x7ff0);
  const bytes = prng.chance(1, 10) ? 0 : prng.between(1, Math.min(0x200, 0x7ffe - address));
  yield* setOn(ioBase, 0, [
    ["RSAR0", address & 0xff],
    ["RSAR1", address >>> 8],
    ["RBCR0", bytes & 0xff],
    ["RBCR1", bytes >>> 8],
  ]);
}

const running = (command: number): number => command & (CR.STP | CR.STA);

/** A few data port accesses of all widths. */
function* moveSome(ioBase: number, prng: Prng): Program<void> {
  for (let i = prng.below(12); i > 0; i--) {
    const port = ioBase + DATA_PORT + prng.below(5);
    yield prng.pick([inb, inw, inl])(port);
    if (prng.chance(1, 3)) yield prng.pick([outb, outw, outl])(port, prng.u32());
  }
  yield prng.pick([insw, outsw])(ioBase + DATA_PORT, MEMORY_AT, prng.below(40));
}

/** Ends it, ends it on another page, lets it be, or turns it round. */
function* endTransfer(ioBase: number, prng: Prng): Program<void> {
  const state = running(yield inb(ioBase));
  switch (prng.below(5)) {
    case 0:
      return;
    case 1:
      yield outb(ioBase, state | CR.ABORT | CR.PAGE_1);
      return;
    case 2:
      yield outb(ioBase, state | prng.pick([CR.READ, CR.WRITE]));
      return yield* moveSome(ioBase, prng);
    default:
      yield outb(ioBase, state | CR.ABORT);
  }
}

/**
 * A driver that does not mind what else the kernel does to its card: another page, a frame of somebody else.
 */
class PatientDriver implements NetDriver {
  readonly #driver: Ne2000Driver;
  readonly #ioBase: number;

  constructor(environment: DriverEnvironment) {
    this.#driver = new Ne2000Driver(environment);
    this.#ioBase = environment.ioBase;
  }

  get counters(): DriverCounters {
    return this.#driver.counters;
  }

  get mac(): Uint8Array {
    return this.#driver.mac;
  }

  get transmitIdle(): boolean {
    return this.#driver.transmitIdle;
  }

  open(): Program<void> {
    return this.#driver.open();
  }

  *transmit(frame: Uint8Array): Program<boolean> {
    yield* turnTo(this.#ioBase, 0);
    if (this.transmitIdle && ((yield inb(this.#ioBase)) & CR.TXP) !== 0) return false;
    return yield* this.#driver.transmit(frame);
  }

  *interrupt(): Program<void> {
    yield* turnTo(this.#ioBase, 0);
    yield* this.#driver.interrupt();
  }

  close(): Program<void> {
    return this.#driver.close();
  }
}

const STIRS: Readonly<Record<string, Stir>> = {
  *readAnything(ioBase, prng) {
    const width = prng.pick([1, 1, 1, 2, 4]);
    const port = ioBase + prng.between(OFFSET.BNRY, RESET_PORT - width);
    yield width === 1 ? inb(port) : width === 2 ? inw(port) : inl(port);
  },
  *writeWide(ioBase, prng) {
    yield prng.pick([outw, outl])(ioBase + prng.below(DATA_PORT), prng.u32());
  },
  *setAddress(ioBase, prng, seat) {
    const own = prng.chance(2, 3);
    yield* setOn(
      ioBase,
      1,
      PAR.map((name, i) => [name, own ? (seat.driver.mac[i] ?? 0) : prng.below(256)]),
    );
    yield* backToPage0(ioBase, prng);
  },
  *setMulticast(ioBase, prng) {
    yield* setOn(
      ioBase,
      1,
      MAR.map((name) => [name, prng.below(256)]),
    );
    yield* backToPage0(ioBase, prng);
  },
  *configure(ioBase, prng) {
    yield* setOn(ioBase, 3, [["9346CR", prng.pick([EECR.CONFIG_WRITE, 0, prng.below(256)])]]);
    for (const name of ["CONFIG2", "CONFIG3", "HLTCLK"] as const) {
      if (prng.chance(1, 2)) yield outb(ioBase + OFFSET[name], prng.below(256));
    }
    yield* backToPage0(ioBase, prng);
  },
  *writePage2(ioBase, prng) {
    yield* turnTo(ioBase, 2);
    yield outb(ioBase + prng.between(1, 15), prng.below(256));
    yield* backToPage0(ioBase, prng);
  },
  *setMask(ioBase, prng) {
    yield* setOn(ioBase, 0, [["IMR", prng.below(256)]]);
  },
  *acknowledge(ioBase, prng) {
    yield* setOn(ioBase, 0, [["ISR", prng.below(256)]]);
  },
  *setFilter(ioBase, prng) {
    yield* setOn(ioBase, 0, [["RCR", prng.chance(1, 3) ? prng.below(256) : prng.below(256) & ~RCR.MON]]);
  },
  *turnOffAndOn(ioBase, prng) {
    yield outb(ioBase, prng.pick([CR.STP, CR.STA, CR.STA, 0]) | CR.ABORT);
  },
  *turnPage(ioBase, prng) {
    yield* turnTo(ioBase, prng.below(4));
  },
  *moveRing(ioBase, prng) {
    yield* setOn(ioBase, 0, [["PSTART", prng.between(0x40, 0x7f)]]);
  },
  *shortenRing(ioBase, prng, seat) {
    yield outb(ioBase, CR.STP | CR.ABORT);
    yield* setOn(ioBase, 0, [["PSTOP", prng.between(0x40, 0x80)]]);
    yield* seat.driver.open();
  },
  *moveBoundary(ioBase, prng) {
    yield* setOn(ioBase, 0, [["BNRY", prng.between(RING.start, RING.stop - 1)]]);
  },
  *moveCurrent(ioBase, prng) {
    if (prng.chance(1, 2)) return;
    yield* setOn(ioBase, 1, [["CURR", prng.between(RING.start, RING.stop - 1)]]);
    yield* backToPage0(ioBase, prng);
  },
  *readTallies(ioBase) {
    yield* turnTo(ioBase, 0);
    for (const name of ["CNTR0", "CNTR1", "CNTR2"] as const) yield inb(ioBase + OFFSET[name]);
  },
  *loopBack(ioBase, prng) {
    yield* setOn(ioBase, 0, [
      [
        "TCR",
        prng.pick([0, 0, TCR.LB_NIC, TCR.LB_ENDEC, TCR.LB_EXTERNAL]) | (prng.chance(1, 4) ? TCR.CRC : 0),
      ],
    ]);
    for (let i = prng.below(12); i > 0; i--) yield inb(ioBase + OFFSET.FIFO);
  },
  *programTransmit(ioBase, prng, seat) {
    if (!seat.driver.transmitIdle) return;
    const bytes = prng.chance(1, 8) ? 0 : prng.between(1, 1600);
    yield* setOn(ioBase, 0, [
      ["TPSR", prng.between(0x40, 0x79)],
      ["TBCR0", bytes & 0xff],
      ["TBCR1", bytes >>> 8],
    ]);
    const command = yield inb(ioBase);
    if ((command & CR.TXP) === 0 && prng.chance(2, 3))
      yield outb(ioBase, running(command) | CR.ABORT | CR.TXP);
  },
  *remoteRead(ioBase, prng) {
    yield* programRemote(ioBase, prng);
    yield outb(ioBase, running(yield inb(ioBase)) | CR.READ);
    yield* moveSome(ioBase, prng);
    yield* endTransfer(ioBase, prng);
  },
  *remoteWrite(ioBase, prng) {
    yield* programRemote(ioBase, prng);
    yield outb(ioBase, running(yield inb(ioBase)) | CR.WRITE);
    yield* moveSome(ioBase, prng);
    yield* endTransfer(ioBase, prng);
  },
  *resumeTransfer(ioBase, prng) {
    yield* turnTo(ioBase, 0);
    // The ring may have moved: a transfer that would leave the RAM now is not for a guest of good will.
    yield* setOn(ioBase, 0, [
      ["RBCR1", 0],
      ["RSAR1", 0x50],
    ]);
    yield outb(ioBase, running(yield inb(ioBase)) | prng.pick([CR.READ, CR.WRITE]));
    yield* moveSome(ioBase, prng);
    yield* endTransfer(ioBase, prng);
  },
  *reprogramOpenTransfer(ioBase, prng) {
    yield* programRemote(ioBase, prng);
    yield outb(ioBase, running(yield inb(ioBase)) | prng.pick([CR.READ, CR.WRITE]));
    yield* moveSome(ioBase, prng);
    yield* setOn(ioBase, 0, [
      prng.pick([
        ["RSAR0", prng.below(256)],
        ["RBCR0", prng.below(128)],
        ["DCR", DCR.LS | prng.below(2)],
      ] as const),
    ]);
    yield* moveSome(ioBase, prng);
    yield* endTransfer(ioBase, prng);
  },
  *readProm(ioBase, prng) {
    const [address, bytes] = prng.pick([
      [0, 32],
      [0, 12],
      [1, 8],
      [28, 4],
    ] as const);
    yield* setOn(ioBase, 0, [
      ["RSAR0", address],
      ["RSAR1", 0],
      ["RBCR0", bytes],
      ["RBCR1", 0],
    ]);
    yield outb(ioBase, running(yield inb(ioBase)) | CR.READ);
    yield* moveSome(ioBase, prng);
    if (prng.chance(3, 4)) yield outb(ioBase, running(yield inb(ioBase)) | CR.ABORT);
  },
  *sendPacket(ioBase, prng) {
    yield* turnTo(ioBase, 0);
    // What was taken for a packet before may have moved BNRY to where no packet is.
    const boundary = yield inb(ioBase + OFFSET.BNRY);
    if (boundary < RING.start || boundary >= RING.stop) return;
    yield outb(ioBase + OFFSET.DCR, DCR.LS | DCR.AR | DCR.WTS);
    yield outb(ioBase, running(yield inb(ioBase)) | CR.SEND);
    yield insw(ioBase + DATA_PORT, MEMORY_AT, prng.chance(1, 2) ? 760 : prng.below(760));
    yield inb(ioBase + OFFSET.BNRY);
    yield outb(ioBase + OFFSET.RBCR0, 0);
    yield outb(ioBase + OFFSET.RBCR1, 0);
    yield outb(ioBase, running(yield inb(ioBase)) | CR.ABORT);
  },
  *setDataConfiguration(ioBase, prng) {
    yield* setOn(ioBase, 0, [["DCR", DCR.LS | (prng.chance(1, 4) ? prng.below(256) : DCR.WTS)]]);
  },
  *startAgain(ioBase, prng, seat) {
    if (prng.chance(1, 2)) yield prng.pick([inb, inw, inl])(ioBase + RESET_PORT + prng.below(8));
    if (prng.chance(2, 3)) yield* seat.driver.open();
  },
};

/** Registers that say where the card's own DMA goes and when, and what is written to them. */
function attack(ioBase: number, prng: Prng, memoryBytes: number): PortOp {
  const page = prng.pick([0, 0x40, 0x4c, 0x60, 0x7f, 0x80, 0xbf, 0xff, prng.below(256)]);
  const choices: readonly (readonly [RegisterName, number])[] = [
    ["RSAR0", prng.pick([0, 0x20, 0xfe, prng.below(256)])],
    ["RSAR1", page],
    ["RBCR0", prng.below(256)],
    ["RBCR1", prng.pick([0, 0, 0x40, 0xff])],
    ["CR", running(prng.below(4)) | prng.pick([CR.READ, CR.WRITE, CR.SEND, CR.ABORT])],
    ["CR", CR.STA | prng.pick([CR.ABORT, CR.ABORT | CR.TXP, prng.u32() & 0xff])],
    ["PSTART", page],
    ["PSTOP", page],
    ["TPSR", page],
    ["TBCR1", prng.pick([0, 5, 0x40, 0xff])],
    ["BNRY", page],
    ["CURR", page],
    ["RCR", prng.below(0x40)],
    ["TCR", prng.chance(1, 4) ? prng.below(256) : 0],
    ["DCR", prng.below(256)],
  ];
  const memory = prng.pick([0, memoryBytes - 2, memoryBytes - 64, memoryBytes, prng.below(memoryBytes)]);
  if (prng.chance(1, 20)) return insw(ioBase + DATA_PORT, memory, prng.below(64));
  if (prng.chance(1, 20)) return outsw(ioBase + DATA_PORT, memory, prng.below(64));
  if (prng.chance(1, 40)) return prng.pick([inb, inw, inl])(ioBase + prng.below(0xfd));
  if (prng.chance(1, 40)) return prng.pick([outb, outw, outl])(ioBase + prng.below(0xfd), prng.u32());
  const [name, value] = prng.pick(choices);
  return outb(ioBase + OFFSET[name], value);
}

describeModel({
  name: "the NE2000",
  guestBytes: GUEST_BYTES,
  model: ne2000Model,
  makeSilicon: (slot, mac) => new Ne2000(slot, { mac }),
  makeDriver: (environment) => new PatientDriver(environment),
  view,
  stirs: STIRS,
  attack,
});
