/** The NE2000 with its model, for the checker. */
import type { Access } from "../../../devices/model.ts";
import { ne2000Model } from "../../../devices/ne2000/model.ts";
import { CR, DATA_PORT, EECR, OFFSET, RCR, TCR, WINDOW_BYTES } from "../../../devices/ne2000/registers.ts";
import { PAGE_BYTES } from "../../../hardware/memory.ts";
import { write } from "../accesses.ts";
import type { Specimen } from "../specimen.ts";
import { RING, RUN, STOP, set, TX_PAGE, WORDS } from "./accesses.ts";
import { excuse, NE2000_CIRCUMSTANCES, NE2000_HOOKS, surroundings, touches } from "./hooks.ts";
import { Ne2000InSight } from "./in-sight.ts";
import { NE2000_WORLDS } from "./worlds.ts";

/**
 * Another guest has had an address of its own, a ring, frames in it and one in loopback; a reset leaves
 * these.
 */
const STRANGER: readonly Access[] = [
  set("CR", STOP | CR.PAGE_1),
  ...Array.from({ length: DATA_PORT - 1 }, (_, i) => write(i + 1, 1, 0x61 + i)),
  set("CR", STOP | CR.PAGE_3),
  write(OFFSET["9346CR"], 1, EECR.CONFIG_WRITE),
  set("CONFIG2", 0xa0),
  set("CONFIG3", 0x06),
  set("CR", STOP),
  set("DCR", WORDS),
  set("PSTART", 0x51),
  set("PSTOP", 0x71),
  set("BNRY", 0x55),
  set("TPSR", 0x52),
  set("TBCR0", 0x77),
  set("TBCR1", 0x01),
  set("RCR", RCR.PRO),
  set("TCR", TCR.CRC),
  set("RSAR0", 0),
  set("RSAR1", TX_PAGE),
  set("RBCR0", 0x44),
  set("RBCR1", 0),
  set("CR", CR.STP | CR.WRITE),
  write(DATA_PORT, 2, 0xdead),
  set("CR", STOP),
  set("RSAR0", 0),
  set("RSAR1", RING.start),
  set("CR", CR.STP | CR.WRITE),
  write(DATA_PORT, 2, 0xbeef),
  write(DATA_PORT, 2, 0xbeef),
  set("TBCR0", 0x20),
  set("TCR", TCR.LB_NIC),
  set("CR", RUN),
  set("CR", RUN | CR.TXP),
  set("CR", STOP),
];

export const NE2000: Specimen = {
  kind: "ne2000",
  model: ne2000Model,
  guestBytes: PAGE_BYTES,
  illegal: (port) => port >= WINDOW_BYTES,
  dmaOf: () => "",
  insert: (slot, mac) => new Ne2000InSight(slot, mac),
  stranger: STRANGER,
  worlds: NE2000_WORLDS,
  registers: [
    ...Array.from(
      { length: DATA_PORT },
      (_, port) => ({ name: `port 0x${port.toString(16)}`, port, width: 1 }) as const,
    ),
    { name: "the data port", port: DATA_PORT, width: 2 },
  ],
  hooks: NE2000_HOOKS,
  circumstances: NE2000_CIRCUMSTANCES,
  excuse,
  touches,
  surroundings,
};
