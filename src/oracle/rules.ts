/**
 * Where QEMU's card is known to depart from the data sheet. Two kinds of rows: a mask leaves bits of an answer out of
 * the comparison; a fence keeps programs away from steps after which the cards would never agree again. Both say why.
 */
import type { Step } from "./step.ts";

export interface Mask {
  /** The register, or the piece of memory. */
  readonly register: string;
  /** Which of its bits; where the condition narrows them further, `when` says how. */
  readonly bits: number;
  readonly when: string;
  readonly reason: string;
  /** Of the data sheet that the card's README names. */
  readonly section: string;
}

export interface Fence {
  /** The step that programs do not contain. */
  readonly step: string;
  readonly reason: string;
  readonly section: string;
}

export type Masks = Readonly<Record<string, Mask>>;
export type Fences = Readonly<Record<string, Fence>>;

/** Bits of one answer that are not compared. */
export interface Excuse {
  /** The key of the mask. */
  readonly mask: string;
  /** In their place in the value of an `in`, or in the byte of a `load`. */
  readonly bits: number;
  /** Which byte of a `load`; 0 for an `in`. */
  readonly byte: number;
}

/** Our own card, as far as the rules look at it. */
export interface Pilot {
  /** Reads a register that no reading changes. */
  peek(offset: number, width: 1 | 2 | 4): number;
  /** A copy of its memory. */
  memory(address: number, bytes: number): Uint8Array;
}

/** What became of a step: what `Silicon.receive` said of a frame. */
export type Outcome = import("../hardware/silicon.ts").ReceiveOutcome | undefined;

/** What the rules of one card remember of a program, step by step. */
export interface Ground {
  /** The fence (its key) that this step would cross. */
  refusal(step: Step): string | undefined;
  /** What is not compared of the answer to this step, which has not been done yet. */
  excuses(step: Step): readonly Excuse[];
  /** The name of what an `in` or `out` touches. */
  nameOf(step: Step): string;
  /** The step has been done. */
  done(step: Step, outcome: Outcome): void;
}

export const NO_EXCUSES: readonly Excuse[] = [];
