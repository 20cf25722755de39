/** What a trace is of: its actors, cards and guests, and the statecharts they run. Known before the first move. */
import type { Role } from "../protocol/address.ts";
import type { CardKind, Mode } from "../scenario/scenario.ts";
import type { Chart } from "./chart.ts";

/** Actors, and the device models that the VMM keeps for guests: whatever has a state of its own. */
export interface TraceActor {
  readonly name: string;
  /** Of the actor itself; a model has none and is the business of its card's arbiter. */
  readonly address: number | undefined;
  readonly role: Role | "model";
  /** Index into `charts`; undefined when its state is only told in words. */
  readonly chart: number | undefined;
  readonly card: number | undefined;
  readonly guest: number | undefined;
}

export interface TraceGuest {
  readonly name: string;
  readonly card: number;
  readonly mac: string;
}

export interface TraceRegister {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface TraceCard {
  readonly name: string;
  readonly kind: CardKind;
  /** In order of their offsets; empty when a port alone does not tell the register (paged ones). */
  readonly registers: readonly TraceRegister[];
}

export interface TraceHead {
  readonly scenario: string;
  readonly description: string;
  readonly mode: Mode;
  readonly seed: number;
  /** Whether time is virtual, or that of the threads of a recorded run. */
  readonly time: "virtual" | "recorded";
  readonly actors: readonly TraceActor[];
  /** By card id, and by guest id. */
  readonly cards: readonly TraceCard[];
  readonly guests: readonly TraceGuest[];
  readonly charts: readonly Chart[];
}
