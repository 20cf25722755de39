/** What a trace is of: its actors, cards and guests, and the statecharts they run. Known before the first move. */
import type { CardKind } from "../devices/device.ts";
import type { RegisterMap } from "../devices/register-map.ts";
import type { Role } from "../protocol/address.ts";
import type { Mode } from "../scenario/scenario.ts";
import type { Chart } from "./chart.ts";

/** Actors, the device models that the VMM keeps for guests, the lines of the wire: whatever has a state of its own. */
export interface TraceActor {
  readonly name: string;
  /** Of the actor itself; a model has none and is the business of its card's arbiter, nor has a line, of the wire. */
  readonly address: number | undefined;
  readonly role: Role | "model" | "line";
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

export interface TraceCard extends RegisterMap {
  readonly name: string;
  readonly kind: CardKind;
  /** First port of its window, as guests see it. */
  readonly ioBase: number;
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
