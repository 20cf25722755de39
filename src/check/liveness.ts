/**
 * Property 7: whatever a guest asks for is answered in the end, by the card, by the VMM, or with an error. Of all states
 * in which the watched guest waits, those are violations that lie on a cycle which a fair run can follow for ever: a lasso.
 * As guests are interchangeable, watching one of them is watching all; where only some of them transmit or fail, the watched
 * one is one of these or it is not, and each is a search of its own.
 */
import { deals } from "./beginnings.ts";
import { WATCHED } from "./fairness.ts";
import type { Handoff } from "./handoff.ts";
import { type LassoFinding, LassoSearch } from "./lasso-search.ts";

export const LIVENESS = {
  answered: "whatever a guest asks of the card is answered in the end, or the guest ended with an error",
} as const;

/** Of all searches: sums, and the largest depth and memory. */
export type LivenessFinding = LassoFinding;

export interface LivenessOptions {
  /** For each search. */
  readonly memoryBytes?: number;
  /** Partial-order reduction: fewer states, the same verdict; default false. */
  readonly reduce?: boolean;
}

export function checkLiveness(system: Handoff, options: LivenessOptions = {}): LivenessFinding {
  const search = new LivenessSearch(system, options);
  for (;;) {
    const found = search.advance(Number.POSITIVE_INFINITY);
    if (found !== undefined) return found;
  }
}

export class LivenessSearch {
  readonly #ahead: (() => LassoSearch)[];
  readonly #done: LassoFinding[] = [];
  #search: LassoSearch | undefined;

  constructor(system: Handoff, { memoryBytes = 2 ** 30, reduce = false }: LivenessOptions) {
    this.#ahead = deals(system, WATCHED + 1).map(
      (initials) => () => new LassoSearch(system, { initials, memoryBytes, reduce }),
    );
  }

  /** Looks at about `count` more states; answers when it has come to an end. */
  advance(count: number): LivenessFinding | undefined {
    this.#search ??= this.#ahead.shift()?.();
    const found = this.#search?.advance(count);
    if (found === undefined) return undefined;
    this.#done.push(found);
    this.#search = undefined;
    if (found.verdict !== "holds" || this.#ahead.length === 0) return sumOf(this.#done);
    return undefined;
  }

  /** What is known by now. */
  get soFar(): LivenessFinding {
    const under = this.#search?.result("inconclusive");
    return { ...sumOf(under === undefined ? this.#done : [...this.#done, under]), verdict: "inconclusive" };
  }
}

/** The last one's verdict is that of all: the others hold. */
function sumOf(findings: readonly LassoFinding[]): LivenessFinding {
  const sum = (of: (finding: LassoFinding) => number): number =>
    findings.reduce((total, finding) => total + of(finding), 0);
  const most = (of: (finding: LassoFinding) => number): number => Math.max(0, ...findings.map(of));
  const last = findings.at(-1);
  return {
    verdict: last?.verdict ?? "inconclusive",
    states: sum(({ states }) => states),
    transitions: sum(({ transitions }) => transitions),
    depth: most(({ depth }) => depth),
    waiting: sum(({ waiting }) => waiting),
    memoryBytes: most(({ memoryBytes }) => memoryBytes),
    lasso: last?.lasso,
  };
}
