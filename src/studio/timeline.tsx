/** The ownership of each card over the whole run, which is also where the cursor is dragged. */

import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CardPhase, Trace, TraceNote } from "../trace/trace.ts";
import { fillOf, Swatch } from "./guest-look.tsx";
import { goTo } from "./player.ts";
import { endOf, moveAtPlace, placeOf, type Range, rangeOf, type Span, spansOf } from "./spans.ts";
import { axis, cursor, length, mark, noteCount, show, trace, zoom } from "./store.ts";
import { MAX_ZOOM } from "./url-state.ts";
import { duration } from "./words.ts";

export const SPAN_HEIGHT = 30;
const GAP = 6;
const MARKS = 14;

/** Where in its row a phase is drawn, from its upper edge: told apart without any colour. */
const EXTENTS: Readonly<Record<CardPhase, readonly [from: number, to: number]>> = {
  free: [0, 0],
  busy: [0, 1],
  reusable: [0.3, 0.7],
  revoking: [0, 0.45],
  saving: [0, 0.2],
  restoring: [0.8, 1],
  resetting: [0.45, 0.55],
  lost: [0.45, 0.55],
};

const width = signal(800);

const position = computed(() => {
  const ns = trace.value?.timeOf(cursor.value) ?? 0;
  return `move ${cursor.value} of ${length.value}, ${duration(ns)}`;
});

/** The part of the axis that is shown: the same object as long as it is the same part. */
const range = computed((): Range => {
  const there = trace.value;
  if (there === undefined || length.value === 0) return NOWHERE;
  const next = rangeOf(endOf(there, axis.value), zoom.value, placeOf(there, axis.value, cursor.value));
  if (next.from !== lastRange.from || next.to !== lastRange.to) lastRange = next;
  return lastRange;
});

const NOWHERE: Range = { from: 0, to: 0 };
let lastRange = NOWHERE;

export const Timeline = (): JSX.Element | null =>
  trace.value === undefined ? null : <Track trace={trace.value} />;

function Track({ trace: there }: { readonly trace: Trace }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) width.value = Math.max(200, Math.floor(entry.contentRect.width));
    });
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const dragged = (event: PointerEvent): void => {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    const { from, to } = range.value;
    goTo(moveAtPlace(there, axis.value, from + ((event.clientX - left) / width.value) * (to - from)));
  };
  const rows = there.head.cards.length;
  const height = rows * (SPAN_HEIGHT + GAP) + MARKS;
  return (
    <section class="timeline" aria-label="Ownership of the cards">
      <CardNames trace={there} />
      <div
        class="track"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label="Cursor"
        aria-valuemin={0}
        aria-valuemax={length}
        aria-valuenow={cursor}
        aria-valuetext={position}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          dragged(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons & 1) dragged(event);
        }}
        style={{ height: `${height}px` }}
      >
        <svg width={width.value} height={height} aria-hidden="true">
          {there.head.cards.map((card, i) => (
            <CardRow key={card.name} trace={there} card={i} y={i * (SPAN_HEIGHT + GAP)} />
          ))}
          <Notes trace={there} y={rows * (SPAN_HEIGHT + GAP)} />
        </svg>
        <CursorLine trace={there} />
      </div>
      <Legend trace={there} />
    </section>
  );
}

function CardNames({ trace: { head } }: { readonly trace: Trace }): JSX.Element {
  return (
    <ul class="card-names">
      {head.cards.map(({ name, kind }) => (
        <li key={name} style={{ height: `${SPAN_HEIGHT}px` }}>
          <b>{name}</b> <small>{kind}</small>
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  readonly trace: Trace;
  readonly card: number;
  readonly y: number;
}

/** Drawn anew when the trace or the range changes, not when the cursor does. */
function CardRow({ trace: there, card, y }: RowProps): JSX.Element {
  void length.value;
  const spans = spansOf(there, card, axis.value, range.value, width.value);
  return (
    <g transform={`translate(0 ${y})`}>
      <rect class="row-ground" width={width.value} height={SPAN_HEIGHT} />
      {spans.map((span) => (
        <SpanBox span={span} key={span.row} />
      ))}
    </g>
  );
}

interface SpanProps {
  readonly span: Span;
  /** How a guest is drawn; undefined: as itself. */
  readonly lookOf?: (guest: number) => number;
}

export function SpanBox({ span, lookOf = (guest) => guest }: SpanProps): JSX.Element | null {
  const { x, width: wide, owner, phase, contested } = span;
  if (contested) return <rect x={x} width={Math.max(2, wide)} height={SPAN_HEIGHT} fill="url(#contested)" />;
  const [from, to] = EXTENTS[phase];
  if (to === from) return null;
  const box = { x, width: Math.max(0.5, wide), y: from * SPAN_HEIGHT, height: (to - from) * SPAN_HEIGHT };
  return owner === undefined ? (
    <rect {...box} class="nobody" />
  ) : (
    <rect {...box} fill={fillOf(lookOf(owner))} />
  );
}

const SIGNS: Readonly<Record<TraceNote["kind"], string>> = { violation: "▲", stopped: "◆", fault: "✕" };

function Notes({ trace: there, y }: { readonly trace: Trace; readonly y: number }): JSX.Element {
  void noteCount.value;
  const { from, to } = range.value;
  const scale = width.value / Math.max(1e-9, to - from);
  const placed = there.notes
    .map((note) => ({ note, x: (placeOf(there, axis.value, note.move) - from) * scale }))
    .filter(({ x }) => x >= 0 && x <= width.value);
  // Those on the same spot would only hide each other.
  const seen = new Set<string>();
  const apart = placed.filter(({ note, x }) => {
    const spot = `${note.kind} ${Math.round(x / 6)}`;
    return !seen.has(spot) && seen.add(spot);
  });
  return (
    <g transform={`translate(0 ${y + 10})`}>
      {apart.map(({ note, x }) => (
        <text
          x={Math.max(6, Math.min(width.value - 6, x))}
          class={`note ${note.kind}`}
          text-anchor="middle"
          key={`${note.move} ${note.kind}`}
        >
          {SIGNS[note.kind]}
        </text>
      ))}
    </g>
  );
}

function CursorLine({ trace: there }: { readonly trace: Trace }): JSX.Element {
  const { from, to } = range.value;
  const placed = (move: number): string => {
    const x = to > from ? ((placeOf(there, axis.value, move) - from) / (to - from)) * width.value : 0;
    return `translateX(${x}px)`;
  };
  return (
    <>
      {mark.value !== undefined && <div class="mark-line" style={{ transform: placed(mark.value) }} />}
      <div class="cursor-line" style={{ transform: placed(cursor.value) }} />
    </>
  );
}

const SAMPLES: readonly CardPhase[] = ["busy", "reusable", "revoking", "saving", "restoring", "resetting"];

function Legend({ trace: { head } }: { readonly trace: Trace }): JSX.Element {
  return (
    <div class="legend">
      <ul>
        {head.guests.map(({ name }, guest) => (
          <li key={name}>
            <Swatch guest={guest} /> {name}
          </li>
        ))}
      </ul>
      <ul>
        {SAMPLES.map((phase) => {
          const [from, to] = EXTENTS[phase];
          return (
            <li key={phase}>
              <svg class="swatch" width="18" height="14" aria-hidden="true">
                <rect class="row-ground" width="18" height="14" />
                <rect class="sample" y={from * 14} width="18" height={(to - from) * 14} />
              </svg>{" "}
              {phase}
            </li>
          );
        })}
        <li>
          <svg class="swatch" width="18" height="14" aria-hidden="true">
            <rect width="18" height="14" fill="url(#contested)" />
          </svg>{" "}
          two at once
        </li>
      </ul>
      <div class="axis">
        <button type="button" onClick={() => show({ axis: axis.value === "moves" ? "time" : "moves" })}>
          Axis: {axis.value}
        </button>
        <button type="button" disabled={zoom.value === 0} onClick={() => show({ zoom: zoom.value - 1 })}>
          Zoom out
        </button>
        <button type="button" onClick={() => show({ zoom: Math.min(MAX_ZOOM, zoom.value + 1) })}>
          Zoom in
        </button>
      </div>
    </div>
  );
}
