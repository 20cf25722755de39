/**
 * What the DMM knows of an NE2000, as a statechart. It starts from the paper's figure 5 and closes its holes:
 * a transmit or a remote DMA that is only half programmed does not leave the card reusable, the receiver and
 * a ring that has overflowed are states, and so is the register page, which says what a port means.
 */
import { setup } from "xstate";
import { Automaton } from "../../machine/automaton.ts";

export type Ne2000Event =
  /** TBCR0 or TBCR1 written while the card runs. */
  | "TRANSMIT_PROGRAMMED"
  /** CR written with TXP. */
  | "TRANSMIT"
  /** ISR.PTX or ISR.TXE. */
  | "SENT"
  /** RSAR or RBCR written. */
  | "DMA_PROGRAMMED"
  /** CR.RD written: read from the packet RAM, read from the PROM, write, send packet. */
  | "DMA_READ"
  | "DMA_READ_PROM"
  | "DMA_WRITE"
  | "DMA_SEND"
  /** ISR.RDC. */
  | "DMA_DONE"
  /** CR.RD written with anything else. */
  | "DMA_ABORT"
  /** CR written without STP; with it. */
  | "START"
  | "STOP"
  /** CR.PS written. */
  | "PAGE_0"
  | "PAGE_1"
  | "PAGE_2"
  | "PAGE_3"
  /** ISR.OVW: nothing is received until the card has been stopped. */
  | "OVERFLOW"
  /** The reset port was read. */
  | "RESET";

const turnTo = { PAGE_0: "page0", PAGE_1: "page1", PAGE_2: "page2", PAGE_3: "page3", RESET: "page0" };
const command = {
  DMA_READ: "#open.reading",
  DMA_READ_PROM: "#open.readingProm",
  DMA_WRITE: "#open.writing",
  DMA_SEND: "#open.sendingPacket",
  DMA_PROGRAMMED: "#programming",
  DMA_ABORT: "#idle",
  RESET: "#idle",
};

export const ne2000Machine = setup({ types: { events: {} as { type: Ne2000Event } } }).createMachine({
  id: "ne2000",
  type: "parallel",
  states: {
    transmitter: {
      initial: "idle",
      states: {
        idle: { on: { TRANSMIT_PROGRAMMED: "programmed", TRANSMIT: "sending" } },
        programmed: { tags: ["programming"], on: { TRANSMIT: "sending", STOP: "idle", RESET: "idle" } },
        sending: {
          tags: ["sending"],
          on: { TRANSMIT_PROGRAMMED: "sendingProgrammed", SENT: "idle", RESET: "idle" },
        },
        sendingProgrammed: {
          tags: ["sending", "programming"],
          on: { SENT: "programmed", STOP: "sending", RESET: "idle" },
        },
      },
    },
    remoteDma: {
      initial: "idle",
      on: command,
      states: {
        idle: { id: "idle" },
        programming: { id: "programming", tags: ["programming"] },
        open: {
          id: "open",
          tags: ["programming", "open"],
          initial: "reading",
          on: { DMA_DONE: "idle" },
          states: {
            reading: {},
            readingProm: { tags: ["readingProm"] },
            writing: {},
            sendingPacket: { tags: ["sendingPacket"] },
          },
        },
      },
    },
    station: {
      initial: "stopped",
      states: {
        stopped: { on: { START: "started" } },
        started: { tags: ["started"], on: { STOP: "stopped", RESET: "stopped" } },
      },
    },
    ring: {
      initial: "open",
      states: {
        open: { on: { OVERFLOW: "overflowed" } },
        overflowed: { tags: ["overflowed"], on: { STOP: "open", RESET: "open" } },
      },
    },
    page: {
      initial: "page0",
      states: {
        page0: { tags: ["page0"], on: turnTo },
        page1: { on: turnTo },
        page2: { on: turnTo },
        page3: { on: turnTo },
      },
    },
  },
});

export const ne2000Automaton = new Automaton<Ne2000Event>(ne2000Machine);
