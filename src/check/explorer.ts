/**
 * Breadth-first search through every reachable state. It stops at the first violation, which breadth-first is one of
 * the nearest; or when its memory is used up, and then says so: what it has seen holds, the rest is unknown.
 */
import { Canonical } from "./canonical.ts";
import { BLOCK, blockOf, type Handoff, type Step } from "./handoff.ts";
import { type Break, brokenBy, isEnd, overfull } from "./properties.ts";
import { StateSet } from "./state-set.ts";

export interface ExploreOptions {
  /** Guests are interchangeable: default true. */
  readonly symmetry?: boolean;
  /** Bytes for states and their parents; default 1 GiB. */
  readonly memoryBytes?: number;
  /** Called now and then with the states found so far. */
  readonly onProgress?: (states: number, depth: number) => void;
}

/** A violation, and a shortest way to it. */
export interface Counterexample extends Break {
  readonly trace: readonly TraceStep[];
}

/** One step of a trace, with the state after it; guests and epochs have their own names, not their representatives'. */
export interface TraceStep {
  readonly step: Step;
  readonly state: Int32Array;
}

export interface Exploration {
  readonly verdict: "holds" | "violated" | "inconclusive";
  readonly states: number;
  readonly transitions: number;
  /** Steps on the longest of the shortest ways. */
  readonly depth: number;
  readonly memoryBytes: number;
  /** States found whose successors were not looked at. */
  readonly unexplored: number;
  readonly counterexample: Counterexample | undefined;
}

const PROGRESS_STATES = 1 << 16;

export function explore(system: Handoff, options: ExploreOptions = {}): Exploration {
  return new Search(system, options).run();
}

export class Search {
  readonly system: Handoff;
  readonly canonical: Canonical;
  readonly states: StateSet;
  readonly #options: ExploreOptions;
  readonly #memoryBytes: number;
  /** The state from which each was first reached. */
  #parents = new Int32Array(1 << 12);
  #transitions = 0;
  #expanded = 0;
  #depth = 0;

  constructor(system: Handoff, options: ExploreOptions) {
    this.system = system;
    this.#options = options;
    this.#memoryBytes = options.memoryBytes ?? 2 ** 30;
    this.canonical = new Canonical(system, options.symmetry === false ? system.bounds.guests : 0);
    this.states = new StateSet(blockOf(0), BLOCK, system.bounds.guests);
  }

  run(): Exploration {
    const { system, states, canonical } = this;
    const state = system.initial();
    canonical.apply(state);
    this.#add(state, -1);
    let levelEnd = 1;
    while (this.#expanded < states.size) {
      if (this.#expanded === levelEnd) {
        levelEnd = states.size;
        this.#depth++;
      }
      if (this.#fullOfMemory()) return this.#result("inconclusive", undefined);
      states.read(this.#expanded, state);
      const found = this.#expand(state, this.#expanded);
      this.#expanded++;
      if (found !== undefined) return this.#result("violated", found);
      if (this.#expanded % PROGRESS_STATES === 0) this.#options.onProgress?.(states.size, this.#depth);
    }
    return this.#result("holds", undefined);
  }

  #expand(state: Int32Array, index: number): Counterexample | undefined {
    let broken: { readonly how: Break; readonly nth: number } | undefined;
    let steps = 0;
    this.system.successors(state, (next, step) => {
      const nth = steps++;
      if (broken !== undefined) return;
      const how = brokenBy(this.system, state, step, next);
      if (how !== undefined) {
        broken = { how, nth };
        return;
      }
      this.#transitions++;
      this.canonical.apply(next);
      if (!this.#add(next, index)) return;
      const leak = overfull(this.system, next);
      if (leak !== undefined) broken = { how: leak, nth };
    });
    if (broken !== undefined) return { ...broken.how, trace: this.#trace(index, broken.nth) };
    if (steps > 0 || isEnd(this.system, state)) return undefined;
    return { property: "no deadlock", what: "nothing can happen any more", trace: this.#trace(index, -1) };
  }

  /** True when the state is new. */
  #add(state: Int32Array, parent: number): boolean {
    const index = this.states.add(state);
    if (index >= 0) return false;
    if (~index >= this.#parents.length) {
      const parents = new Int32Array(2 * this.#parents.length);
      parents.set(this.#parents);
      this.#parents = parents;
    }
    this.#parents[~index] = parent;
    return true;
  }

  #fullOfMemory(): boolean {
    return this.states.bytes + this.states.bytesToGrow > this.#memoryBytes;
  }

  #result(verdict: Exploration["verdict"], counterexample: Counterexample | undefined): Exploration {
    return {
      verdict,
      states: this.states.size,
      transitions: this.#transitions,
      depth: this.#depth,
      memoryBytes: this.states.bytes + this.#parents.byteLength,
      unexplored: this.states.size - this.#expanded,
      counterexample,
    };
  }

  /** The way to state `index` and from there its `last`th step (-1: none), under the names that things have for real. */
  #trace(index: number, last: number): readonly TraceStep[] {
    const way: number[] = [];
    for (let at = index; at >= 0; at = this.#parents[at] ?? -1) way.unshift(at);
    const trace: TraceStep[] = [];
    let state = this.system.initial();
    for (const target of way.slice(1)) {
      const taken = this.#stepTo(state, target, trace.length + 1);
      if (taken === undefined) return trace;
      trace.push(taken);
      state = taken.state;
    }
    const end = last < 0 ? undefined : this.#breaking(state, trace.length + 1);
    return end === undefined ? trace : [...trace, end];
  }

  #stepTo(state: Int32Array, target: number, fresh: number): TraceStep | undefined {
    const wanted = new Int32Array(this.system.width);
    this.states.read(target, wanted);
    return this.#find(state, fresh, (step, after) => {
      if (step.outcome.broken !== undefined) return false;
      const representative = after.slice();
      this.canonical.apply(representative);
      return representative.every((word, i) => word === wanted[i]);
    });
  }

  #breaking(state: Int32Array, fresh: number): TraceStep | undefined {
    return this.#find(state, fresh, (step, after) => {
      return (
        brokenBy(this.system, state, step, after) !== undefined || overfull(this.system, after) !== undefined
      );
    });
  }

  #find(
    state: Int32Array,
    fresh: number,
    isWanted: (step: Step, after: Int32Array) => boolean,
  ): TraceStep | undefined {
    let found: TraceStep | undefined;
    this.system.successors(state, (next, step) => {
      if (found !== undefined) return;
      const named = next.slice();
      this.canonical.nameFresh(named, fresh);
      if (isWanted(step, named)) found = { step, state: named };
    });
    return found;
  }
}
