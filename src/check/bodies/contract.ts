/** What the explorer needs of an abstract body: its data as a plain value, and what can happen to it. */
import type { ArbiterEffect, ArbiterEvent } from "../../../actors/arbiter.ts";
import type { GuestEffect, GuestEvent } from "../../../actors/guest.ts";
import type { NicEffect, NicEvent } from "../../../actors/nic.ts";
import type { Automaton } from "../../machine/automaton.ts";
import type { PolicyName } from "../policies.ts";

/**
 * Nothing; or they may want the card back as soon as they have lost it, since they listen (`hold`, `drop`); or a frame that
 * is held for them may want it at any time (`arrival`).
 */
export type Receive = "nothing" | "listening" | "arrival";

/** What the explored world can do. Each bound and each switch is something that a verdict does not cover. */
export interface Bounds {
  readonly guests: number;
  readonly policy: PolicyName;
  /** Operations that a guest may pass through under one epoch, 0 .. 3. */
  readonly passed: number;
  /** So many of the guests transmit: the card is busy for a while, and interrupts. */
  readonly transmitters: number;
  /** Frames arrive, and interrupt. */
  readonly frames: boolean;
  /** So many of the guests are frail: to them may happen what the next three say. */
  readonly frail: number;
  /** Guests may halt, end and fail. */
  readonly endings: boolean;
  /** The watchdog and the DMM may end a guest; a card may report errors. */
  readonly faults: boolean;
  /** Guests' workers may die, at any point. */
  readonly crashes: boolean;
  /** The card's worker may die. */
  readonly cardLoss: boolean;
  /** What guests without the card do to receive. */
  readonly receive: Receive;
  /** Some exits need no card: PCI configuration, ports of nobody. */
  readonly platform: boolean;
}

/** The statecharts under check. */
export interface Charts {
  readonly guest: Automaton<GuestEvent, GuestEffect>;
  readonly nic: Automaton<NicEvent, NicEffect>;
  readonly arbiter: Automaton<ArbiterEvent, ArbiterEffect>;
}
