/**
 * One statechart, drawn: what is active after the cursor's move, the way it came there, how often each edge was taken and
 * after how long.
 */
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
import { edgeInWords, glowOf, widthOf } from "./heat.ts";
import { usageOf } from "./logs.ts";
import { cursor, length } from "./store.ts";
import { count, duration, percent } from "./words.ts";

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
      {edges.map((edge) => (
        <Label edge={edge} heat={heat} key={`${edge.source} ${edge.target}`} />
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
        {share(heat.shares.get(node.path))}
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
const share = (part = 0): JSX.Element | string =>
  part < 0.005 ? "" : <tspan class="share"> {percent(part)}</tspan>;

const lineClass = (edge: number | undefined, heat: Usage): string =>
  edge !== undefined && heat.last.has(edge) ? "line just" : "line";

/** " ×12 3.4 µs": how often, and after how long in the middle. */
const times = ({ counts, waitedNs }: Usage, edge: number): string => {
  const taken = counts.get(edge) ?? 0;
  if (taken === 0) return "";
  const often = ` ×${taken < 10_000 ? count(taken) : `${(taken / 1_000).toPrecision(3)}k`}`;
  const waited = waitedNs.get(edge);
  return waited === undefined ? often : `${often} ${duration(waited / taken)}`;
};

interface EdgeProps {
  readonly edge: EdgePath;
  readonly heat: Usage;
}

/** As wide as it was often taken; behind it glows the time that its state had lasted; dots are exits. */
function Edge({ edge: { points, lines }, heat }: EdgeProps): JSX.Element {
  const sum = (of: ReadonlyMap<number, number>): number =>
    lines.reduce((total, line) => total + (of.get(line.edge) ?? 0), 0);
  const [taken, waitedNs, exits] = [sum(heat.counts), sum(heat.waitedNs), sum(heat.exits)];
  const just = lines.some(({ edge }) => heat.last.has(edge));
  const d = pathOf(points);
  return (
    <g class={`${just ? "edge just" : "edge"}${taken > 0 ? " taken" : ""}`}>
      <title>{lines.map(({ text, edge }) => edgeInWords(text, edge, heat)).join("\n")}</title>
      {waitedNs > 0 && <path class="glow" d={d} style={{ opacity: glowOf(waitedNs, heat) }} />}
      {exits > 0 && <path class="exits" d={d} stroke-width={widthOf(exits) + 3} />}
      <path d={d} stroke-width={widthOf(taken)} marker-end="url(#arrow)" />
    </g>
  );
}

/** Written behind all lines are drawn, so that none goes through it. */
function Label({ edge: { lines, label }, heat }: EdgeProps): JSX.Element {
  const y = label.y - labelHeight(lines) / 2;
  const taken = lines.some(({ edge }) => heat.counts.has(edge));
  return (
    <text y={y} text-anchor="middle" class={taken ? "edge-label taken" : "edge-label"}>
      {lines.map((line) => (
        <EdgeWords line={line} x={label.x} heat={heat} key={line.edge} />
      ))}
    </text>
  );
}

interface WordsProps {
  readonly line: EdgeLine;
  readonly x: number;
  readonly heat: Usage;
}

function EdgeWords({ line: { text, effects, edge }, x, heat }: WordsProps): JSX.Element {
  const look = heat.last.has(edge) ? "just" : "";
  const numbers = times(heat, edge);
  return (
    <>
      <tspan x={x} dy={LABEL_LINE} class={look}>
        {text}
      </tspan>
      {effects !== "" && (
        <tspan x={x} dy={LABEL_LINE} class={`effects ${look}`}>
          {effects}
        </tspan>
      )}
      {numbers !== "" && (
        <tspan x={x} dy={LABEL_LINE} class={`numbers ${look}`} data-edge={edge}>
          {numbers}
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
