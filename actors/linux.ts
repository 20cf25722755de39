/**
 * How a guest that runs Linux fares, as far as it can be told from outside: its control line says how far it has come, its
 * port client whether it waits for the card. Beside the guest's own statechart, which it has like every other guest.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type LinuxEvent =
  /** Its driver is loaded and looks for the card; the card has an address. */
  | "PROBE"
  | "UP"
  /** All of its commands are done. */
  | "DONE"
  /** An operation waits for the card, which somebody else has; it is answered. */
  | "BLOCK"
  | "UNBLOCK"
  /** The machine was switched off, by itself or from outside. */
  | "CRASH";

export type LinuxEffect = never;

export const linuxMachine = setup({ types: { events: {} as { type: LinuxEvent } } }).createMachine({
  id: "linux",
  type: "parallel",
  states: {
    system: {
      initial: "boot",
      states: {
        boot: { on: { PROBE: "probe", CRASH: "crashed" } },
        probe: { on: { UP: "running", CRASH: "crashed" } },
        running: { on: { DONE: "idle", CRASH: "crashed" } },
        idle: { on: { CRASH: "crashed" } },
        crashed: { tags: ["over"] },
      },
    },
    processor: {
      initial: "free",
      states: {
        free: { on: { BLOCK: "blocked" } },
        blocked: { on: { UNBLOCK: "free", CRASH: "stopped" } },
        stopped: {},
      },
    },
  },
});

export const linuxAutomaton = new Automaton<LinuxEvent, LinuxEffect>(linuxMachine);
