/**
 * Breadth-first search through every state of a subject, by doing again what led to it. A breach that it
 * finds is found on a shortest way. It ends at the first one, or at the end; or at a bound, and then says so.
 */
import { invariant } from "../../base/errors.ts";
import type { Breach, Subject, TakenStep } from "./subject.ts";

export interface SearchOptions<S extends Subject = Subject> {
  /** Called with a subject in each new state, before it is looked at otherwise. */
  readonly onState?: (subject: S) => void;
  /** Ways of at most so many steps. */
  readonly steps?: number;
  readonly memoryBytes?: number;
  readonly seconds?: number;
  /**
   * Finds all kinds of breaches, each once; a kind is what this answers. The search does not go on behind a
   * breach: each way is well up to its last step. Default: the first breach is the last.
   */
  readonly kindOf?: (found: Counterexample) => string;
  /** Asked now and then: is that enough? */
  readonly stopped?: () => boolean;
}

export interface Progress {
  readonly states: number;
  readonly depth: number;
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
  readonly ranOut: "memory" | "time" | "patience" | undefined;
  readonly counterexamples: readonly Counterexample[];
}

/** What a state takes in memory: its key, its place in the table of keys, how it was reached. */
const STATE_BYTES = 128;
/** Subjects that are kept at hand. */
const SPARES_MAX = 2000;

/** In place of the number of a state in which something is broken. */
const BROKEN = -1;

/** Actions to be taken in a state. */
interface Branch {
  readonly from: number;
  readonly actions: readonly number[];
}

export function search<S extends Subject>(make: () => S, options: SearchOptions<S> = {}): Searched {
  return toTheEnd(searching(make, options));
}

/** A search that can be left alone now and then: each step of the generator is a little of it. */
export function searching<S extends Subject>(
  make: () => S,
  options: SearchOptions<S> = {},
): Generator<Progress, Searched> {
  return new Search(make, options).run();
}

export function toTheEnd<T>(work: Generator<unknown, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

class Search<S extends Subject> {
  readonly #make: () => S;
  readonly #options: SearchOptions<S>;
  /** States by key. */
  readonly #known = new Map<string, number>();
  /**
   * For each state, by number: the one it was first reached from, the action, and steps from the first one.
   */
  readonly #parents: number[] = [];
  readonly #actions: number[] = [];
  readonly #depths: number[] = [];
  readonly #found = new Map<string, Counterexample>();
  /** Subjects that are in a known state: they spare others the way there, or a part of it. */
  readonly #spares = new Map<number, S[]>();
  #spareCount = 0;
  #transitions = 0;
  #expanded = 0;
  #beganMs = 0;
  #ranOut: Searched["ranOut"];

  constructor(make: () => S, options: SearchOptions<S>) {
    this.#make = make;
    this.#options = options;
  }

  /**
   * Level by level. An action in the middle of which something else happens counts for two steps: those of
   * each level are taken with the plain ones of the next.
   */
  *run(): Generator<Progress, Searched> {
    const { steps = Number.POSITIVE_INFINITY } = this.#options;
    this.#beganMs = performance.now();
    this.#arrive(this.#make(), -1, -1, 0);
    let late: readonly Branch[] = [];
    for (let depth = 0; depth < steps && !this.#isOver; depth++) {
      const variants: Branch[] = [];
      for (const last = this.#parents.length; this.#expanded < last && !this.#isOver; this.#expanded++) {
        const enabled = this.#subjectAt(this.#expanded).enabled();
        const actions = this.#expand(this.#expanded, enabled, depth + 1);
        if (actions.length > 0) variants.push({ from: this.#expanded, actions });
        yield { states: this.#parents.length, depth };
      }
      for (const { from, actions } of late) {
        this.#expand(from, actions, depth + 1);
        yield { states: this.#parents.length, depth };
      }
      late = variants;
      if (this.#expanded === this.#parents.length && late.length === 0) break;
    }
    return this.#result(late.length > 0);
  }

  get #isOver(): boolean {
    return this.#ranOut !== undefined || (this.#found.size > 0 && this.#options.kindOf === undefined);
  }

  /** Takes each of the actions; answers those that they could have been with something in the middle. */
  #expand(from: number, actions: readonly number[], depth: number): readonly number[] {
    const variants: number[] = [];
    for (const action of actions) {
      if (this.#isOver) return variants;
      const subject = this.#subjectAt(from);
      const breach = subject.take(action);
      this.#transitions++;
      variants.push(...subject.variants);
      if (breach === undefined) this.#arrive(subject, from, action, depth);
      else this.#report([...this.#wayTo(from), action], "take");
    }
    this.#lookAround();
    return variants;
  }

  /** Is there time and memory for more? */
  #lookAround(): void {
    const { memoryBytes = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#parents.length * STATE_BYTES > memoryBytes) this.#ranOut = "memory";
    else if (performance.now() - this.#beganMs > 1000 * seconds) this.#ranOut = "time";
    else if (this.#options.stopped?.()) this.#ranOut = "patience";
  }

  /** A state that is new is looked at, which spoils the subject. */
  #arrive(subject: S, from: number, action: number, depth: number): void {
    const key = subject.key();
    const known = this.#known.get(key);
    if (known === BROKEN) return;
    if (known !== undefined) return this.#keepSpare(known, subject);
    this.#options.onState?.(subject);
    if (subject.probe() !== undefined) {
      this.#known.set(key, BROKEN);
      return this.#report(from < 0 ? [] : [...this.#wayTo(from), action], "probe");
    }
    const state = this.#parents.length;
    this.#known.set(key, state);
    this.#parents.push(from);
    this.#actions.push(action);
    this.#depths.push(depth);
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

  /**
   * A subject in that state: a spare one, or one from the way there that goes the rest of it, or a new one.
   */
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

  /**
   * Goes the way again, to say what happens on it; what is broken shows with the last step, or when one
   * looks.
   */
  #report(way: readonly number[], by: "take" | "probe"): void {
    const steps: TakenStep[] = [];
    const subject = this.#make();
    let breach: Breach | undefined;
    for (const action of way) {
      breach = subject.take(action);
      steps.push(...subject.taken);
    }
    if (by === "probe") {
      breach = subject.probe();
      steps.push(...subject.taken);
    }
    invariant(breach !== undefined, "what was broken once is broken again on the same way");
    const found = { ...breach, steps };
    const kind = this.#options.kindOf?.(found) ?? "";
    if (!this.#found.has(kind)) this.#found.set(kind, found);
  }

  #wayTo(state: number): readonly number[] {
    const way: number[] = [];
    for (let at = state; at > 0; at = this.#parents[at] ?? 0) way.push(this.#actions[at] ?? 0);
    return way.reverse();
  }

  #result(late: boolean): Searched {
    const counterexamples = [...this.#found.values()];
    const unexplored = this.#parents.length - this.#expanded;
    const ended = unexplored === 0 && !late ? "holds" : "bounded";
    return {
      verdict: counterexamples.length > 0 ? "broken" : this.#ranOut === undefined ? ended : "inconclusive",
      states: this.#parents.length,
      transitions: this.#transitions,
      depth: this.#depths.at(-1) ?? 0,
      unexplored,
      ranOut: this.#ranOut,
      counterexamples,
    };
  }
}
