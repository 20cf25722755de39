/** How things stood after a move. */
import { type CardPhase, NONE, PHASES, type Trace } from "./trace.ts";

/** The state of an actor, as its statechart names it; "" before it has any. */
export function stateAt(trace: Trace, actor: number, move: number): string {
  const rows = trace.stepRows[actor];
  const row = rows === undefined ? NONE : lastRow(rows.length, (i) => trace.stepMoves.at(rows.at(i)), move);
  return row < 0 ? "" : (trace.stepTable.get(trace.steps.at(rows?.at(row) ?? 0))?.to ?? "");
}

export interface HoldAt {
  /** Guest ids; undefined: nobody. */
  readonly owner: number | undefined;
  readonly holder: number | undefined;
  readonly phase: CardPhase;
  readonly sinceMove: number;
}

export function holdAt(trace: Trace, card: number, move: number): HoldAt {
  const rows = trace.holdRows[card];
  const row = rows === undefined ? NONE : lastRow(rows.length, (i) => trace.holdMoves.at(rows.at(i)), move);
  if (rows === undefined || row < 0)
    return { owner: undefined, holder: undefined, phase: "free", sinceMove: 0 };
  return holdOfRow(trace, rows.at(row));
}

export function holdOfRow(trace: Trace, row: number): HoldAt {
  return {
    owner: guestOrNobody(trace.holdOwners.at(row)),
    holder: guestOrNobody(trace.holdHolders.at(row)),
    phase: PHASES[trace.holdPhases.at(row)] ?? "free",
    sinceMove: trace.holdMoves.at(row),
  };
}

/** Two at once: the card takes operations of one guest while the VMM has given it to another. */
export const isContested = ({ owner, holder }: Pick<HoldAt, "owner" | "holder">): boolean =>
  owner !== undefined && holder !== undefined && owner !== holder;

const guestOrNobody = (guest: number): number | undefined => (guest === NONE ? undefined : guest);

/** Messages under way to an actor after a move: sent by then, and not yet delivered. `window`: looked at, at most. */
export function underWayTo(trace: Trace, actor: number, move: number, window: number): number {
  const end = trace.sentBy.countUpTo(move);
  let count = 0;
  for (let i = Math.max(0, end - window); i < end; i++) {
    if (trace.channelTable.get(trace.channels.at(i))?.to !== actor) continue;
    const by = trace.deliveredBy.at(i);
    if (by === 0 || by > move) count++;
  }
  return count;
}

/** The last of the rows with ascending moves that is not behind `move`; NONE: there is none. */
export function lastRow(rows: number, moveOf: (row: number) => number, move: number): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moveOf(middle) <= move) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
