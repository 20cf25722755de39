/**
 * A guest VM: its processor and its hold on the card. The processor runs until it needs an answer: from the card
 * (passthrough), from the arbiter (trap), or from time and interrupts (halted). The card is given back only at an
 * operation boundary: `yielding` waits for the answer under way.
 */
import { setup, stateIn } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type GuestEvent =
  /** The program needs an answer from the card; from the arbiter. */
  | "READ"
  | "TRAP"
  /** The program halts; something has woken it; it is over; it has failed. */
  | "HALT"
  | "WAKE"
  | "FINISH"
  | "FAULT"
  /** Answers. */
  | "IO_DONE"
  | "RESUME"
  /** The awaited operation was refused: under the present epoch, or under an older one. */
  | "FENCED"
  | "FENCED_OLD"
  /** A posted write was refused under the present epoch. */
  | "FENCED_POSTED"
  | "GRANT"
  | "REVOKE"
  | "MACHINE_CHECK";

export type GuestEffect = {
  readonly type:
    | "sendIo"
    | "sendExit"
    | "takeAnswer"
    | "takeRefusal"
    | "takeGrant"
    | "ackRevoke"
    | "reportEnd"
    | "ignore";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const guestMachine = setup({
  types: { events: {} as { type: GuestEvent } },
  actions: {
    sendIo: nothing,
    sendExit: nothing,
    takeAnswer: nothing,
    takeRefusal: nothing,
    takeGrant: nothing,
    ackRevoke: nothing,
    reportEnd: nothing,
    ignore: nothing,
  },
  guards: { operationUnderWay: stateIn({ cpu: "waitingCard" }) },
}).createMachine({
  id: "guest",
  type: "parallel",
  states: {
    cpu: {
      initial: "running",
      states: {
        running: {
          tags: ["runnable"],
          on: {
            READ: { target: "waitingCard", actions: "sendIo" },
            TRAP: { target: "waitingArbiter", actions: "sendExit" },
            HALT: "halted",
            FINISH: { target: "ended", actions: "reportEnd" },
            FAULT: { target: "crashed", actions: "reportEnd" },
            MACHINE_CHECK: "crashed",
          },
        },
        waitingCard: {
          on: {
            IO_DONE: { target: "running", actions: "takeAnswer" },
            FENCED: { target: "running", actions: "takeRefusal" },
            FENCED_OLD: { target: "running", actions: "takeRefusal" },
            MACHINE_CHECK: "crashed",
          },
        },
        waitingArbiter: {
          on: { RESUME: { target: "running", actions: "takeAnswer" }, MACHINE_CHECK: "crashed" },
        },
        halted: {
          tags: ["halted"],
          on: { WAKE: "running", FENCED_POSTED: "running", MACHINE_CHECK: "crashed" },
        },
        ended: { tags: ["over"] },
        crashed: { tags: ["over"] },
      },
    },
    card: {
      initial: "away",
      states: {
        away: {
          on: {
            GRANT: { target: "held", actions: "takeGrant" },
            // The card was fenced off before the revoke arrived: the answer is stale and harmless.
            REVOKE: { actions: "ackRevoke" },
            FENCED: { actions: "ignore" },
            FENCED_POSTED: { actions: "ignore" },
          },
        },
        held: {
          tags: ["held"],
          on: {
            REVOKE: [
              { guard: "operationUnderWay", target: "yielding" },
              { target: "away", actions: "ackRevoke" },
            ],
            FENCED: "away",
            FENCED_POSTED: "away",
            // The card was taken by force, without a revoke, and is given again before the guest has noticed.
            GRANT: { actions: "takeGrant" },
          },
        },
        yielding: {
          on: {
            IO_DONE: { target: "away", actions: "ackRevoke" },
            FENCED: { target: "away", actions: "ackRevoke" },
            FENCED_OLD: { target: "away", actions: "ackRevoke" },
            FENCED_POSTED: { actions: "ignore" },
            // The revoke ran out while the answer was under way, and the card comes back before it.
            GRANT: { target: "held", actions: "takeGrant" },
          },
        },
      },
    },
  },
});

export const guestAutomaton = new Automaton<GuestEvent, GuestEffect>(guestMachine);
