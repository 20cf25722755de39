/**
 * Breadth-first search through every reachable state. It stops at the first violation, which breadth-first is one of
 * the nearest; or when its memory is used up, and then says so: what it has seen holds, the rest is unknown.
 */
import { Canonical } from "./canonical.ts";
import { Ints } from "./growable.ts";
import { BLOCK, blockOf, type Handoff, type Step } from "./handoff.ts";
import { type Break, brokenBy, isEnd, overfull } from "./properties.ts";
import { loneDelivery } from "./reduction.ts";
import { StateSet } from "./state-set.ts";
import { type TraceStep, Way } from "./trace.ts";

export interface ExploreOptions {
  /** Guests are interchangeable but for the first `fixed` ones; default 0, all are. */
  readonly fixed?: number;
  /** Bytes for states and their parents; default 1 GiB. */
  readonly memoryBytes?: number;
  /** Partial-order reduction: fewer states, the same verdicts but on how much channels hold; default false. */
  readonly reduce?: boolean;
  /** Sees every step that is explored, by the indices of its states. The step is only valid during the call. */
  readonly onStep?: (from: number, to: number, step: Step, before: Int32Array, after: Int32Array) => void;
}

/** A violation, and a shortest way to it. */
export interface Counterexample extends Break {
  readonly trace: readonly TraceStep[];
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

/** All steps out of a state; or, in a reduced search, one that may be taken alone. */
export function stepsFrom(
  system: Handoff,
  state: Int32Array,
  reduce: boolean,
  visit: (next: Int32Array, step: Step) => void,
): void {
  const alone = reduce ? loneDelivery(system, state) : -1;
  if (alone >= 0) system.delivery(state, alone, visit);
  else system.successors(state, visit);
}

export function explore(system: Handoff, options: ExploreOptions = {}): Exploration {
  const search = new Search(system, options);
  for (;;) {
    const result = search.advance(Number.POSITIVE_INFINITY);
    if (result !== undefined) return result;
  }
}

export class Search {
  readonly system: Handoff;
  readonly canonical: Canonical;
  readonly states: StateSet;
  readonly #options: ExploreOptions;
  readonly #memoryBytes: number;
  /** The state from which each was first reached. */
  readonly #parents = new Ints();
  readonly #state: Int32Array;
  #transitions = 0;
  #expanded = 0;
  #depth = 0;
  #levelEnd = 0;
  /** By index: the states that have no parent, as they are for real. */
  readonly #initials: Int32Array[] = [];

  constructor(system: Handoff, options: ExploreOptions) {
    this.system = system;
    this.#options = options;
    this.#memoryBytes = options.memoryBytes ?? 2 ** 30;
    this.canonical = new Canonical(system, options.fixed ?? 0);
    this.states = new StateSet(blockOf(0), BLOCK, system.bounds.guests);
    this.#state = new Int32Array(system.width);
    for (const initial of system.initials()) {
      this.#state.set(initial);
      this.canonical.apply(this.#state);
      if (this.#add(this.#state, -1) < 0) this.#initials.push(initial);
    }
    this.#levelEnd = this.states.size;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Looks at up to `count` more states; answers when it has come to an end. */
  advance(count: number): Exploration | undefined {
    const state = this.#state;
    for (let i = 0; i < count && this.#expanded < this.states.size; i++) {
      if (this.#expanded === this.#levelEnd) {
        this.#levelEnd = this.states.size;
        this.#depth++;
      }
      if (this.#isFull()) return this.result("inconclusive");
      this.states.read(this.#expanded, state);
      const found = this.#expand(state, this.#expanded);
      this.#expanded++;
      if (found !== undefined) return this.result("violated", found);
    }
    return this.#expanded === this.states.size ? this.result("holds") : undefined;
  }

  /** What is known by now; `inconclusive`: the search is given up. */
  result(verdict: Exploration["verdict"], counterexample?: Counterexample): Exploration {
    return {
      verdict,
      states: this.states.size,
      transitions: this.#transitions,
      depth: this.#depth,
      memoryBytes: this.states.bytes + this.#parents.bytes,
      unexplored: this.states.size - this.#expanded,
      counterexample,
    };
  }

  /** The shortest way to state `index`. */
  wayTo(index: number): Way {
    const indices: number[] = [];
    let root = index;
    for (let at = index; at >= 0; at = this.#parents.at(at)) {
      indices.unshift(at);
      root = at;
    }
    const way = new Way(this.system, this.canonical, this.#initials[root]);
    const wanted = new Int32Array(this.system.width);
    for (const at of indices.slice(1)) {
      this.states.read(at, wanted);
      way.goTo(wanted);
    }
    return way;
  }

  #expand(state: Int32Array, index: number): Counterexample | undefined {
    const { onStep } = this.#options;
    let broken: Break | undefined;
    let steps = 0;
    stepsFrom(this.system, state, this.#options.reduce === true, (next, step) => {
      steps++;
      if (broken !== undefined) return;
      broken = brokenBy(this.system, state, step, next);
      if (broken !== undefined) return;
      this.#transitions++;
      this.canonical.apply(next);
      const known = this.#add(next, index);
      onStep?.(index, known < 0 ? ~known : known, step, state, next);
      if (known < 0) broken = overfull(this.system, next);
    });
    if (broken !== undefined) return { ...broken, trace: this.#traceOf(index) };
    if (steps > 0 || isEnd(this.system, state)) return undefined;
    const trace = this.wayTo(index).steps;
    return { property: "no deadlock", what: "nothing can happen any more", trace };
  }

  /** As StateSet.add; a new state was reached from `parent`. */
  #add(state: Int32Array, parent: number): number {
    const index = this.states.add(state);
    if (index < 0) this.#parents.push(parent);
    return index;
  }

  #isFull(): boolean {
    return this.states.bytes + this.states.bytesToGrow + this.#parents.bytes > this.#memoryBytes;
  }

  /** The way to state `index`, and the step from there that breaks something. */
  #traceOf(index: number): readonly TraceStep[] {
    const way = this.wayTo(index);
    goWrong(this.system, way);
    return way.steps;
  }
}

/** One step further, that breaks something. */
export function goWrong(system: Handoff, way: Way): void {
  way.go(
    (step, after, before) =>
      brokenBy(system, before, step, after) !== undefined || overfull(system, after) !== undefined,
  );
}
