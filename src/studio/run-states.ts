/** The states of two runs beside each other, actor by actor. Pure. */
import { stateAt } from "../trace/at.ts";
import { counterpart } from "../trace/divergence.ts";
import type { Trace } from "../trace/trace.ts";

export interface StatePair {
  readonly name: string;
  /** Undefined: there is no such actor in the run; "–" before it has a state. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly differ: boolean;
}

/** Of every actor of either run: those of the second in its order, then those that only the first has. */
export function statePairs(
  before: Trace,
  beforeMove: number,
  after: Trace,
  afterMove: number,
): readonly StatePair[] {
  const pair = (name: string, one: number | undefined, other: number | undefined): StatePair => {
    const [was, is] = [stateOf(before, one, beforeMove), stateOf(after, other, afterMove)];
    return { name, before: was, after: is, differ: was !== is };
  };
  const inBoth = after.head.actors.map(({ name }, actor) =>
    pair(name, counterpart(after, actor, before), actor),
  );
  const gone = before.head.actors.flatMap(({ name }, actor) =>
    counterpart(before, actor, after) === undefined ? [pair(name, actor, undefined)] : [],
  );
  return [...inBoth, ...gone];
}

const stateOf = (trace: Trace, actor: number | undefined, move: number): string | undefined =>
  actor === undefined ? undefined : stateAt(trace, actor, move) || "–";
