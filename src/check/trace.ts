/**
 * The way through given states, step by step, under the names that things have for real: a search keeps
 * representatives, in which guests and epochs have other names in every state.
 */
import { invariant } from "../base/errors.ts";
import type { Canonical } from "./canonical.ts";
import type { Handoff, Step } from "./handoff.ts";
import { FRESH_EPOCH, type Renaming } from "./messages.ts";
import type { Pieces } from "./pieces.ts";

/** One step of a trace, with the state after it; epochs count up. */
export interface TraceStep {
  readonly step: Step;
  readonly state: Int32Array;
}

export class Way {
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #canonical: Canonical;
  readonly steps: TraceStep[] = [];
  #state: Int32Array;
  /** Epochs that have begun. */
  #epochs = 0;

  constructor(system: Handoff, pieces: Pieces, canonical: Canonical, from: Int32Array = system.initial()) {
    this.#system = system;
    this.#pieces = pieces;
    this.#canonical = canonical;
    this.#state = from;
  }

  /** One step further, to a state that `wanted` (collapsed) represents, by a step that will do. */
  goTo(wanted: Int32Array, willDo: (step: Step) => boolean = () => true): void {
    const representative = new Int32Array(wanted.length);
    const found = this.go((step, after) => {
      if (step.outcome.broken !== undefined || !willDo(step)) return false;
      this.#pieces.collapse(after, representative);
      this.#canonical.apply(representative);
      return representative.every((piece, i) => piece === wanted[i]);
    });
    invariant(found, `step ${this.steps.length + 1} of a trace is nowhere`);
  }

  /** One step further, by the first one that is wanted. */
  go(isWanted: (step: Step, after: Int32Array, before: Int32Array) => boolean): boolean {
    const before = this.#state;
    let found: TraceStep | undefined;
    this.#system.successors(before, (next, step) => {
      if (found !== undefined) return;
      const named = this.#nameFresh(next);
      if (isWanted(step, named, before)) found = { step, state: named };
    });
    if (found === undefined) return false;
    this.steps.push(found);
    this.#state = found.state;
    this.#epochs = Math.max(this.#epochs, this.#system.arbiter(found.state).epoch);
    return true;
  }

  /** An epoch that the step has begun gets the next name. */
  #nameFresh(words: Int32Array): Int32Array {
    const { heads, blocks } = this.#pieces;
    const epoch = (name: number): number => (name === FRESH_EPOCH ? this.#epochs + 1 : name);
    const to: Renaming = { epoch, guest: (guest) => guest };
    const state = new Int32Array(1 + this.#system.bounds.guests);
    this.#pieces.collapse(words, state);
    const named = state.map((piece, i) => (i === 0 ? heads.renamed(piece, to) : blocks.renamed(piece, to)));
    const result = new Int32Array(words.length);
    this.#pieces.expand(named, result);
    return result;
  }
}
