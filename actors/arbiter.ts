/**
 * The VPIO arbiter of one card: the handoff protocol. In each state either one of its own sequences has the card
 * (`atomic`: nothing else is begun until it is over), or it waits and attends to whatever comes first.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type ArbiterEvent =
  /** There is somebody to give the free card to. */
  | "NEXT"
  /** The sequence under way is over. */
  | "DONE"
  /** The NIC has put up the fence. */
  | "DRAINED"
  | "EXIT"
  | "IRQ"
  | "POLL"
  | "REVOKE"
  | "REVOKED"
  | "REVOKE_TIMEOUT"
  /** The quiesce sequence found the card reusable and has disarmed it; or still busy; or half-programmed. */
  | "QUIET"
  | "NOT_QUIET"
  | "GIVE_BACK"
  | "WATCHDOG"
  | "OWNER_GONE"
  /** The owner's operation was refused with a machine check. */
  | "CONDEMN"
  | "CARD_LOST";

export type ArbiterEffect = {
  readonly type:
    | "attend"
    | "restore"
    | "openFence"
    | "grant"
    | "trap"
    | "takeInterrupt"
    | "revoke"
    | "closeFence"
    | "forceFence"
    | "quiesce"
    | "save"
    | "resetCard"
    | "release"
    | "punish"
    | "failGuests";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const arbiterMachine = setup({
  types: { events: {} as { type: ArbiterEvent } },
  actions: {
    attend: nothing,
    restore: nothing,
    openFence: nothing,
    grant: nothing,
    trap: nothing,
    takeInterrupt: nothing,
    revoke: nothing,
    closeFence: nothing,
    forceFence: nothing,
    quiesce: nothing,
    save: nothing,
    resetCard: nothing,
    release: nothing,
    punish: nothing,
    failGuests: nothing,
  },
}).createMachine({
  id: "arbiter",
  initial: "resetting",
  on: { CARD_LOST: ".lost" },
  states: {
    free: { tags: ["free"], entry: "attend", on: { NEXT: "restoring" } },
    restoring: { tags: ["atomic"], entry: "restore", on: { DONE: "granting" } },
    granting: {
      tags: ["atomic"],
      entry: "openFence",
      on: { DRAINED: { target: "owned", actions: "grant" } },
    },
    owned: {
      tags: ["owned"],
      initial: "watching",
      states: {
        watching: {
          tags: ["watching"],
          entry: "attend",
          on: {
            EXIT: "serving",
            IRQ: "updating",
            POLL: "updating",
            REVOKE: "#arbiter.revoking",
            WATCHDOG: "#arbiter.wedged",
            OWNER_GONE: "#arbiter.wedged",
          },
        },
        serving: {
          tags: ["atomic"],
          entry: "trap",
          on: { DONE: "watching", CONDEMN: "#arbiter.wedged" },
        },
        updating: { tags: ["atomic"], entry: "takeInterrupt", on: { DONE: "watching" } },
      },
    },
    revoking: {
      entry: "revoke",
      initial: "waiting",
      states: {
        waiting: {
          tags: ["revoking"],
          entry: "attend",
          on: {
            IRQ: "updating",
            REVOKED: "#arbiter.draining",
            REVOKE_TIMEOUT: "#arbiter.fencing",
            OWNER_GONE: "#arbiter.wedged",
          },
        },
        updating: { tags: ["atomic"], entry: "takeInterrupt", on: { DONE: "waiting" } },
      },
    },
    draining: { tags: ["atomic"], entry: "closeFence", on: { DRAINED: "settling" } },
    fencing: { tags: ["atomic"], entry: "forceFence", on: { DRAINED: "settling" } },
    settling: {
      initial: "quiescing",
      states: {
        quiescing: {
          tags: ["atomic"],
          entry: "quiesce",
          on: { QUIET: "#arbiter.saving", NOT_QUIET: "waiting", GIVE_BACK: "#arbiter.granting" },
        },
        waiting: {
          tags: ["settling"],
          entry: "attend",
          on: {
            IRQ: "quiescing",
            POLL: "quiescing",
            WATCHDOG: "#arbiter.wedged",
            OWNER_GONE: "#arbiter.wedged",
          },
        },
      },
    },
    saving: { tags: ["atomic"], entry: "save", on: { DONE: { target: "resetting", actions: "release" } } },
    wedged: {
      tags: ["atomic"],
      entry: ["punish", "forceFence"],
      on: { DRAINED: { target: "resetting", actions: "release" } },
    },
    resetting: { tags: ["atomic"], entry: "resetCard", on: { DONE: "free" } },
    lost: { tags: ["lost"], entry: "failGuests", on: { CARD_LOST: { actions: "failGuests" } } },
  },
});

export const arbiterAutomaton = new Automaton<ArbiterEvent, ArbiterEffect>(arbiterMachine);
