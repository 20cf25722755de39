/**
 * Figure 5 on our NE2000. Hooked are CR and the reset port; RSAR and RBCR are not, as the paper says. A write
 * of CR with TXP is CMD:Trans, with a remote read CMD:DmaRd, with a remote write CMD:DmaWr; INT:Error is read
 * as TXE or RXE, RST as a reset; the interrupt mask as the guest's own.
 */
import {
  CR,
  DATA_PORT,
  ISR,
  OFFSET,
  RCR,
  RESET_PORT,
  RESET_PULSE,
} from "../../../devices/ne2000/registers.ts";
import { access, read, SENT, SERVICE } from "../accesses.ts";
import type { PaperReading } from "../paper.ts";
import { PAPER_NE2000 } from "../paper-models.ts";
import { ADMITTING, BROADCAST, FRAME_BYTES, OPEN, RUN, STOP, set } from "./accesses.ts";
import { NE2000 } from "./specimen.ts";

export const NE2000_READING: PaperReading = {
  model: PAPER_NE2000,
  specimen: NE2000,
  start: [...OPEN, set("RCR", ADMITTING | RCR.MON)],
  atStart: ["Initiate"],
  steps: [
    access("the driver transmits", set("CR", RUN | CR.TXP)),
    access("the driver transmits and stops the card", set("CR", STOP | CR.TXP)),
    access("the driver begins a remote read", set("CR", CR.STA | CR.READ)),
    access("the driver begins a remote write", set("CR", CR.STA | CR.WRITE)),
    access("the driver ends the remote DMA", set("CR", RUN)),
    access("the driver stops the card", set("CR", STOP)),
    access("the driver writes RBCR0", set("RBCR0", 4)),
    access("the driver writes TBCR0", set("TBCR0", FRAME_BYTES)),
    access("the driver reads a word from the data port", read(DATA_PORT, 2)),
    access("the driver masks its interrupts", set("IMR", 0)),
    access("the driver resets the card", read(RESET_PULSE, 1)),
    access("the driver opens the receiver", set("RCR", ADMITTING)),
    BROADCAST,
    SENT,
    SERVICE,
  ],
  hears: ({ port, direction, value }) => {
    if (direction === "read") return port >= RESET_PORT ? ["RST"] : [];
    if (port !== OFFSET.CR) return [];
    const remote = (value & CR.ABORT) !== 0 ? CR.ABORT : value & CR.RD;
    return [
      ...(value & CR.TXP ? ["CMD:Trans"] : []),
      ...(remote === CR.READ ? ["CMD:DmaRd"] : []),
      ...(remote === CR.WRITE ? ["CMD:DmaWr"] : []),
    ];
  },
  status: read(OFFSET.ISR, 1),
  interrupts: (status) => [
    ...(status & ISR.PTX ? ["INT:TXOK"] : []),
    ...(status & ISR.RDC ? ["INT:RDC"] : []),
    ...(status & (ISR.TXE | ISR.RXE) ? ["INT:Error"] : []),
  ],
  words: new Map([
    ["CMD:Trans", ["transmit", "transmits"]],
    ["INT:TXOK", ["PTX", "PTX"]],
    ["CMD:DmaRd", ["remote read", "remote reads"]],
    ["CMD:DmaWr", ["remote write", "remote writes"]],
    ["INT:RDC", ["RDC", "RDC"]],
  ]),
  inFlight: (busyWith) => busyWith,
};
