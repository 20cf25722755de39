/**
 * Passthrough mode: one guest has the card to itself from the start to its end, and nobody has it after that. No
 * operation of the owner exits, but those that it traps before the grant has reached it.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type PassthroughEvent =
  /** There is an owner that the card was not given to yet. */
  | "CLAIM"
  /** The NIC has put up the fence. */
  | "DRAINED"
  | "EXIT"
  /** The sequence under way is over. */
  | "DONE"
  | "OWNER_GONE"
  | "CARD_LOST";

export type PassthroughEffect = {
  readonly type:
    | "attend"
    | "refuseOthers"
    | "openFence"
    | "grant"
    | "access"
    | "closeFence"
    | "resetCard"
    | "release"
    | "failGuests";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const passthroughMachine = setup({
  types: { events: {} as { type: PassthroughEvent } },
  actions: {
    attend: nothing,
    refuseOthers: nothing,
    openFence: nothing,
    grant: nothing,
    access: nothing,
    closeFence: nothing,
    resetCard: nothing,
    release: nothing,
    failGuests: nothing,
  },
}).createMachine({
  id: "passthrough",
  initial: "free",
  on: { CARD_LOST: ".lost" },
  states: {
    free: { tags: ["free"], entry: "attend", on: { CLAIM: { target: "granting", actions: "refuseOthers" } } },
    granting: { entry: "openFence", on: { DRAINED: { target: "owned", actions: "grant" } } },
    owned: {
      initial: "watching",
      states: {
        watching: {
          tags: ["watching"],
          entry: "attend",
          on: { EXIT: "serving", OWNER_GONE: "#passthrough.closing" },
        },
        serving: { entry: "access", on: { DONE: "watching" } },
      },
    },
    closing: { entry: "closeFence", on: { DRAINED: "resetting" } },
    resetting: { entry: "resetCard", on: { DONE: { target: "free", actions: "release" } } },
    lost: { tags: ["lost"], entry: "failGuests" },
  },
});

export const passthroughAutomaton = new Automaton<PassthroughEvent, PassthroughEffect>(passthroughMachine);
