/**
 * The way through given states, step by step, under the names that things have for real: a search keeps representatives,
 * in which guests and epochs have other names in every state.
 */
import type { Canonical } from "./canonical.ts";
import type { Handoff, Step } from "./handoff.ts";

/** One step of a trace, with the state after it; epochs count up. */
export interface TraceStep {
  readonly step: Step;
  readonly state: Int32Array;
}

export class Way {
  readonly #system: Handoff;
  readonly #canonical: Canonical;
  readonly steps: TraceStep[] = [];
  #state: Int32Array;

  constructor(system: Handoff, canonical: Canonical, from: Int32Array = system.initial()) {
    this.#system = system;
    this.#canonical = canonical;
    this.#state = from;
  }

  /** One step further, to a state that `wanted` represents, by a step that will do; false when there is none. */
  goTo(wanted: Int32Array, willDo: (step: Step) => boolean = () => true): boolean {
    return this.go((step, after) => {
      if (step.outcome.broken !== undefined || !willDo(step)) return false;
      const representative = after.slice();
      this.#canonical.apply(representative);
      return representative.every((word, i) => word === wanted[i]);
    });
  }

  /** One step further, by the first one that is wanted. */
  go(isWanted: (step: Step, after: Int32Array, before: Int32Array) => boolean): boolean {
    const before = this.#state;
    let found: TraceStep | undefined;
    this.#system.successors(before, (next, step) => {
      if (found !== undefined) return;
      const named = next.slice();
      this.#canonical.nameFresh(named, this.steps.length + 1);
      if (isWanted(step, named, before)) found = { step, state: named };
    });
    if (found === undefined) return false;
    this.steps.push(found);
    this.#state = found.state;
    return true;
  }
}
