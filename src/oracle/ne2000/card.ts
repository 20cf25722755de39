/** The NE2000 on trial, on PCI and on ISA: how its programs begin and end, and those without sense. */
import type { Prng } from "../../base/prng.ts";
import { Ne2000Driver } from "../../devices/ne2000/driver.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  MAR,
  OFFSET,
  PAGE_BYTES,
  RAM,
  RCR,
  type RegisterName,
} from "../../devices/ne2000/registers.ts";
import { Ne2000 } from "../../devices/ne2000/silicon.ts";
import type { Author } from "../author.ts";
import type { OracleCard } from "../cards.ts";
import { randomFrame } from "../frames.ts";
import { zeros } from "../step.ts";
import { Ne2000Ground } from "./ground.ts";
import { driverLike } from "./programs.ts";
import { FENCES, MASKS } from "./rules.ts";

const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
const FIRST_FRAME_BYTES = 60;
const LAST_FRAME_BYTES = 60;
const ALL_ONES = 0xffff_ffff;
const PAGES = [CR.PAGE_0, CR.PAGE_1, CR.PAGE_2, CR.PAGE_3] as const;
const FIRST_PAGE = RAM.start / PAGE_BYTES;

const STOP = CR.STP | CR.ABORT;

function readAll(author: Author): void {
  for (const page of PAGES) {
    author.out(0, 1, STOP | page);
    readPage(author);
  }
  author.out(0, 1, STOP);
}

function readPage(author: Author): void {
  for (let offset = 0; offset < DATA_PORT; offset++) author.in(offset, 1);
}

const write = (author: Author, name: RegisterName, value: number): void => author.out(OFFSET[name], 1, value);

/** Every register is written; of those that only frames write, one frame each way. */
function prologue(author: Author): void {
  write(author, "CR", STOP);
  for (const name of ["BNRY", "TPSR", "PSTART"] as const) write(author, name, FIRST_PAGE);
  for (const name of ["IMR", "TCR", "RSAR0", "RBCR1"] as const) write(author, name, 0);
  write(author, "PSTOP", FIRST_PAGE + RAM.bytes / PAGE_BYTES);
  write(author, "RSAR1", FIRST_PAGE);
  write(author, "RBCR0", FIRST_FRAME_BYTES);
  write(author, "DCR", DCR.LS | DCR.WTS);
  write(author, "RCR", RCR.AB);
  write(author, "CR", STOP | CR.PAGE_1);
  for (const [i, byte] of MAC.entries()) author.out(OFFSET.PAR0 + i, 1, byte);
  for (const name of MAR) write(author, name, 0);
  write(author, "CURR", FIRST_PAGE);
  write(author, "CR", CR.STA | CR.WRITE);
  for (let bytes = 0; bytes < FIRST_FRAME_BYTES; bytes += 4) author.out(DATA_PORT, 4, ALL_ONES);
  write(author, "TBCR0", FIRST_FRAME_BYTES);
  write(author, "TBCR1", 0);
  write(author, "CR", CR.STA | CR.ABORT | CR.TXP);
  author.frame({ head: new Uint8Array(6).fill(0xff), bytes: FIRST_FRAME_BYTES, seed: 1 });
  write(author, "ISR", 0xff);
  write(author, "CR", STOP);
}

function epilogue(author: Author): void {
  readAll(author);
  write(author, "IMR", 0);
  author.frame(zeros(LAST_FRAME_BYTES));
}

function rawValue(prng: Prng, offset: number): number {
  if (offset === 0 && prng.chance(7, 8)) {
    const run = prng.pick([CR.STP, CR.STA, CR.STA, CR.STA | CR.TXP]);
    return run | prng.pick([CR.ABORT, CR.ABORT, CR.READ, CR.WRITE, CR.READ]) | prng.pick(PAGES);
  }
  if (offset === OFFSET.TCR && prng.chance(3, 4)) return 0;
  switch (prng.below(5)) {
    case 0:
      return 0;
    case 1:
      return 1 << prng.below(8);
    case 2:
      return prng.between(FIRST_PAGE, FIRST_PAGE + 0x40);
    default:
      return prng.below(256);
  }
}

function raw(author: Author, prng: Prng, steps: number): void {
  for (let i = 0; i < steps; i++) {
    const kind = prng.below(100);
    const offset = prng.chance(1, 6) ? 0 : prng.below(DATA_PORT);
    if (kind < 40) author.in(offset, 1);
    else if (kind < 80) author.out(offset, 1, rawValue(prng, offset));
    else if (kind < 88) author.in(DATA_PORT, prng.pick([1, 2, 4]));
    else if (kind < 96) author.out(DATA_PORT, prng.pick([1, 2, 4]), prng.u32());
    else author.frame(randomFrame(prng, MAC, 60, 300));
  }
}

const COMMON = {
  mac: MAC,
  makeSilicon: (slot) => new Ne2000(slot, { mac: MAC }),
  makeDriver: (environment) => new Ne2000Driver(environment),
  mastersBus: false,
  makeGround: () => new Ne2000Ground(MAC),
  masks: MASKS,
  fences: FENCES,
  powerOn: readPage,
  prologue,
  epilogue,
  raw,
  driverLike,
} as const satisfies Partial<OracleCard>;

export const NE2000: OracleCard = { name: "ne2000", qemu: { device: "ne2k_pci" }, ...COMMON };

export const NE2000_ISA: OracleCard = {
  name: "ne2000-isa",
  qemu: { device: "ne2k_isa", isa: { ioBase: 0x300, irq: 9 } },
  ...COMMON,
};
