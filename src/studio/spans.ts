/** What the timeline of a card shows between two moments, no finer than it can be seen. Pure. */
import { holdOfRow, isContested, lastRow } from "../trace/at.ts";
import type { CardPhase, Trace } from "../trace/trace.ts";

export type Axis = "moves" | "time";

/** A part of the axis: moves, or nanoseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Span {
  /** In pixels. */
  readonly x: number;
  readonly width: number;
  readonly owner: number | undefined;
  readonly phase: CardPhase;
  /** Two guests at once. */
  readonly contested: boolean;
  readonly sinceMove: number;
}

/** Narrower spans give way to the widest of their neighbours; but never one in which two guests have the card. */
const NARROWEST = 1.5;

export const endOf = (trace: Trace, axis: Axis): number =>
  axis === "moves" ? trace.length : trace.timeOf(trace.length);

export const placeOf = (trace: Trace, axis: Axis, move: number): number =>
  axis === "moves" ? move : trace.timeOf(move);

export const moveAtPlace = (trace: Trace, axis: Axis, place: number): number =>
  Math.max(0, Math.min(trace.length, axis === "moves" ? Math.round(place) : trace.moveAt(place)));

/** The whole of a trace divided by two `zoom` times: so that `centre` is in it, and at the same place as long as it is. */
export function rangeOf(end: number, zoom: number, centre: number): Range {
  const size = Math.max(end / 2 ** zoom, Math.min(end, 1));
  if (size === 0) return { from: 0, to: 0 };
  const step = size / 2;
  const from = Math.max(0, Math.min(end - size, Math.floor((centre - size / 4) / step) * step));
  return { from, to: from + size };
}

export function spansOf(
  trace: Trace,
  card: number,
  axis: Axis,
  range: Range,
  width: number,
): readonly Span[] {
  const rows = trace.holdRows[card];
  const size = range.to - range.from;
  if (rows === undefined || size <= 0) return [];
  const scale = width / size;
  const placeOfRow = (row: number): number => placeOf(trace, axis, trace.holdMoves.at(rows.at(row)));
  const first = Math.max(0, lastRow(rows.length, placeOfRow, range.from));
  const spans: Span[] = [];
  for (let row = first; row < rows.length; row++) {
    const begin = Math.max(range.from, placeOfRow(row));
    if (begin > range.to) break;
    const end = Math.min(range.to, row + 1 < rows.length ? placeOfRow(row + 1) : endOf(trace, axis));
    const hold = holdOfRow(trace, rows.at(row));
    const { owner, phase, sinceMove } = hold;
    const contested = isContested(hold);
    const x = (begin - range.from) * scale;
    put(spans, { x, width: (end - begin) * scale, owner, phase, contested, sinceMove });
  }
  return spans;
}

/** Appends a span, or lets the last one and it share the place when both are too narrow. */
function put(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last === undefined || last.width >= NARROWEST) {
    spans.push(span);
    return;
  }
  const wins = last.contested ? last : span.contested || span.width > last.width ? span : last;
  spans[spans.length - 1] = { ...wins, x: last.x, width: last.width + span.width };
}
