/**
 * Breadth-first search through every reachable state. It stops at the first violation, which breadth-first is
 * one of the nearest; or when its memory is used up, and then says so: what it has seen holds, the rest is
 * unknown.
 */
import { beginnings } from "./beginnings.ts";
import { Canonical } from "./canonical.ts";
import { Ints } from "./growable.ts";
import type { Handoff, Step } from "./handoff.ts";
import { LeapFinder } from "./leaps.ts";
import { Pieces } from "./pieces.ts";
import { type Break, brokenBy, isEnd, overfull } from "./properties.ts";
import type { Purpose } from "./reduction.ts";
import { type TraceStep, Way } from "./trace.ts";
import { TupleSet } from "./tuple-set.ts";

export interface ExploreOptions {
  /** Guests are interchangeable but for the first `fixed` ones; default 0, all are. */
  readonly fixed?: number;
  /** Where it begins; default: wherever a run can, if all guests are interchangeable. */
  readonly initials?: readonly Int32Array[];
  /** Bytes for states and their parents; default 1 GiB. */
  readonly memoryBytes?: number;
  /**
   * Partial-order reduction: fewer states, the same verdicts but on how much channels hold; default false.
   */
  readonly reduce?: boolean;
  /** What for: liveness allows for more; default: safety. */
  readonly purpose?: Purpose;
  /**
   * Sees every step that is explored, by the indices of its states, and these collapsed and only valid during
   * the call.
   */
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

/** States that are looked at together, and more steps than they have. */
const CHUNK_STATES = 64;
const CHUNK_STEPS = 32 * CHUNK_STATES;

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
  /** Collapsed. */
  readonly states: TupleSet;
  readonly pieces: Pieces;
  readonly #leaps: LeapFinder;
  readonly #options: ExploreOptions;
  readonly #memoryBytes: number;
  /** The state from which each was first reached. */
  readonly #parents = new Ints();
  readonly #state: Int32Array;
  readonly #words: Int32Array;
  #isExpanded = false;
  /** Of the states found in this chunk: from which. */
  readonly #origins: number[] = [];
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
    this.pieces = new Pieces(system);
    this.#leaps = new LeapFinder(system, this.pieces, options.purpose);
    this.canonical = new Canonical(system, this.pieces, options.fixed ?? 0);
    this.states = new TupleSet(1 + system.bounds.guests);
    this.#state = new Int32Array(1 + system.bounds.guests);
    this.#words = new Int32Array(system.width);
    for (const initial of options.initials ?? beginnings(system)) this.#begin(initial);
    this.#levelEnd = this.states.size;
  }

  #begin(initial: Int32Array): void {
    if (this.states.add(this.canonical.of(initial)) >= 0) return;
    this.#initials.push(initial);
    this.#parents.push(-1);
  }

  get depth(): number {
    return this.#depth;
  }

  /** Looks at about `count` more states; answers when it has come to an end. */
  advance(count: number): Exploration | undefined {
    const until = this.#expanded + count;
    while (this.#expanded < Math.min(until, this.states.size)) {
      if (this.#expanded === this.#levelEnd) {
        this.#levelEnd = this.states.size;
        this.#depth++;
      }
      if (this.#isFull()) return this.result("inconclusive");
      const found = this.#expandChunk(Math.min(this.#expanded + CHUNK_STATES, this.#levelEnd));
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
      memoryBytes: this.#bytes,
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
    const way = new Way(this.system, this.pieces, this.canonical, this.#initials[root]);
    const wanted = new Int32Array(this.states.width);
    for (const at of indices.slice(1)) {
      this.states.read(at, wanted);
      way.goTo(wanted);
    }
    return way;
  }

  /** Looks at the states up to `end`, which are of one level. */
  #expandChunk(end: number): Counterexample | undefined {
    this.#leaps.clear();
    for (let index = this.#expanded; index < end; index++) {
      const found = this.#expand(index);
      if (found !== undefined) return found;
    }
    this.#expanded = end;
    this.#addAll();
    return undefined;
  }

  #expand(index: number): Counterexample | undefined {
    const state = this.#state;
    const leaps = this.#leaps;
    const first = leaps.count;
    this.states.read(index, state);
    this.#isExpanded = false;
    if (leaps.overfull(state)) return this.#leakIn(index);
    leaps.find(state, this.#options.reduce === true);
    for (let i = first; i < leaps.count; i++) {
      const broken = leaps.isWatched(i)
        ? brokenBy(this.system, this.#wordsOf(state), leaps.step(i))
        : undefined;
      if (broken !== undefined) return { ...broken, trace: this.#traceOf(index) };
      this.canonical.apply(leaps.next[i] as Int32Array);
      this.#origins[i] = index;
    }
    if (leaps.count > first || isEnd(this.system, this.#wordsOf(state))) return undefined;
    const trace = this.wayTo(index).steps;
    return { property: "no deadlock", what: "nothing can happen any more", trace };
  }

  /** Keeps those of the states found that are new. */
  #addAll(): void {
    const { count, next } = this.#leaps;
    this.#transitions += count;
    const indices = this.states.addAll(next, count);
    for (let i = 0; i < count; i++) {
      const index = indices[i] ?? 0;
      if (index < 0) this.#parents.push(this.#origins[i] ?? 0);
      if (this.#options.onStep !== undefined) this.#tell(i, index);
    }
  }

  #tell(i: number, index: number): void {
    const origin = this.#origins[i] ?? 0;
    this.states.read(origin, this.#state);
    const to = index < 0 ? ~index : index;
    this.#options.onStep?.(origin, to, this.#leaps.step(i), this.#state, this.#leaps.next[i] as Int32Array);
  }

  #leakIn(index: number): Counterexample | undefined {
    const leak = overfull(this.system, this.#wordsOf(this.#state));
    return leak && { ...leak, trace: this.wayTo(index).steps };
  }

  /** Of the state that is looked at. */
  #wordsOf(state: Int32Array): Int32Array {
    if (!this.#isExpanded) this.pieces.expand(state, this.#words);
    this.#isExpanded = true;
    return this.#words;
  }

  get #bytes(): number {
    return this.states.bytes + this.pieces.bytes + this.#parents.bytes;
  }

  #isFull(): boolean {
    return this.#bytes + this.states.bytesToGrow(CHUNK_STEPS) > this.#memoryBytes;
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
      brokenBy(system, before, step) !== undefined || overfull(system, after) !== undefined,
  );
}
