/**
 * A link from the wire to the outside: there is somebody at its other end, or not. One that dials waits longer and longer
 * before it dials again; one that listens is ready for the next at once.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type UplinkEvent =
  /** The run begins. */
  | "START"
  /** Somebody is at the other end, or could not be reached. */
  | "FOUND"
  | "FAILED"
  /** The connection that was dialled is gone; the one that was let in is. */
  | "LOST"
  | "LEFT"
  /** The time to wait has passed. */
  | "RETRY"
  /** The run is over. */
  | "CLOSE";

export type UplinkEffect = {
  readonly type: "seek" | "greet" | "wait" | "close";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const uplinkMachine = setup({
  types: { events: {} as { type: UplinkEvent } },
  actions: { seek: nothing, greet: nothing, wait: nothing, close: nothing },
}).createMachine({
  id: "uplink",
  initial: "idle",
  states: {
    idle: { on: { START: "seeking", CLOSE: "closed" } },
    seeking: { entry: "seek", on: { FOUND: "connected", FAILED: "waiting", CLOSE: "closed" } },
    connected: {
      tags: ["connected"],
      entry: "greet",
      on: { LOST: "waiting", LEFT: "seeking", CLOSE: "closed" },
    },
    waiting: { entry: "wait", on: { RETRY: "seeking", CLOSE: "closed" } },
    closed: { tags: ["closed"], entry: "close" },
  },
});

export const uplinkAutomaton = new Automaton<UplinkEvent, UplinkEffect>(uplinkMachine);
