/** One statechart, drawn: what is active after the cursor's move, the way it came there, how often each edge was taken. */
import type { JSX } from "preact";
import { activeIn, edgesTaken } from "../trace/active.ts";
import { lastRow, stateAt } from "../trace/at.ts";
import type { Chart } from "../trace/chart.ts";
import type { Trace } from "../trace/trace.ts";
import { type ChartLayout, type EdgePath, layoutChart, type NodeBox, type Point } from "./chart-layout.ts";
import { cursor, length } from "./store.ts";
import { count } from "./words.ts";

const layouts = new WeakMap<Chart, ChartLayout>();

/** One for each chart, however many actors run it. */
export function layoutOf(chart: Chart): ChartLayout {
  const known = layouts.get(chart) ?? layoutChart(chart);
  layouts.set(chart, known);
  return known;
}

/** How often each edge of the chart was taken by the end of `move`, and which ones the actor has taken last. */
interface Heat {
  readonly counts: ReadonlyMap<number, number>;
  readonly last: ReadonlySet<number>;
}

const explained = new WeakMap<Chart, Map<string, readonly number[]>>();

function edgesOf(chart: Chart, from: string, event: string, to: string): readonly number[] {
  const known = explained.get(chart) ?? new Map<string, readonly number[]>();
  explained.set(chart, known);
  const key = `${from}|${event}|${to}`;
  const edges = known.get(key) ?? edgesTaken(chart, from, event, to);
  known.set(key, edges);
  return edges;
}

function heatOf(trace: Trace, actor: number, chart: Chart, move: number): Heat {
  const rows = trace.stepRows[actor];
  if (rows === undefined) return { counts: new Map(), last: new Set() };
  const until = lastRow(rows.length, (row) => trace.stepMoves.at(rows.at(row)), move);
  const bySteps = new Map<number, number>();
  for (let row = 0; row <= until; row++) {
    const step = trace.steps.at(rows.at(row));
    bySteps.set(step, (bySteps.get(step) ?? 0) + 1);
  }
  const counts = new Map<number, number>();
  for (const [id, times] of bySteps) {
    const { from, event, to } = trace.stepTable.get(id) ?? { from: "", event: "", to: "" };
    for (const edge of edgesOf(chart, from, event, to)) counts.set(edge, (counts.get(edge) ?? 0) + times);
  }
  return { counts, last: new Set(until < 0 ? [] : lastEdges(trace, actor, chart, until)) };
}

/** All edges of the move in which the actor has last changed. */
function lastEdges(trace: Trace, actor: number, chart: Chart, until: number): readonly number[] {
  const rows = trace.stepRows[actor];
  const edges: number[] = [];
  const moveOf = (row: number): number => trace.stepMoves.at(rows?.at(row) ?? 0);
  for (let row = until; row >= 0 && moveOf(row) === moveOf(until); row--) {
    const step = trace.stepTable.get(trace.steps.at(rows?.at(row) ?? 0));
    if (step !== undefined) edges.push(...edgesOf(chart, step.from, step.event, step.to));
  }
  return edges;
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
  const heat = heatOf(trace, actor, chart, cursor.value);
  return (
    <svg
      class="chart"
      viewBox={`-2 -2 ${width + 4} ${height + 4}`}
      style={{ maxWidth: `${width * 1.25}px` }}
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
  readonly heat: Heat;
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

const lineClass = (edge: number | undefined, heat: Heat): string =>
  edge !== undefined && heat.last.has(edge) ? "line just" : "line";

const times = ({ counts }: Heat, edge: number): string => {
  const taken = counts.get(edge) ?? 0;
  return taken === 0 ? "" : ` ×${count(taken)}`;
};

function Edge({ edge, heat }: { readonly edge: EdgePath; readonly heat: Heat }): JSX.Element {
  const { points, lines, label } = edge;
  const taken = lines.reduce((sum, line) => sum + (heat.counts.get(line.edge) ?? 0), 0);
  const just = lines.some((line) => heat.last.has(line.edge));
  const top = label.y - ((lines.length - 1) * 12) / 2 + 3;
  return (
    <g class={`edge${just ? " just" : ""}${taken > 0 ? " taken" : ""}`}>
      <path
        d={pathOf(points)}
        stroke-width={1 + Math.min(4, Math.log10(1 + taken))}
        marker-end="url(#arrow)"
      />
      {lines.map((line, i) => (
        <text
          x={label.x}
          y={top + i * 12}
          text-anchor="middle"
          class={heat.last.has(line.edge) ? "just" : ""}
          key={line.edge}
        >
          {line.text}
          {times(heat, line.edge)}
        </text>
      ))}
    </g>
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
