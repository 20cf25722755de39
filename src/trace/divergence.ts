/** Where two runs part: the counterexample that was found, and what shrinking has made of it. */
import { stateAt } from "./at.ts";
import type { Trace } from "./trace.ts";

/** The first move in which the two differ, from 1; one more than the shorter has when the longer goes on; else undefined. */
export function firstDivergence(one: Trace, other: Trace): number | undefined {
  const common = Math.min(one.length, other.length);
  for (let move = 1; move <= common; move++) if (differs(one, other, move)) return move;
  return one.length === other.length ? undefined : common + 1;
}

/**
 * Who moves, what it takes, or where it comes to. Actors are told by their names: where a guest was left out the numbers
 * of the others are not what they were.
 */
function differs(one: Trace, other: Trace, move: number): boolean {
  const [a, b] = [one.moveOf(move), other.moveOf(move)];
  if (a === undefined || b === undefined) return true;
  if (a.kind !== b.kind || a.type !== b.type || a.timer !== b.timer) return true;
  if (nameOf(one, a.who) !== nameOf(other, b.who) || nameOf(one, a.from) !== nameOf(other, b.from))
    return true;
  return stateAt(one, a.who, move) !== stateAt(other, b.who, move);
}

const nameOf = ({ head }: Trace, actor: number): string | undefined => head.actors[actor]?.name;

/** The actor of the same name in another run; undefined when it has none such. */
export function counterpart(one: Trace, actor: number, other: Trace): number | undefined {
  const index = other.head.actors.findIndex(({ name }) => name === nameOf(one, actor));
  return index < 0 ? undefined : index;
}
