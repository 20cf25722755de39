/** One statechart, drawn: what is active after the cursor's move, the way it came there, how often each edge was taken. */
import type { JSX } from "preact";
import { activeIn } from "../trace/active.ts";
import { stateAt } from "../trace/at.ts";
import type { Chart } from "../trace/chart.ts";
import type { Trace } from "../trace/trace.ts";
import type { Usage } from "../trace/usage.ts";
import {
  type ChartLayout,
  type EdgeLine,
  type EdgePath,
  LABEL_LINE,
  labelHeight,
  layoutChart,
  type NodeBox,
  type Point,
} from "./chart-layout.ts";
import { usageOf } from "./logs.ts";
import { cursor, length } from "./store.ts";
import { count } from "./words.ts";

/** Smaller than that it could not be read, and is scrolled instead. */
const SMALLEST = 0.65;
const LARGEST = 1.25;

const layouts = new WeakMap<Chart, ChartLayout>();

/** One for each chart, however many actors run it. */
export function layoutOf(chart: Chart): ChartLayout {
  const known = layouts.get(chart) ?? layoutChart(chart);
  layouts.set(chart, known);
  return known;
}

export interface DrawingProps {
  readonly trace: Trace;
  readonly actor: number;
  readonly chart: Chart;
}

export function ChartDrawing({ trace, actor, chart }: DrawingProps): JSX.Element {
  void length.value;
  const { width, height, nodes, edges } = layoutOf(chart);
  const state = stateAt(trace, actor, cursor.value);
  const active = activeIn(chart, state);
  const heat = usageOf(trace, actor, chart).at(cursor.value);
  return (
    <svg
      class="chart"
      viewBox={`-2 -2 ${width + 4} ${height + 4}`}
      style={{ minWidth: `${width * SMALLEST}px`, maxWidth: `${width * LARGEST}px` }}
      role="img"
      aria-label={`Statechart ${chart.id}, in state ${state || "none"}`}
    >
      {nodes.map((box) => (
        <StateBox
          box={box}
          isActive={state !== "" && active.has(box.node.path)}
          heat={heat}
          key={box.node.path}
        />
      ))}
      {edges.map((edge) => (
        <Edge edge={edge} heat={heat} key={`${edge.source} ${edge.target}`} />
      ))}
    </svg>
  );
}

interface StateProps {
  readonly box: NodeBox;
  readonly isActive: boolean;
  readonly heat: Usage;
}

function StateBox({ box, isActive, heat }: StateProps): JSX.Element {
  const { node, lines, x, y, width, height } = box;
  const classes = ["state", node.kind, isActive ? "active" : "", node.children.length > 0 ? "outer" : "leaf"];
  return (
    <g class={classes.join(" ")} data-state={node.path} data-active={isActive ? "true" : undefined}>
      <rect x={x} y={y} width={width} height={height} rx={node.children.length > 0 ? 4 : 9} />
      <text x={x + 10} y={y + 15} class="state-name">
        {isActive ? "● " : ""}
        {node.name}
        {percent(heat.shares.get(node.path))}
      </text>
      {lines.map(({ text, edge }, i) => (
        <text x={x + 10} y={y + 29 + i * 14} class={lineClass(edge, heat)} key={text}>
          {text}
          {edge === undefined ? "" : times(heat, edge)}
        </text>
      ))}
    </g>
  );
}

/** " 12 %"; nothing where it would be none. */
const percent = (share = 0): JSX.Element | string =>
  share < 0.005 ? "" : <tspan class="share"> {Math.round(100 * share)} %</tspan>;

const lineClass = (edge: number | undefined, heat: Usage): string =>
  edge !== undefined && heat.last.has(edge) ? "line just" : "line";

const times = ({ counts }: Usage, edge: number): string => {
  const taken = counts.get(edge) ?? 0;
  return taken === 0 ? "" : ` ×${taken < 10_000 ? count(taken) : `${(taken / 1_000).toPrecision(3)}k`}`;
};

function Edge({ edge, heat }: { readonly edge: EdgePath; readonly heat: Usage }): JSX.Element {
  const { points, lines, label } = edge;
  const taken = lines.reduce((sum, line) => sum + (heat.counts.get(line.edge) ?? 0), 0);
  const just = lines.some((line) => heat.last.has(line.edge));
  return (
    <g class={`edge${just ? " just" : ""}${taken > 0 ? " taken" : ""}`}>
      <path
        d={pathOf(points)}
        stroke-width={1 + Math.min(4, Math.log10(1 + taken))}
        marker-end="url(#arrow)"
      />
      <text y={label.y - labelHeight(lines) / 2} text-anchor="middle" class="edge-label">
        {lines.map((line) => (
          <EdgeWords line={line} x={label.x} heat={heat} key={line.edge} />
        ))}
      </text>
    </g>
  );
}

interface WordsProps {
  readonly line: EdgeLine;
  readonly x: number;
  readonly heat: Usage;
}

function EdgeWords({ line: { text, effects, edge }, x, heat }: WordsProps): JSX.Element {
  const look = heat.last.has(edge) ? "just" : "";
  return (
    <>
      <tspan x={x} dy={LABEL_LINE} class={look}>
        {text}
        {times(heat, edge)}
      </tspan>
      {effects !== "" && (
        <tspan x={x} dy={LABEL_LINE} class={`effects ${look}`}>
          {effects}
        </tspan>
      )}
    </>
  );
}

/** Through the middles between the points, so that corners are round. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  const bends = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1] ?? last;
    const [x, y] =
      i === rest.length - 2 ? [next.x, next.y] : [(point.x + next.x) / 2, (point.y + next.y) / 2];
    return `Q${point.x} ${point.y} ${x} ${y}`;
  });
  return `M${first.x} ${first.y} ${bends.length === 0 ? `L${last.x} ${last.y}` : bends.join(" ")}`;
}

/** A chart without words: boxes, and which of them are active. */
export function Thumbnail({ trace, actor, chart }: DrawingProps): JSX.Element {
  const { width, height, nodes } = layoutOf(chart);
  const active = activeIn(chart, stateAt(trace, actor, cursor.value));
  return (
    <svg class="thumbnail" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {nodes.map(({ node, x, y, width: wide, height: high }) => (
        <rect
          class={`${active.has(node.path) ? "active" : ""} ${node.children.length > 0 ? "outer" : "leaf"}`}
          x={x}
          y={y}
          width={wide}
          height={high}
          rx="6"
          key={node.path}
        />
      ))}
    </svg>
  );
}
