/** What a message sequence chart shows of the moves around the cursor. Pure. */
import { couldBeReordered } from "../trace/causality.ts";
import { MESSAGE_TYPES, type Trace } from "../trace/trace.ts";

const SEQUENCE_ROWS = { before: 22, behind: 8 };

export interface Window {
  readonly first: number;
  readonly last: number;
}

/** The moves around `cursor`; always as many, where there are as many. */
export function windowOf(cursor: number, length: number, { before, behind } = SEQUENCE_ROWS): Window {
  const rows = before + behind;
  const first = Math.max(1, Math.min(cursor - before, length - rows));
  return { first, last: Math.min(length, first + rows) };
}

export interface Arrow {
  readonly message: number;
  readonly type: string;
  /** Indices of actors. */
  readonly from: number;
  readonly to: number;
  /** The moves that sent and delivered it; undefined: before the window, or behind it. */
  readonly sent: number | undefined;
  readonly delivered: number | undefined;
  /** The trace ends before it is delivered. */
  readonly open: boolean;
  /** Another message could have come first. */
  readonly racy: boolean;
}

/** Every message that is under way in the window. */
export function arrowsIn(trace: Trace, { first, last }: Window): readonly Arrow[] {
  const arrows: Arrow[] = [];
  const [start, end] = [trace.sentBy.countUpTo(first - 1), trace.sentBy.countUpTo(last)];
  for (let move = first; move <= last; move++) {
    const message = trace.messageOf(move);
    if (message !== undefined && message < start) arrows.push(arrowOf(trace, message, { first, last }));
  }
  for (let message = start; message < end; message++) arrows.push(arrowOf(trace, message, { first, last }));
  return arrows;
}

function arrowOf(trace: Trace, message: number, { first, last }: Window): Arrow {
  const { from = -1, to = -1 } = trace.channelTable.get(trace.channels.at(message)) ?? {};
  const sent = trace.sentBy.at(message);
  const by = trace.deliveredBy.at(message);
  const delivered = by >= first && by <= last ? by : undefined;
  return {
    message,
    type: MESSAGE_TYPES[trace.types.at(message)] ?? "",
    from,
    to,
    sent: sent >= first ? sent : undefined,
    delivered,
    open: by === 0,
    racy: delivered !== undefined && couldBeReordered(trace, delivered),
  };
}

export interface Lane {
  readonly actor: number;
  readonly name: string;
  readonly x: number;
  readonly width: number;
  readonly folded: boolean;
}

const LANE = 66;
const FOLDED = 22;

/** More actors than that: those that have nothing to do with the window are left out. */
export const MOST_LANES = 12;

/** One for each actor that moves. */
export function lanesOf(trace: Trace, folded: readonly number[], window: Window): readonly Lane[] {
  const movers = [...trace.head.actors.keys()].filter(
    (actor) => trace.head.actors[actor]?.address !== undefined,
  );
  const involved = involvedIn(trace, window);
  const shown = movers.length > MOST_LANES ? movers.filter((actor) => involved.has(actor)) : movers;
  let x = 0;
  return shown.map((actor) => {
    const width = folded.includes(actor) ? FOLDED : LANE;
    x += width;
    const name = trace.head.actors[actor]?.name ?? "";
    return { actor, name, x: x - width, width, folded: width === FOLDED };
  });
}

/** The actors that move in the window, or have messages under way in it. */
function involvedIn(trace: Trace, window: Window): ReadonlySet<number> {
  const involved = new Set<number>();
  for (let move = window.first; move <= window.last; move++) involved.add(trace.moveOf(move)?.who ?? -1);
  for (const { from, to } of arrowsIn(trace, window)) involved.add(from).add(to);
  return involved;
}
