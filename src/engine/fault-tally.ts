/** How often each kind of fault has struck in a run: counted by all workers in one place, for a budget is the run's. */
import { type FaultChoice, type FaultKind, FAULT_KINDS as KINDS } from "../transport/fault-plan.ts";

/** What workers are told of faults; plain data. */
export interface FaultsBrief {
  readonly choices: readonly FaultChoice[];
  /** A word for each kind. */
  readonly struck: SharedArrayBuffer;
}

/** How often a fault that was asked for has struck, and how often it might. */
export interface FaultCount {
  readonly kind: FaultKind;
  readonly struck: number;
  readonly budget: number;
}

export const briefOf = (choices: readonly FaultChoice[]): FaultsBrief => ({
  choices,
  struck: new SharedArrayBuffer(4 * KINDS.length),
});

export class FaultTally {
  readonly #choices: readonly FaultChoice[];
  readonly #struck: Int32Array;

  constructor({ choices, struck }: FaultsBrief) {
    this.#choices = choices;
    this.#struck = new Int32Array(struck);
  }

  /** Counts one more; false when the budget is used up. */
  take(kind: FaultKind): boolean {
    const word = KINDS.indexOf(kind);
    const budget = this.#choices.find((choice) => choice.kind === kind)?.budget ?? 0;
    for (;;) {
      const struck = Atomics.load(this.#struck, word);
      if (struck >= budget) return false;
      if (Atomics.compareExchange(this.#struck, word, struck, struck + 1) === struck) return true;
    }
  }

  get counts(): readonly FaultCount[] {
    return this.#choices.map(({ kind, budget }) => {
      return { kind, struck: Atomics.load(this.#struck, KINDS.indexOf(kind)), budget };
    });
  }
}
