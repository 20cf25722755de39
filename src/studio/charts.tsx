/** The statecharts of all actors as tiles, and one of them large. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { holdAt, stateAt } from "../trace/at.ts";
import type { TraceActor } from "../trace/head.ts";
import type { Trace } from "../trace/trace.ts";
import { ChartDrawing, Thumbnail } from "./chart-drawing.tsx";
import { EdgeTable } from "./edge-table.tsx";
import { Swatch } from "./guest-look.tsx";
import { actorIndex, cursor, length, show, trace } from "./store.ts";

const TILE_HEIGHT = 76;
const COLUMNS = 3;
/** Rows of tiles that are there beyond those that are seen. */
const SPARE_ROWS = 2;
const SEEN_ROWS = 3;

const scrolled = signal(0);

export function Charts(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  return (
    <section class="charts" aria-label="Statecharts">
      <Tiles trace={there} />
      <Large trace={there} actor={actorIndex.value} />
    </section>
  );
}

/** Only the tiles that are seen are there: there may be hundreds. */
function Tiles({ trace: there }: { readonly trace: Trace }): JSX.Element {
  void length.value;
  const { actors } = there.head;
  const rows = Math.ceil(actors.length / COLUMNS);
  const first = Math.max(0, Math.floor(scrolled.value / TILE_HEIGHT) - SPARE_ROWS);
  const last = Math.min(rows, first + SEEN_ROWS + 2 * SPARE_ROWS);
  return (
    <section
      class="tiles"
      aria-label="Actors"
      onScroll={(event) => {
        scrolled.value = event.currentTarget.scrollTop;
      }}
    >
      <div style={{ height: `${rows * TILE_HEIGHT}px`, position: "relative" }}>
        {actors.slice(first * COLUMNS, last * COLUMNS).map((actor, i) => {
          const index = first * COLUMNS + i;
          return <Tile trace={there} actor={actor} index={index} key={index} />;
        })}
      </div>
    </section>
  );
}

interface TileProps {
  readonly trace: Trace;
  readonly actor: TraceActor;
  readonly index: number;
}

function Tile({ trace: there, actor, index }: TileProps): JSX.Element {
  const state = stateAt(there, index, cursor.value);
  const chart = actor.chart === undefined ? undefined : there.head.charts[actor.chart];
  const { owner } = actor.card === undefined ? { owner: undefined } : holdAt(there, actor.card, cursor.value);
  const marked = actor.role === "guest" || actor.role === "model" ? actor.guest : owner;
  return (
    <button
      type="button"
      class="tile"
      aria-pressed={index === actorIndex.value}
      onClick={() => show({ actor: index })}
      style={{
        top: `${Math.floor(index / COLUMNS) * TILE_HEIGHT}px`,
        left: `${((index % COLUMNS) * 100) / COLUMNS}%`,
        width: `calc(${100 / COLUMNS}% - 6px)`,
        height: `${TILE_HEIGHT - 6}px`,
      }}
    >
      <span class="tile-name">
        {marked !== undefined && <Swatch guest={marked} />} {actor.name}
      </span>
      <span class="tile-state">{state || "–"}</span>
      {chart !== undefined && <Thumbnail trace={there} actor={index} chart={chart} />}
    </button>
  );
}

/** More lines than that are not drawn all at once. */
const MOST_LINES = 12;

/** What it runs are its lines, each a machine of its own: side by side, while they are few. */
function Wire({ trace: there, actor }: { readonly trace: Trace; readonly actor: number }): JSX.Element {
  const lines = [...there.head.actors.entries()].filter(([, { role }]) => role === "line");
  const isDrawn = lines.length <= MOST_LINES;
  return (
    <>
      <p>{stateAt(there, actor, cursor.value)}</p>
      <ul class={isDrawn ? "lines" : "choice-list"} aria-label="Lines of the wire">
        {lines.map(([line, { name, chart }]) => {
          const drawn = isDrawn ? there.head.charts[chart ?? -1] : undefined;
          return (
            <li key={name}>
              <button type="button" onClick={() => show({ actor: line })}>
                {name}: {stateAt(there, line, cursor.value)}
              </button>
              {drawn !== undefined && <ChartDrawing trace={there} actor={line} chart={drawn} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Large({
  trace: there,
  actor,
}: {
  readonly trace: Trace;
  readonly actor: number;
}): JSX.Element | null {
  const { name, role, chart } = there.head.actors[actor] ?? {};
  const drawn = chart === undefined ? undefined : there.head.charts[chart];
  if (name === undefined) return null;
  return (
    <div class="large">
      <h2>
        {name} <small>{drawn === undefined ? role : `runs the machine ${drawn.id}`}</small>
      </h2>
      {drawn === undefined ? (
        <Wire trace={there} actor={actor} />
      ) : (
        <>
          <p class="hint">
            At an edge: how often it was taken, and how long its state had lasted then. A line is as wide as
            that was often; it glows by its part of the time; dots are exits to the VMM.
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
          <section class="large-scroll" tabIndex={0} aria-label={`Statechart of ${name}`}>
            <ChartDrawing trace={there} actor={actor} chart={drawn} />
          </section>
          <EdgeTable trace={there} actor={actor} chart={drawn} />
        </>
      )}
    </div>
  );
}
