/** One of two runs: who has the cards, the moves around its cursor, and buttons that step it. */
import type { JSX } from "preact";
import type { Trace } from "../trace/trace.ts";
import { moveText } from "./move-text.ts";
import { windowOf } from "./sequence-rows.ts";
import { spansOf } from "./spans.ts";
import { SPAN_HEIGHT, SpanBox } from "./timeline.tsx";
import { count, duration } from "./words.ts";

const ROWS = { before: 8, behind: 8 };
/** Of the drawing of a card, which is stretched to the room that it has. */
const STRIP = 400;

export interface OneRunProps {
  readonly title: string;
  readonly trace: Trace;
  /** Where it stands. */
  readonly move: number;
  /** The first move in which the two differ. */
  readonly parting: number | undefined;
  /** How a guest of this run is drawn. */
  readonly lookOf: (guest: number) => number;
  /** There may be more moves than there are. */
  readonly canGoOn: boolean;
  readonly go: (move: number) => void;
}

export function OneRun(props: OneRunProps): JSX.Element {
  const { title, trace, move, go, canGoOn } = props;
  const { guests } = trace.head;
  return (
    <section class="run" aria-label={title} data-run-move={move}>
      <h3>
        {title}{" "}
        <small>
          {count(trace.length)} {trace.length === 1 ? "move" : "moves"}
          {canGoOn ? " so far" : ""}, {count(guests.length)} {guests.length === 1 ? "guest" : "guests"}
        </small>
      </h3>
      <Strips {...props} />
      <p class="toolbar">
        <button
          type="button"
          aria-label={`${title}: one move back`}
          disabled={move === 0}
          onClick={() => go(move - 1)}
        >
          ◀
        </button>
        <button
          type="button"
          aria-label={`${title}: one move on`}
          disabled={move >= trace.length}
          onClick={() => go(move + 1)}
        >
          ▶
        </button>
        <span>
          move {count(move)}, {duration(trace.timeOf(move))}
        </span>
      </p>
      <Moves {...props} />
    </section>
  );
}

/** The whole run, card by card: where it stands is a line, where the two part a dashed one. */
function Strips({ trace, move, parting, lookOf }: OneRunProps): JSX.Element {
  const range = { from: 0, to: trace.length };
  const placeOf = (at: number): number => (STRIP * at) / Math.max(1, trace.length);
  return (
    <ul class="strips">
      {trace.head.cards.map(({ name }, card) => (
        <li key={name}>
          <small>{name}</small>
          <svg viewBox={`0 0 ${STRIP} ${SPAN_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="row-ground" width={STRIP} height={SPAN_HEIGHT} />
            {spansOf(trace, card, "moves", range, STRIP).map((span) => (
              <SpanBox span={span} lookOf={lookOf} key={span.row} />
            ))}
            {parting !== undefined && <Upright x={placeOf(parting)} name="parting-line" />}
            <Upright x={placeOf(move)} name="place-line" />
          </svg>
        </li>
      ))}
    </ul>
  );
}

const Upright = ({ x, name }: { readonly x: number; readonly name: string }): JSX.Element => (
  <line class={name} x1={x} x2={x} y1="0" y2={SPAN_HEIGHT} />
);

function Moves({ title, trace, move, parting, go }: OneRunProps): JSX.Element {
  const { first, last } = windowOf(move, trace.length, ROWS);
  const moves = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const violated = new Set(trace.notes.flatMap(({ kind, move: at }) => (kind === "violation" ? [at] : [])));
  return (
    <ol class="run-moves" start={first} aria-label={`${title}: moves`}>
      {moves.map((at) => (
        <li key={at}>
          <button
            type="button"
            class={at === parting ? "run-row parts" : "run-row"}
            data-run-row={at}
            aria-current={at === move ? "step" : undefined}
            onClick={() => go(at)}
          >
            {at === parting && <b>≠ </b>}
            {violated.has(at) && <b>▲ </b>}
            {count(at)} {moveText(trace, at)}
          </button>
        </li>
      ))}
    </ol>
  );
}
