/** What a message sequence chart shows of the moves around the cursor. Pure. */
import { couldBeReordered } from "../trace/causality.ts";
import { MESSAGE_TYPES, type Trace } from "../trace/trace.ts";

export const ROWS_BEFORE = 22;
export const ROWS_BEHIND = 8;

export interface Window {
  readonly first: number;
  readonly last: number;
}

/** The moves around `cursor`; always as many, where there are as many. */
export function windowOf(cursor: number, length: number): Window {
  const rows = ROWS_BEFORE + ROWS_BEHIND;
  const first = Math.max(1, Math.min(cursor - ROWS_BEFORE, length - rows));
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

const LANE = 78;
const FOLDED = 22;

/** One for each actor that moves. */
export function lanesOf(trace: Trace, folded: readonly number[]): readonly Lane[] {
  let x = 0;
  return trace.head.actors.flatMap(({ name, address }, actor) => {
    if (address === undefined) return [];
    const width = folded.includes(actor) ? FOLDED : LANE;
    x += width;
    return [{ actor, name, x: x - width, width, folded: width === FOLDED }];
  });
}
