/**
 * Breadth-first search through every state of a subject, by doing again what led to it. A breach that it finds is found on
 * a shortest way. It ends at the first one, or at the end; or at a bound, and then says so.
 */
import type { Breach, Subject, TakenStep } from "./subject.ts";

export interface SearchOptions<S extends Subject = Subject> {
  /** Called with a subject in each new state, before it is looked at otherwise. */
  readonly onState?: (subject: S) => void;
  /** Ways of at most so many steps. */
  readonly steps?: number;
  readonly memoryBytes?: number;
  readonly seconds?: number;
  /**
   * Goes on behind a breach, and reports each kind of them once; a kind is what this answers. Default: the first breach is
   * the last.
   */
  readonly kindOf?: (breach: Breach, last: TakenStep) => string;
  /** Called now and then. */
  readonly onProgress?: (states: number, depth: number) => void;
}

/** A breach, and a shortest way to it. */
export interface Counterexample extends Breach {
  readonly steps: readonly TakenStep[];
}

export interface Searched {
  /** `bounded`: nothing is broken on any way of as many steps as were allowed, and there are longer ones. */
  readonly verdict: "holds" | "bounded" | "broken" | "inconclusive";
  readonly states: number;
  readonly transitions: number;
  /** Steps on the longest of the shortest ways. */
  readonly depth: number;
  /** States found whose successors were not looked at. */
  readonly unexplored: number;
  /** What ran out, when it is inconclusive. */
  readonly ranOut: "memory" | "time" | undefined;
  readonly counterexamples: readonly Counterexample[];
}

/** What a state takes in memory: its key, its place in the table of keys, how it was reached. */
const STATE_BYTES = 128;
const PROGRESS_STATES = 256;
/** Subjects that are kept at hand. */
const SPARES_MAX = 2000;

export function search<S extends Subject>(make: () => S, options: SearchOptions<S> = {}): Searched {
  return new Search(make, options).run();
}

class Search<S extends Subject> {
  readonly #make: () => S;
  readonly #options: SearchOptions<S>;
  /** States by key. */
  readonly #known = new Map<string, number>();
  /** For each state, by number: the one it was first reached from, the action, and steps from the first one. */
  readonly #parents: number[] = [];
  readonly #actions: number[] = [];
  readonly #depths: number[] = [];
  readonly #found = new Map<string, Counterexample>();
  /** Subjects that are in a known state: they spare others the way there, or a part of it. */
  readonly #spares = new Map<number, S[]>();
  #spareCount = 0;
  #transitions = 0;
  #expanded = 0;

  constructor(make: () => S, options: SearchOptions<S>) {
    this.#make = make;
    this.#options = options;
  }

  run(): Searched {
    const { steps = Number.POSITIVE_INFINITY, kindOf, onProgress } = this.#options;
    const beganMs = performance.now();
    this.#arrive(this.#make(), -1, -1);
    for (; this.#expanded < this.#parents.length; this.#expanded++) {
      if (this.#found.size > 0 && kindOf === undefined) break;
      if ((this.#depths[this.#expanded] ?? 0) >= steps) break;
      const ranOut = this.#ranOut(beganMs);
      if (ranOut !== undefined) return this.#result(ranOut);
      this.#expand(this.#expanded);
      if (this.#expanded % PROGRESS_STATES === 0)
        onProgress?.(this.#parents.length, this.#depths.at(-1) ?? 0);
    }
    return this.#result(undefined);
  }

  #expand(from: number): void {
    const way = this.#wayTo(from);
    const keepsGoing = this.#options.kindOf !== undefined;
    let subject: S | undefined = this.#subjectAt(from);
    const actions = [...subject.enabled()];
    for (const action of actions) {
      subject ??= this.#subjectAt(from);
      const breach = subject.take(action);
      this.#transitions++;
      actions.push(...subject.variants);
      if (breach === undefined || keepsGoing) this.#arrive(subject, from, action);
      if (breach !== undefined) this.#report(breach, [...way, action]);
      if (this.#found.size > 0 && !keepsGoing) return;
      subject = undefined;
    }
  }

  /** A state that is new is looked at, which spoils the subject. */
  #arrive(subject: S, from: number, action: number): void {
    const key = subject.key();
    const known = this.#known.get(key);
    if (known !== undefined) return this.#keepSpare(known, subject);
    const state = this.#parents.length;
    this.#known.set(key, state);
    this.#parents.push(from);
    this.#actions.push(action);
    this.#depths.push((this.#depths[from] ?? -1) + 1);
    this.#options.onState?.(subject);
    const breach = subject.probe();
    if (breach !== undefined) this.#report(breach, this.#wayTo(state));
  }

  /** When there are too many, those that have been there longest go: the search has passed them by. */
  #keepSpare(state: number, subject: S): void {
    const spares = this.#spares.get(state);
    if (spares === undefined) this.#spares.set(state, [subject]);
    else spares.push(subject);
    this.#spareCount++;
    if (this.#spareCount <= SPARES_MAX) return;
    for (const [oldest, { length }] of this.#spares) {
      this.#spares.delete(oldest);
      this.#spareCount -= length;
      return;
    }
  }

  /** A subject in that state: a spare one, or one from the way there that goes the rest of it, or a new one. */
  #subjectAt(state: number): S {
    const rest: number[] = [];
    for (let at = state; ; at = this.#parents[at] ?? 0) {
      const subject = this.#takeSpare(at) ?? (at === 0 ? this.#make() : undefined);
      if (subject === undefined) {
        rest.push(this.#actions[at] ?? 0);
        continue;
      }
      for (const action of rest.reverse()) subject.take(action);
      return subject;
    }
  }

  #takeSpare(state: number): S | undefined {
    const spares = this.#spares.get(state);
    const spare = spares?.pop();
    if (spare === undefined) return undefined;
    this.#spareCount--;
    if (spares?.length === 0) this.#spares.delete(state);
    spare.wake();
    return spare;
  }

  #report(breach: Breach, way: readonly number[]): void {
    const steps: TakenStep[] = [];
    const subject = this.#make();
    for (const action of way) {
      subject.take(action);
      steps.push(subject.taken);
    }
    const last = steps.at(-1) ?? { what: "nothing", state: "" };
    const kind = this.#options.kindOf?.(breach, last) ?? "";
    if (!this.#found.has(kind)) this.#found.set(kind, { ...breach, steps });
  }

  #wayTo(state: number): readonly number[] {
    const way: number[] = [];
    for (let at = state; at > 0; at = this.#parents[at] ?? 0) way.push(this.#actions[at] ?? 0);
    return way.reverse();
  }

  #ranOut(beganMs: number): Searched["ranOut"] {
    const { memoryBytes = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#parents.length * STATE_BYTES > memoryBytes) return "memory";
    return performance.now() - beganMs > 1000 * seconds ? "time" : undefined;
  }

  #result(ranOut: Searched["ranOut"]): Searched {
    const unexplored = this.#parents.length - this.#expanded;
    const counterexamples = [...this.#found.values()];
    const ended = unexplored === 0 ? "holds" : "bounded";
    return {
      verdict: counterexamples.length > 0 ? "broken" : ranOut !== undefined ? "inconclusive" : ended,
      states: this.#parents.length,
      transitions: this.#transitions,
      depth: this.#depths.at(-1) ?? 0,
      unexplored,
      ranOut,
      counterexamples,
    };
  }
}
