/** What a move could have known of, and what could know of it: by the order of each actor's moves, and by messages. */
import type { Trace } from "./trace.ts";

export interface Cone {
  readonly past: ReadonlySet<number>;
  readonly future: ReadonlySet<number>;
}

/** Among the moves from `first` to `last`, those that `move` depends on, and those that depend on it. */
export function coneOf(trace: Trace, move: number, first: number, last: number): Cone {
  const past = new Set<number>();
  const pending = [move];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const cause of causesOf(trace, at)) {
      if (cause < first || past.has(cause)) continue;
      past.add(cause);
      pending.push(cause);
    }
  }
  const future = new Set<number>();
  for (let at = move + 1; at <= last; at++)
    if (causesOf(trace, at).some((cause) => cause === move || future.has(cause))) future.add(at);
  return { past, future };
}

/** The actor's move before this one, and the move that sent what this one takes. */
function causesOf(trace: Trace, move: number): readonly number[] {
  const before = previousOf(trace, move);
  const message = trace.messageOf(move);
  const sent = message === undefined ? 0 : trace.sentBy.at(message);
  return [before, sent].filter((cause) => cause > 0);
}

/** The last move of the same actor before this one; 0: there is none. */
function previousOf(trace: Trace, move: number): number {
  const moves = trace.actorMoves[trace.moveOf(move)?.who ?? -1];
  return moves === undefined ? 0 : moves.at(moves.countUpTo(move - 1) - 1);
}

/** The actor's next move; undefined when there is none yet. */
export function nextMoveOf(trace: Trace, actor: number, move: number): number | undefined {
  const moves = trace.actorMoves[actor];
  const row = moves?.countUpTo(move) ?? 0;
  return moves !== undefined && row < moves.length ? moves.at(row) : undefined;
}

/** True when another message could have reached the same actor first: what came of it hangs on the schedule. */
export function couldBeReordered(trace: Trace, move: number): boolean {
  const made = trace.moveOf(move);
  if (made?.kind !== "deliver") return false;
  return trace
    .choicesAt(move)
    .some(({ kind, who, text }) => kind === "deliver" && who === made.who && text !== made.text);
}
