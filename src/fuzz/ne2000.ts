/** How to attack an NE2000. */
import type { Prng } from "../base/prng.ts";
import { DEVICES } from "../devices/catalogue.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  ISR,
  OFFSET,
  RAM,
  RCR,
  REGISTERS,
  RESET_PORT,
  type RegisterName,
  TCR,
} from "../devices/ne2000/registers.ts";
import { inb, insw, outb, type Program, type Width } from "../hardware/cpu.ts";
import type { FuzzOp } from "./operation.ts";
import { borderValue, type CardProfile, out, type RegisterAccess, type Space } from "./profile.ts";

/** Registers of page 0 that start something, or say where. */
const HOT = [
  ...(["CR", "CR", "CR", "CR", "PSTART", "PSTOP", "BNRY", "TPSR", "TBCR0", "TBCR1"] as const),
  ...(["RSAR0", "RSAR1", "RBCR0", "RBCR1", "ISR", "RCR", "TCR", "DCR", "IMR", "CURR"] as const),
] as const satisfies readonly RegisterName[];
/** Pages at the borders of PROM, packet RAM and address space. */
const PAGES = [0x00, 0x01, 0x20, 0x3f, 0x40, 0x41, 0x46, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xfe, 0xff];
const ADDRESSES = [0x0000, 0x001e, 0x0020, 0x3fff, 0x4000, 0x7ffe, 0x7fff, 0x8000, 0xbffe, 0xfffe, 0xffff];
const COUNTS = [0, 1, 2, 3, 4, 32, 60, 64, 255, 256, 1514, 0x4000, 0x4001, 0x8000, 0xfffe, 0xffff];
const PAGED: ReadonlySet<RegisterName> = new Set(["PSTART", "PSTOP", "BNRY", "TPSR", "CURR"]);
const COMMANDS = [CR.READ, CR.WRITE, CR.SEND, CR.ABORT, CR.ABORT];
const OPEN = RCR.AB | RCR.AM | RCR.PRO;
const RUN = CR.STA | CR.ABORT;

function command(prng: Prng): number {
  if (prng.chance(1, 6)) return prng.below(256);
  const page = prng.pick([CR.PAGE_0, CR.PAGE_0, CR.PAGE_0, CR.PAGE_1, CR.PAGE_2, CR.PAGE_3]);
  const transmit = prng.chance(1, 4) ? CR.TXP : 0;
  const stop = prng.chance(1, 6) ? CR.STP : 0;
  return CR.STA | prng.pick(COMMANDS) | page | transmit | stop;
}

function valueFor(prng: Prng, name: RegisterName, reset: number): number {
  if (name === "CR") return command(prng);
  if (PAGED.has(name)) return prng.chance(1, 3) ? prng.below(256) : prng.pick(PAGES);
  if (name === "RCR" && prng.chance(1, 2)) return OPEN | (prng.u32() & (RCR.AR | RCR.SEP));
  if (name === "TCR" && prng.chance(1, 2)) return prng.pick([0, TCR.LB_NIC, TCR.LB_EXTERNAL, TCR.CRC]);
  return borderValue(prng, 8, reset);
}

function write(prng: Prng): Extract<FuzzOp, { readonly kind: "out" }> {
  if (prng.chance(1, 8)) {
    const width = prng.pick([1, 2, 4] as const);
    return out(DATA_PORT + prng.below(8), width, prng.u32() & (2 ** (8 * width) - 1));
  }
  const { name, offset, reset } = prng.pick(prng.chance(2, 3) ? HOT_ROWS : REGISTERS);
  return out(offset, 1, valueFor(prng, name, reset));
}

const HOT_ROWS = HOT.flatMap((name) => REGISTERS.filter((row) => row.name === name && row.access !== "RO"));

function recipe(prng: Prng, space: Space): readonly FuzzOp[] {
  switch (prng.below(6)) {
    case 0:
      return armReceiver(prng);
    case 1:
      return transmit(prng, prng.chance(1, 3) ? prng.pick([TCR.LB_NIC, TCR.LB_ENDEC, TCR.LB_EXTERNAL]) : 0);
    case 2:
      return [...remote(prng), accessData(prng, space)];
    case 3:
      return [...remote(prng), accessData(prng, space), accessData(prng, space)];
    case 4:
      return [{ kind: "in", offset: RESET_PORT, width: 1 }, ...armReceiver(prng)];
    default:
      return [...armReceiver(prng), ...frames(prng)];
  }
}

const set = (name: RegisterName, value: number): FuzzOp => out(OFFSET[name], 1, value);
const low = (value: number): number => value & 0xff;
const high = (value: number): number => (value >>> 8) & 0xff;

/** A ring in the packet RAM, mostly. */
function armReceiver(prng: Prng): readonly FuzzOp[] {
  const good = prng.chance(3, 4);
  const start = good ? prng.between(0x40, 0x7c) : prng.pick(PAGES);
  const stop = good ? prng.between(start + 2, 0x80) : prng.pick(PAGES);
  const current = good ? prng.between(start, stop - 1) : prng.pick(PAGES);
  return [
    set("CR", CR.STP | CR.ABORT),
    set(
      "DCR",
      DCR.LS | DCR.FT_8_BYTES | (prng.chance(1, 2) ? DCR.WTS : 0) | (prng.chance(1, 4) ? DCR.AR : 0),
    ),
    set("PSTART", start),
    set("PSTOP", stop),
    set("BNRY", good ? start : prng.pick(PAGES)),
    set("RCR", prng.chance(3, 4) ? OPEN : prng.below(256)),
    set("TCR", 0),
    set("IMR", prng.below(256)),
    set("CR", CR.STP | CR.ABORT | CR.PAGE_1),
    set("CURR", current),
    set("CR", RUN),
  ];
}

function frames(prng: Prng): readonly FuzzOp[] {
  const ops: FuzzOp[] = [];
  for (let i = prng.between(1, 12); i > 0; i--)
    ops.push({
      kind: "frame",
      bytes: prng.pick([60, 250, 252, 1514, 4000]),
      to: "broadcast",
      seed: prng.u32(),
    });
  return ops;
}

function transmit(prng: Prng, loopback: number): readonly FuzzOp[] {
  const bytes = prng.chance(1, 2) ? prng.between(60, 1514) : prng.pick(COUNTS);
  return [
    set("CR", RUN),
    set("TCR", loopback),
    set("TPSR", prng.chance(1, 2) ? prng.between(0x40, 0x79) : prng.pick(PAGES)),
    set("TBCR0", low(bytes)),
    set("TBCR1", high(bytes)),
    set("CR", RUN | CR.TXP),
  ];
}

function remote(prng: Prng): readonly FuzzOp[] {
  const inside = prng.chance(1, 2);
  const address = inside ? RAM.start + prng.below(RAM.bytes) : prng.pick(ADDRESSES);
  const bytes = inside ? prng.below(RAM.start + RAM.bytes - address + 1) : prng.pick(COUNTS);
  return [
    set("CR", RUN),
    set("RSAR0", low(address)),
    set("RSAR1", high(address)),
    set("RBCR0", low(bytes)),
    set("RBCR1", high(bytes)),
    set("CR", CR.STA | prng.pick([CR.READ, CR.WRITE, CR.WRITE, CR.SEND])),
  ];
}

function accessData(prng: Prng, { memoryBytes }: Space): FuzzOp {
  const width = prng.pick([1, 2, 4] as const);
  const count = prng.chance(1, 40) ? prng.below(2048) : prng.below(40);
  const address = prng.below(memoryBytes);
  return { kind: prng.pick(["ins", "outs"] as const), offset: DATA_PORT, width, count, address };
}

/** The packet RAM to `staging`, then the four pages but for what reading changes; the card on page 0 again. */
function* view(ioBase: number, staging: number): Program<readonly number[]> {
  for (const { name, value } of READ_RAM) yield outb(ioBase + OFFSET[name], value);
  yield insw(ioBase + DATA_PORT, staging, RAM.bytes / 2);
  yield outb(ioBase + OFFSET.CR, RUN);
  yield outb(ioBase + OFFSET.ISR, ISR.RDC);
  const values: number[] = [];
  for (const page of [CR.PAGE_1, CR.PAGE_2, CR.PAGE_3, CR.PAGE_0]) {
    yield outb(ioBase + OFFSET.CR, RUN | page);
    for (let offset = 0; offset < DATA_PORT; offset++) {
      if (page !== CR.PAGE_0 || !CHANGED_BY_READING.has(offset)) values.push(yield inb(ioBase + offset));
    }
  }
  return values;
}

const READ_RAM: readonly { readonly name: RegisterName; readonly value: number }[] = [
  { name: "RSAR0", value: low(RAM.start) },
  { name: "RSAR1", value: high(RAM.start) },
  { name: "RBCR0", value: low(RAM.bytes) },
  { name: "RBCR1", value: high(RAM.bytes) },
  { name: "CR", value: CR.STA | CR.READ },
];
const CHANGED_BY_READING: ReadonlySet<number> = new Set(
  (["FIFO", "CNTR0", "CNTR1", "CNTR2"] as const).map((name) => OFFSET[name]),
);

const PORTS: readonly RegisterAccess[] = [
  ...Array.from({ length: DATA_PORT }, (_, offset): RegisterAccess => ({ offset, width: 1 })),
  ...([1, 2, 4] as const).map((width: Width): RegisterAccess => ({ offset: DATA_PORT, width })),
  { offset: RESET_PORT, width: 1 },
];

export const ne2000Profile: CardProfile = {
  card: "ne2000",
  device: DEVICES.ne2000,
  registers: PORTS,
  // It masters no bus. An access to the data port may end a transfer in each of its four units.
  work: { slotCalls: 16, dmaBytes: 0 },
  vmmOperations: { access: 128, handOff: 1024 },
  write,
  recipe,
  dmaRule: () => () => "an NE2000 masters no bus",
  view,
};
