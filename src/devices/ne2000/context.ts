/**
 * The device context of an NE2000: how each part of the card survives a handoff. All of its packet RAM can be
 * read and written through the data port, so frames that the guest has not read yet wait for it in the VMM.
 * What the card counts or reports, and nobody can write, is served by the VMM.
 */
import {
  type InOp,
  inb,
  insw,
  outb,
  outsw,
  type PortOp,
  readAll,
  type Sequence,
} from "../../hardware/cpu.ts";
import type { GuestMemory } from "../../hardware/memory.ts";
import type { ContextElement } from "../model.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  EECR,
  ISR,
  MAR,
  OFFSET,
  PAR,
  RAM,
  REGISTERS,
  RESET_PULSE,
  type RegisterName,
  TCR,
} from "./registers.ts";
import type { Transfer } from "./remote-range.ts";
import { FIFO_BYTES, type Observed, STATUSES, TALLIES } from "./served.ts";

/** Registers that the card shows only on a page that clones and emulators lack, or not at all. */
export const SHADOWED = [
  "PSTART",
  "PSTOP",
  "TPSR",
  "TBCR0",
  "TBCR1",
  "RCR",
  "TCR",
  "DCR",
  "IMR",
  "9346CR",
] as const satisfies readonly RegisterName[];
export type ShadowName = (typeof SHADOWED)[number];
export type Shadows = Record<ShadowName, number>;

export const isShadowed = (name: RegisterName): name is ShadowName =>
  (SHADOWED as readonly RegisterName[]).includes(name);

const PAGE_1_KEPT: readonly RegisterName[] = [...PAR, "CURR", ...MAR];
const PAGE_3_KEPT: readonly RegisterName[] = ["CONFIG2", "CONFIG3"];

export const NE2000_CONTEXT: readonly ContextElement[] = [
  { name: "packet RAM", keeping: "register", how: "read and written whole by remote DMA" },
  { name: "PAR0-5, MAR0-7, CURR", keeping: "register", how: "read and written back on page 1" },
  { name: "BNRY", keeping: "register", how: "read and written back" },
  { name: "CONFIG2, CONFIG3", keeping: "register", how: "read and written back on page 3" },
  { name: "RSAR", keeping: "register", how: "read as CRDA" },
  {
    name: "RBCR",
    keeping: "shadow",
    how: "hooked; what is left of an aborted transfer is reckoned from CRDA",
  },
  { name: "PSTART, PSTOP, TPSR, TBCR", keeping: "shadow", how: "hooked" },
  {
    name: "RCR, TCR, DCR",
    keeping: "shadow",
    how: "hooked; RCR and TCR are in place before the card starts",
  },
  { name: "CR", keeping: "shadow", how: "hooked; written last" },
  { name: "CR.RD", keeping: "virtual", how: "the card's is ABORT after a handoff: no transfer is under way" },
  { name: "PROM", keeping: "virtual", how: "each guest reads its own MAC; data port hooked meanwhile" },
  { name: "ISR", keeping: "virtual", how: "taken over from the card, acknowledged by the guest to the VMM" },
  { name: "ISR.RST", keeping: "virtual", how: "the card's; after an overflow served until BNRY is written" },
  { name: "IMR", keeping: "virtual", how: "the card's own also lets PTX and TXE through" },
  { name: "TSR, NCR, RSR, CLDA", keeping: "virtual", how: "served by the VMM until the next frame" },
  { name: "FIFO", keeping: "virtual", how: "read in loopback; served until the next loopback frame" },
  {
    name: "CNTR0-2",
    keeping: "virtual",
    how: "cleared by reading: the count so far is added to the card's; CNT is raised by the VMM",
  },
  {
    name: "overflow",
    keeping: "replay",
    how: "the card gets a ring without room, so that it goes on to miss every frame until it is stopped",
  },
  {
    name: "9346CR",
    keeping: "virtual",
    how: "only the mode that opens the CONFIG registers reaches the card",
  },
  { name: "HLTCLK", keeping: "lost", how: "not written: the card's clock is not one guest's to stop" },
];

/** What the card itself holds of a guest's context. */
export interface CardContext {
  /** BNRY, and what is kept of pages 1 and 3. */
  readonly registers: Map<RegisterName, number>;
  readonly ram: Uint8Array;
}

/** What the model adds to it. */
export interface ModelContext {
  readonly shadows: Readonly<Shadows>;
  /** CR for the card, with the guest's page. */
  readonly command: number;
  readonly transfer: Transfer;
  /** IMR for the card. */
  readonly mask: number;
  /** BNRY for the card. */
  readonly boundary: number;
}

export const readRegister = (ioBase: number, name: RegisterName): InOp => inb(ioBase + OFFSET[name]);
export const writeRegister = (ioBase: number, name: RegisterName, value: number): PortOp =>
  outb(ioBase + OFFSET[name], value);

export const resetValue = (wanted: RegisterName): number =>
  REGISTERS.find(({ name }) => name === wanted)?.reset ?? 0;

/** The context of a card after power-on. */
export function powerOnContext(): CardContext {
  const names: readonly RegisterName[] = ["BNRY", ...PAGE_1_KEPT, ...PAGE_3_KEPT];
  return {
    registers: new Map(names.map((name) => [name, resetValue(name)])),
    ram: new Uint8Array(RAM.bytes),
  };
}

export const powerOnShadows = (): Shadows =>
  Object.fromEntries(SHADOWED.map((name) => [name, resetValue(name)])) as Shadows;

/** Off-line, without remote DMA. */
export const QUIET = CR.STP | CR.ABORT;

/** Reads the context out of a quiet card on page 0. */
export function* saveCard(
  ioBase: number,
  scratch: GuestMemory,
): Sequence<{ card: CardContext; observed: Observed; address: number }> {
  const counted = yield* readNames(ioBase, [...STATUSES, ...TALLIES, "BNRY", "CRDA0", "CRDA1"]);
  const [boundary = 0, low = 0, high = 0] = counted.slice(STATUSES.length + TALLIES.length);
  yield writeRegister(ioBase, "TCR", TCR.LB_NIC);
  const fifo = yield* readNames(ioBase, new Array<RegisterName>(FIFO_BYTES).fill("FIFO"));
  const registers = new Map<RegisterName, number>([["BNRY", boundary]]);
  for (const [page, names] of KEPT_BY_PAGE) {
    yield writeRegister(ioBase, "CR", QUIET | page);
    for (const [i, value] of (yield* readNames(ioBase, names)).entries())
      registers.set(names[i] ?? "BNRY", value);
  }
  const ram = yield* readRam(ioBase, scratch);
  const observed = {
    statuses: counted.slice(0, STATUSES.length),
    tallies: counted.slice(STATUSES.length, STATUSES.length + TALLIES.length),
    fifo,
  };
  return { card: { registers, ram }, observed, address: low | (high << 8) };
}

const KEPT_BY_PAGE = [
  [CR.PAGE_1, PAGE_1_KEPT],
  [CR.PAGE_3, PAGE_3_KEPT],
] as const;

/** Programs a freshly reset card. It receives, if it did, from the last operation on. */
export function* restoreCard(
  ioBase: number,
  card: CardContext,
  { shadows, command, transfer, mask, boundary }: ModelContext,
  scratch: GuestMemory,
): Sequence<void> {
  yield writeRegister(ioBase, "CR", QUIET);
  yield* readNames(ioBase, TALLIES);
  yield* writeRam(ioBase, card.ram, scratch);
  for (const name of ["PSTART", "PSTOP", "TPSR", "TBCR0", "TBCR1", "RCR", "TCR", "DCR"] as const)
    yield writeRegister(ioBase, name, shadows[name]);
  yield writeRegister(ioBase, "BNRY", boundary);
  yield* programRemote(ioBase, transfer);
  yield writeRegister(ioBase, "ISR", 0xff);
  yield writeRegister(ioBase, "IMR", mask);
  yield writeRegister(ioBase, "CR", QUIET | CR.PAGE_3);
  yield writeRegister(ioBase, "9346CR", EECR.CONFIG_WRITE);
  for (const name of PAGE_3_KEPT) yield writeRegister(ioBase, name, card.registers.get(name) ?? 0);
  yield writeRegister(ioBase, "9346CR", cardMode(shadows["9346CR"]));
  yield writeRegister(ioBase, "CR", QUIET | CR.PAGE_1);
  for (const name of PAGE_1_KEPT) yield writeRegister(ioBase, name, card.registers.get(name) ?? 0);
  yield writeRegister(ioBase, "CR", command);
}

/** What of 9346CR the card may see: never the pins of the EEPROM, which is not one guest's to program. */
export const cardMode = (eecr: number): number =>
  (eecr & EECR.EEM) === EECR.CONFIG_WRITE ? EECR.CONFIG_WRITE : 0;

export function* programRemote(ioBase: number, { address, bytes }: Transfer): Sequence<void> {
  yield writeRegister(ioBase, "RSAR0", address & 0xff);
  yield writeRegister(ioBase, "RSAR1", address >>> 8);
  yield writeRegister(ioBase, "RBCR0", bytes & 0xff);
  yield writeRegister(ioBase, "RBCR1", bytes >>> 8);
}

export function* readNames(ioBase: number, names: readonly RegisterName[]): Sequence<readonly number[]> {
  return yield* readAll(names.map((name) => readRegister(ioBase, name)));
}

/** Where the packet RAM passes through the VMM's memory: taken once, used for every guest of the card. */
const STAGING = new WeakMap<GuestMemory, number>();

function stagingIn(scratch: GuestMemory): number {
  const known = STAGING.get(scratch);
  if (known !== undefined) return known;
  const staging = scratch.allocate(RAM.bytes);
  STAGING.set(scratch, staging);
  return staging;
}

function* readRam(ioBase: number, scratch: GuestMemory): Sequence<Uint8Array> {
  const staging = stagingIn(scratch);
  yield* openRam(ioBase, CR.READ);
  yield insw(ioBase + DATA_PORT, staging, RAM.bytes / 2);
  yield writeRegister(ioBase, "CR", QUIET);
  return scratch.bytes(staging, RAM.bytes).slice();
}

function* writeRam(ioBase: number, ram: Uint8Array, scratch: GuestMemory): Sequence<void> {
  const staging = stagingIn(scratch);
  scratch.write(staging, ram);
  yield* openRam(ioBase, CR.WRITE);
  yield outsw(ioBase + DATA_PORT, staging, RAM.bytes / 2);
  yield writeRegister(ioBase, "CR", QUIET);
}

/** A remote DMA over the whole RAM, with the ring out of its way. */
function* openRam(ioBase: number, direction: number): Sequence<void> {
  yield writeRegister(ioBase, "CR", QUIET);
  yield writeRegister(ioBase, "DCR", DCR.WTS | DCR.LS | DCR.FT_8_BYTES);
  yield writeRegister(ioBase, "PSTART", 0);
  yield writeRegister(ioBase, "PSTOP", 0);
  yield* programRemote(ioBase, { address: RAM.start, bytes: RAM.bytes });
  yield writeRegister(ioBase, "CR", CR.STP | direction);
}

/** Polls of a status before the card is taken as it is. */
const POLLS = 100;

/** Waits until the card has entered the reset state. */
export function* awaitReset(ioBase: number): Sequence<void> {
  for (let poll = 0; poll < POLLS; poll++) {
    if (((yield readRegister(ioBase, "ISR")) & ISR.RST) !== 0) return;
  }
}

/** Pulses the reset port, which turns to page 0 as well. */
export function* resetCard(ioBase: number): Sequence<void> {
  yield outb(ioBase + RESET_PULSE, yield inb(ioBase + RESET_PULSE));
  yield* awaitReset(ioBase);
}
