/**
 * What the DMM knows of an RTL8139, as a statechart. It starts from the paper's figure 6 and closes its holes: transmits
 * are counted (two writes of TSD and one TOK do not make the card reusable), and the receiver stays armed after a frame
 * has come in.
 */
import { setup } from "xstate";
import { Automaton } from "../../machine/automaton.ts";

export type Rtl8139Event =
  /** TSDn written with OWN = 0: the card will read the buffer and send it. */
  | "TRANSMIT"
  /** The status of all descriptors shows that one more is the host's again. */
  | "SENT"
  | "RECEIVE_ON"
  | "RECEIVE_OFF"
  | "TRANSMIT_ON"
  | "TRANSMIT_OFF"
  /** ISR.SERR: a bus error. */
  | "ERROR"
  | "RESET";

export const rtl8139Machine = setup({ types: { events: {} as { type: Rtl8139Event } } }).createMachine({
  id: "rtl8139",
  type: "parallel",
  states: {
    transmitter: {
      initial: "empty",
      states: {
        empty: { on: { TRANSMIT: "one" } },
        one: { tags: ["transmitting"], on: { TRANSMIT: "two", SENT: "empty", RESET: "empty" } },
        two: { tags: ["transmitting"], on: { TRANSMIT: "three", SENT: "one", RESET: "empty" } },
        three: { tags: ["transmitting"], on: { TRANSMIT: "four", SENT: "two", RESET: "empty" } },
        four: { tags: ["transmitting"], on: { SENT: "three", RESET: "empty" } },
      },
    },
    engine: {
      initial: "stopped",
      states: {
        stopped: { tags: ["stopped"], on: { TRANSMIT_ON: "started" } },
        started: { on: { TRANSMIT_OFF: "stopped", RESET: "stopped" } },
      },
    },
    receiver: {
      initial: "off",
      states: {
        off: { on: { RECEIVE_ON: "armed" } },
        armed: { tags: ["armed"], on: { RECEIVE_OFF: "off", RESET: "off" } },
      },
    },
    health: {
      initial: "good",
      states: {
        good: { on: { ERROR: "failed" } },
        failed: { tags: ["failed"], on: { RESET: "good" } },
      },
    },
  },
});

export const rtl8139Automaton = new Automaton<Rtl8139Event>(rtl8139Machine);
