/**
 * A published model on our silicon: what it hears, and what happens to the card. It hears what the paper
 * hooks and every interrupt; how the paper is read where it leaves something open is said at each reading.
 */
import type { Access } from "../../devices/model.ts";
import type { PaperModel } from "./paper-models.ts";
import type { Specimen, Step } from "./specimen.ts";

/** An event in words, for one and for more of them. */
export type EventWords = readonly [one: string, more: string];

export interface PaperReading {
  readonly model: PaperModel;
  readonly specimen: Specimen;
  /** What the driver has done before the search begins; the model has heard of it. */
  readonly start: readonly Access[];
  /** What the model hears at the end of that. */
  readonly atStart: readonly string[];
  readonly steps: readonly Step[];
  /** Events of an access of the guest's. */
  readonly hears: (access: Access) => readonly string[];
  /** Where the interrupt status is read, and acknowledged by writing it back. */
  readonly status: Access;
  /** Events of an interrupt status. */
  readonly interrupts: (status: number) => readonly string[];
  readonly words: ReadonlyMap<string, EventWords>;
  /** What the card is doing, in the paper's words. */
  readonly inFlight: (busyWith: string) => string;
}
