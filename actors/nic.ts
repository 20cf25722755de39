/**
 * A NIC emulator: a fence before the silicon, and the PHY behind it. The fence lets through only operations that carry the
 * current epoch; it closes at once, or after the operations of the old epoch that the arbiter awaits (`draining`).
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type NicEvent =
  /** A guest's operation: under the current epoch, or not; the VMM's own. */
  | "IO"
  | "STALE_IO"
  | "VMM_IO"
  | "FENCE_OPEN"
  | "FENCE_CLOSE"
  | "FENCE_DRAIN"
  | "DRAINED"
  /** The silicon has a frame for the PHY; it has left. */
  | "SEND"
  | "SENT"
  | "FRAME"
  | "TIMER";

export type NicEffect = {
  readonly type:
    | "execute"
    | "executeForVmm"
    | "refuse"
    | "raiseFence"
    | "sendFrame"
    | "frameLeft"
    | "receive"
    | "cardTimer";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const nicMachine = setup({
  types: { events: {} as { type: NicEvent } },
  actions: {
    execute: nothing,
    executeForVmm: nothing,
    refuse: nothing,
    raiseFence: nothing,
    sendFrame: nothing,
    frameLeft: nothing,
    receive: nothing,
    cardTimer: nothing,
  },
}).createMachine({
  id: "nic",
  type: "parallel",
  on: {
    FRAME: { actions: "receive" },
    TIMER: { actions: "cardTimer" },
    VMM_IO: { actions: "executeForVmm" },
  },
  states: {
    fence: {
      initial: "closed",
      states: {
        closed: {
          on: {
            STALE_IO: { actions: "refuse" },
            FENCE_OPEN: { target: "open", actions: "raiseFence" },
            FENCE_CLOSE: { actions: "raiseFence" },
          },
        },
        open: {
          on: {
            IO: { actions: "execute" },
            STALE_IO: { actions: "refuse" },
            FENCE_OPEN: { actions: "raiseFence" },
            FENCE_CLOSE: { target: "closed", actions: "raiseFence" },
            FENCE_DRAIN: "draining",
          },
        },
        draining: {
          on: {
            IO: { actions: "execute" },
            STALE_IO: { actions: "refuse" },
            DRAINED: { target: "closed", actions: "raiseFence" },
            FENCE_CLOSE: { target: "closed", actions: "raiseFence" },
          },
        },
      },
    },
    phy: {
      initial: "idle",
      states: {
        idle: { on: { SEND: { target: "sending", actions: "sendFrame" } } },
        sending: { on: { SENT: { target: "idle", actions: "frameLeft" } } },
      },
    },
  },
});

export const nicAutomaton = new Automaton<NicEvent, NicEffect>(nicMachine);
