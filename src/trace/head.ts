/** What a trace is of: its actors, cards and guests, and the statecharts they run. Known before the first move. */
import type { Role } from "../protocol/address.ts";
import type { CardKind, Mode } from "../scenario/scenario.ts";
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

/** Where a register is: at an offset, perhaps on some pages only, perhaps in one direction only. */
export interface RegisterPlace {
  readonly offset: number;
  /** Undefined: whatever the page. */
  readonly pages: readonly number[] | undefined;
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface TraceRegister {
  readonly name: string;
  readonly bytes: number;
  readonly places: readonly RegisterPlace[];
}

/** How a card's page is chosen: by some bits of a register; and from where on reading resets the card, to page 0. */
export interface Paging {
  readonly offset: number;
  readonly shift: number;
  readonly mask: number;
  readonly resetFrom: number;
}

export interface TraceCard {
  readonly name: string;
  readonly kind: CardKind;
  /** First port of its window, as guests see it. */
  readonly ioBase: number;
  readonly registers: readonly TraceRegister[];
  /** Undefined of a card that has no pages. */
  readonly paging: Paging | undefined;
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
