/** Runs the same thing twice and says where the second run first differs: equal seeds must give equal traces. */
import type { SeededRun } from "../engine/seeded-run.ts";
import { describeEntry, type TraceEntry, TraceLog } from "./trace.ts";

export interface Difference {
  /** Number of the first move that differs, from 1; one behind the last when only the state at the end does. */
  readonly move: number;
  /** What each run did then; "nothing" when it was over. */
  readonly first: string;
  readonly second: string;
}

/**
 * `make` builds a run from scratch, `play` makes its moves; what they do must depend on nothing else. Undefined: both runs
 * were the same, byte for byte.
 */
export function firstDifference(
  make: () => SeededRun,
  play: (run: SeededRun) => void,
): Difference | undefined {
  const [first, second] = [traced(make(), play), traced(make(), play)];
  const length = Math.max(first.trace.length, second.trace.length);
  for (let i = 0; i < length; i++) {
    const [one, two] = [describe(first.trace[i]), describe(second.trace[i])];
    if (one !== two) return { move: i + 1, first: one, second: two };
  }
  if (first.stateHash === second.stateHash) return undefined;
  const state = (hash: string): string => `ends in state ${hash}`;
  return { move: length + 1, first: state(first.stateHash), second: state(second.stateHash) };
}

function traced(run: SeededRun, play: (run: SeededRun) => void) {
  const log = new TraceLog(() => run.engine.nowNs);
  run.engine.observe(log);
  play(run);
  return { trace: log.entries, stateHash: run.stateHash() };
}

const describe = (entry: TraceEntry | undefined): string =>
  entry === undefined ? "nothing" : describeEntry(entry);
