/** What guests do to an NE2000. */
import type { Access } from "../../../devices/model.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  MAR,
  OFFSET,
  PAR,
  RCR,
  RESET_PULSE,
  type RegisterName,
} from "../../../devices/ne2000/registers.ts";
import { access, frame, read, write } from "../accesses.ts";
import type { Step } from "../specimen.ts";

export const set = (name: RegisterName, value: number): Access => write(OFFSET[name], 1, value);
export const writes = (name: RegisterName, value: number, says: string): Step =>
  access(`the guest writes ${name}: ${says}`, set(name, value));
export const commands = (says: string, value: number): Step => writes("CR", value, says);

export const TX_PAGE = 0x40;
/** One frame fits; the second one overflows. */
export const RING = { start: 0x46, stop: 0x48 } as const;
export const BEHIND_RAM = 0x80;
export const FRAME_BYTES = 60;
export const ALL = 0x7f;
export const RUN = CR.STA | CR.ABORT;
export const STOP = CR.STP | CR.ABORT;
export const WORDS = DCR.WTS | DCR.LS | DCR.FT_8_BYTES;

/** Broadcasts, and what is sent in loopback. */
export const ADMITTING = RCR.AB | RCR.PRO;

/** A driver has opened the card; no two registers hold the same. */
export const OPEN: readonly Access[] = [
  set("CR", STOP),
  set("DCR", WORDS),
  set("PSTART", RING.start),
  set("PSTOP", RING.stop),
  set("BNRY", RING.start),
  set("TPSR", TX_PAGE),
  set("TBCR0", FRAME_BYTES),
  set("TBCR1", 0),
  set("RSAR0", 0x10),
  set("RSAR1", TX_PAGE),
  set("RBCR0", 4),
  set("RBCR1", 0),
  set("RCR", ADMITTING),
  set("TCR", 0),
  set("IMR", ALL),
  set("CR", STOP | CR.PAGE_1),
  ...PAR.map((name, i) => set(name, 0x91 + i)),
  ...MAR.map((name, i) => set(name, 0xa1 + i)),
  set("CURR", RING.start),
  set("CR", RUN),
];

export const MISSED_MAX = 2;
export const BROADCAST = frame("a frame arrives", new Uint8Array(FRAME_BYTES).fill(0xff), MISSED_MAX);
export const RESET = access("the guest reads the reset port", read(RESET_PULSE, 1));
export const ACKNOWLEDGE = writes("ISR", 0xff, "all acknowledged");
export const MASK = writes("IMR", 0, "all masked");
export const reads = (name: RegisterName): Step => access(`the guest reads ${name}`, read(OFFSET[name], 1));
export const READ_WORD = access("the guest reads a word from the data port", read(DATA_PORT, 2));
export const WRITE_WORD = access("the guest writes a word to the data port", write(DATA_PORT, 2, 0x1234));
