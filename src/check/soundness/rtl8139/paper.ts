/**
 * Figure 6 on our RTL8139. Hooked are TSD, RCR and the reset in CR. INT:Error is read as TER, RER or SERR;
 * the interrupt mask as the guest's own.
 */
import { CR, ISR, RCR, REGISTERS } from "../../../devices/rtl8139/registers.ts";
import { access, frame, read, SENT, SERVICE } from "../accesses.ts";
import type { PaperReading } from "../paper.ts";
import { PAPER_RTL8139 } from "../paper-models.ts";
import type { Step } from "../specimen.ts";
import { FRAME_BYTES, RING, RUNNING, SENDING, set } from "./accesses.ts";
import { RTL8139 } from "./specimen.ts";

const { TSD0, TSAD0, RCR: RCR_REGISTER, CR: COMMAND, ISR: STATUS } = REGISTERS;

const transmits = (name: "TSD0" | "TSD1" | "TSD2" | "TSD3"): Step =>
  access(`the driver writes ${name}`, set(name, FRAME_BYTES));

export const RTL8139_READING: PaperReading = {
  model: PAPER_RTL8139,
  specimen: RTL8139,
  start: [...SENDING, set("RBSTART", RING)],
  atStart: [],
  steps: [
    ...(["TSD0", "TSD1", "TSD2", "TSD3"] as const).map(transmits),
    access("the driver arms the receiver", set("CR", RUNNING), set("RCR", RCR.AAP | RCR.AB)),
    access("the driver turns the receiver on", set("CR", RUNNING)),
    access("the driver turns the receiver off", set("CR", CR.TE)),
    access("the driver sets the filter", set("RCR", RCR.AAP | RCR.AB)),
    access("the driver masks its interrupts", set("IMR", 0)),
    access("the driver resets the card", set("CR", CR.RST)),
    frame("a frame arrives", new Uint8Array(FRAME_BYTES).fill(0xff), 1),
    SENT,
    SERVICE,
  ],
  hears: ({ port, direction, value }) => {
    if (direction === "read") return [];
    if (port >= TSD0.offset && port < TSAD0.offset) return ["TSD:Write"];
    if (port === RCR_REGISTER.offset) return ["RCR:Write"];
    return port === COMMAND.offset && (value & CR.RST) !== 0 ? ["CMD:RST"] : [];
  },
  status: read(STATUS.offset, STATUS.bytes),
  interrupts: (status) => [
    ...(status & ISR.TOK ? ["INT:TX_OK"] : []),
    ...(status & ISR.ROK ? ["INT:Rx_OK"] : []),
    ...(status & (ISR.TER | ISR.RER | ISR.SERR) ? ["INT:Error"] : []),
  ],
  words: new Map([
    ["TSD:Write", ["transmit", "transmits"]],
    ["INT:TX_OK", ["TOK", "TOK"]],
    ["RCR:Write", ["write of RCR", "writes of RCR"]],
    ["INT:Rx_OK", ["ROK", "ROK"]],
  ]),
  inFlight: () => "a DMA in flight",
};
