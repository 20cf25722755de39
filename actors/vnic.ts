/**
 * Fully virtual mode: the physical card belongs to the VMM's own driver, which does one thing at a time. The guests'
 * virtual cards are no part of this chart: their operations are answered at once, in every state.
 */
import { setup } from "xstate";
import { Automaton } from "../src/machine/automaton.ts";

export type VnicEvent =
  /** The driver has done what it was asked to; it has no room for the frame. */
  | "DONE"
  | "FULL"
  /** A virtual card has a frame to send. */
  | "TRANSMIT"
  /** The physical card's line is up. */
  | "IRQ"
  /** A full driver has waited long enough for an interrupt. */
  | "POLL"
  | "CARD_LOST";

export type VnicEffect = {
  readonly type: "attend" | "openDriver" | "transmit" | "interrupt" | "failGuests";
  readonly params: undefined;
};

const nothing = (): void => undefined;

export const vnicMachine = setup({
  types: { events: {} as { type: VnicEvent } },
  actions: {
    attend: nothing,
    openDriver: nothing,
    transmit: nothing,
    interrupt: nothing,
    failGuests: nothing,
  },
}).createMachine({
  id: "vnic",
  initial: "opening",
  on: { CARD_LOST: ".lost" },
  states: {
    opening: { entry: "openDriver", on: { DONE: "idle" } },
    idle: {
      tags: ["waiting", "ready"],
      entry: "attend",
      on: { TRANSMIT: "working.transmitting", IRQ: "working.interrupted" },
    },
    full: {
      tags: ["waiting"],
      entry: "attend",
      on: { IRQ: "working.interrupted", POLL: "working.interrupted" },
    },
    working: {
      initial: "transmitting",
      states: {
        transmitting: { entry: "transmit", on: { FULL: "#vnic.full" } },
        interrupted: { entry: "interrupt" },
      },
      on: { DONE: "idle" },
    },
    lost: { tags: ["lost"], entry: "failGuests" },
  },
});

export const vnicAutomaton = new Automaton<VnicEvent, VnicEffect>(vnicMachine);
