/**
 * One direction of one link of the Ethernet segment: it carries one frame at a time, each for as long as its bits take.
 * A station that has no room at its end stalls the line.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type LineEvent =
  /** There is a frame to send. */
  | "START"
  /** The time that the state asked for has passed. */
  | "ELAPSED"
  /** The far end has taken the frame, or has no room. */
  | "DELIVERED"
  | "NO_ROOM";

export type LineEffect = {
  readonly type: "attend" | "occupy" | "deliver" | "awaitRoom";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const lineMachine = setup({
  types: { events: {} as { type: LineEvent } },
  actions: { attend: nothing, occupy: nothing, deliver: nothing, awaitRoom: nothing },
}).createMachine({
  id: "line",
  initial: "idle",
  states: {
    idle: { tags: ["idle"], entry: "attend", on: { START: "sending" } },
    sending: { entry: "occupy", on: { ELAPSED: "arriving" } },
    arriving: { entry: "deliver", on: { DELIVERED: "idle", NO_ROOM: "stalled" } },
    stalled: { entry: "awaitRoom", on: { ELAPSED: "arriving" } },
  },
});

export const lineAutomaton = new Automaton<LineEvent, LineEffect>(lineMachine);
