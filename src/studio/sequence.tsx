/** The messages around the cursor, as a sequence chart: time runs down, a lane for each actor, an arrow for each message. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { type Cone, coneOf } from "../trace/causality.ts";
import type { Trace } from "../trace/trace.ts";
import { moveText } from "./move-text.ts";
import { goTo } from "./player.ts";
import { type Arrow, arrowsIn, type Lane, lanesOf, windowOf } from "./sequence-rows.ts";
import { cursor, folded, length, show, trace } from "./store.ts";
import { count } from "./words.ts";

const ROW = 20;

/** The move under the pointer, or with the focus. */
const hovered = signal<number | undefined>(undefined);

const around = computed(() => windowOf(cursor.value, length.value));

const NO_CONE: Cone = { past: new Set(), future: new Set() };
const cone = computed(() => {
  const { first, last } = around.value;
  return trace.value === undefined || hovered.value === undefined
    ? NO_CONE
    : coneOf(trace.value, hovered.value, first, last);
});

export function Sequence(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  const { first, last } = around.value;
  const lanes = lanesOf(there, folded.value, around.value);
  const width = lanes.reduce((sum, lane) => sum + lane.width, 0);
  const moves = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return (
    <section class="sequence" aria-label="Messages around the cursor">
      <p class="hint">
        Pick a row to go there; point at one to see what it depends on (▴) and what depends on it (▾). ⇅ marks
        a message that another one could have overtaken.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="sequence-scroll" tabIndex={0} aria-label="Sequence chart">
        <LaneNames lanes={lanes} />
        <div class="sequence-body" style={{ height: `${moves.length * ROW}px` }}>
          <Drawing trace={there} lanes={lanes} width={width} />
          <ol onPointerLeave={() => leave()} start={first}>
            {moves.map((move, i) => (
              <Row trace={there} move={move} y={i * ROW} width={width} key={move} />
            ))}
          </ol>
        </div>
      </section>
    </section>
  );
}

function leave(): void {
  hovered.value = undefined;
}

function LaneNames({ lanes }: { readonly lanes: readonly Lane[] }): JSX.Element {
  const toggle = (actor: number): void => {
    const others = folded.value.filter((one) => one !== actor);
    show({ folded: others.length < folded.value.length ? others : [...others, actor] });
  };
  return (
    <div class="lane-names">
      {lanes.map(({ actor, name, width, folded: isFolded }) => (
        <button
          type="button"
          aria-expanded={!isFolded}
          aria-label={`Lane of ${name}`}
          title={`${name}: fold or unfold`}
          style={{ width: `${width}px` }}
          onClick={() => toggle(actor)}
          key={actor}
        >
          {isFolded ? "⋮" : name}
        </button>
      ))}
    </div>
  );
}

interface RowProps {
  readonly trace: Trace;
  readonly move: number;
  readonly y: number;
  readonly width: number;
}

function Row({ trace: there, move, y, width }: RowProps): JSX.Element {
  const isCursor = move === cursor.value;
  const { past, future } = cone.value;
  const sign = past.has(move) ? "▴" : future.has(move) ? "▾" : hovered.value === move ? "•" : " ";
  return (
    <li style={{ transform: `translateY(${y}px)` }}>
      <button
        type="button"
        class="row"
        data-move={move}
        aria-current={isCursor ? "step" : undefined}
        onClick={() => goTo(move)}
        onPointerEnter={() => {
          hovered.value = move;
        }}
        onFocus={() => {
          hovered.value = move;
        }}
        onBlur={() => leave()}
      >
        <span class="row-number">
          {sign} {count(move)}
        </span>
        <span class="row-lanes" style={{ width: `${width}px` }} />
        <span class="row-text">{moveText(there, move)}</span>
      </button>
    </li>
  );
}

interface DrawingProps {
  readonly trace: Trace;
  readonly lanes: readonly Lane[];
  readonly width: number;
}

function Drawing({ trace: there, lanes, width }: DrawingProps): JSX.Element {
  const range = around.value;
  const rows = Math.max(0, range.last - range.first + 1);
  const height = rows * ROW;
  const middles = new Map(lanes.map(({ actor, x, width: wide }) => [actor, x + wide / 2]));
  const yOf = (move: number): number => (move - range.first + 0.5) * ROW;
  const moves = Array.from({ length: rows }, (_, i) => range.first + i);
  return (
    <svg class="sequence-drawing" width={width} height={height} aria-hidden="true">
      {lanes.map(({ actor }) => (
        <line class="lane" x1={middles.get(actor)} x2={middles.get(actor)} y1="0" y2={height} key={actor} />
      ))}
      {arrowsIn(there, range).map((arrow) => (
        <ArrowLine arrow={arrow} middles={middles} yOf={yOf} height={height} key={arrow.message} />
      ))}
      {moves.map((move) => (
        <circle
          class={`move ${there.moveOf(move)?.kind ?? ""} ${coneClass(move)}`}
          cx={middles.get(there.moveOf(move)?.who ?? -1) ?? -9}
          cy={yOf(move)}
          r="3.5"
          key={move}
        />
      ))}
    </svg>
  );
}

function coneClass(move: number): string {
  const { past, future } = cone.value;
  return past.has(move) ? "past" : future.has(move) ? "future" : "";
}

interface ArrowProps {
  readonly arrow: Arrow;
  readonly middles: ReadonlyMap<number, number>;
  readonly yOf: (move: number) => number;
  readonly height: number;
}

function ArrowLine({ arrow, middles, yOf, height }: ArrowProps): JSX.Element {
  const { from, to, sent, delivered, type, racy } = arrow;
  const [x1, x2] = [middles.get(from) ?? 0, middles.get(to) ?? 0];
  const [y1, y2] = [sent === undefined ? 0 : yOf(sent), delivered === undefined ? height : yOf(delivered)];
  const { past, future } = cone.value;
  const inPast = delivered !== undefined && (past.has(delivered) || delivered === hovered.value);
  const inFuture = sent !== undefined && (future.has(sent) || sent === hovered.value);
  const classes = `arrow${sent === undefined || delivered === undefined ? " cut" : ""}${inPast ? " past" : ""}${inFuture ? " future" : ""}`;
  return (
    <g class={classes}>
      <line
        x1={x1}
        y1={y1}
        x2={x2}
        y2={y2}
        marker-end={delivered === undefined ? undefined : "url(#arrow)"}
      />
      {delivered !== undefined && (
        <text x={(x1 + 2 * x2) / 3} y={(y1 + 2 * y2) / 3 - 3} text-anchor="middle" class="arrow-label">
          {type}
          {racy ? " ⇅" : ""}
        </text>
      )}
    </g>
  );
}
