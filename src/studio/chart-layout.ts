/**
 * Where the states of a chart are drawn. One level after the other: the children of each compound state are laid out
 * between themselves, from the inside out, so that no layout is ever asked for nested graphs. An edge is drawn at the
 * level at which its two ends part. Pure: one layout for each chart, however many actors run it.
 */
import { Graph, layout } from "@dagrejs/dagre";
import { ancestryOf, type Chart, type ChartEdge, type ChartNode, parentOf } from "../trace/chart.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface NodeBox extends Box {
  readonly node: ChartNode;
  /** What is written in it, below its name: entry actions, and what it takes without being left. */
  readonly lines: readonly BoxLine[];
}

export interface BoxLine {
  readonly text: string;
  /** Index into the chart's edges; undefined of an entry action. */
  readonly edge: number | undefined;
}

/** All edges from one state to another, drawn as one. */
export interface EdgePath {
  readonly source: string;
  readonly target: string;
  readonly points: readonly Point[];
  /** The middle of what is written at it. */
  readonly label: Point;
  readonly lines: readonly EdgeLine[];
}

/** An edge in words: its event, and below it what it does. */
export interface EdgeLine {
  readonly text: string;
  /** "" when it does nothing. */
  readonly effects: string;
  readonly edge: number;
}

export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  /** Outer ones first. */
  readonly nodes: readonly NodeBox[];
  readonly edges: readonly EdgePath[];
}

const CHAR = 6.4;
/** What stands at edges is smaller. */
const EDGE_CHAR = 5.6;
const LINE = 14;
const HEADER = 22;
const PAD = 12;
const REGION_GAP = 14;
/** A chart that is wider than this is drawn smaller than it can be read. */
const WIDEST_ROW = 640;

/** Below an event, and what it does, stands how often it was taken, and after how long. */
const WIDEST_NUMBERS = "×99.9k 999 µs";
export const LABEL_LINE = 11;

export const labelHeight = (lines: readonly EdgeLine[]): number =>
  lines.reduce((sum, { effects }) => sum + (effects === "" ? 2 * LABEL_LINE : 3 * LABEL_LINE), 0);

const wide = (texts: readonly string[], charWidth = CHAR): number =>
  Math.max(0, ...texts.map(({ length }) => length * charWidth));

export function layoutChart(chart: Chart): ChartLayout {
  const { size, nodes, edges } = placed(chart.root, chart);
  return { ...size, nodes, edges };
}

interface Placed {
  readonly size: { readonly width: number; readonly height: number };
  /** From the upper left corner of the state. */
  readonly nodes: readonly NodeBox[];
  readonly edges: readonly EdgePath[];
}

function placed(node: ChartNode, chart: Chart): Placed {
  const lines = linesOf(node, chart);
  const top = HEADER + lines.length * LINE;
  // Before a name stands a sign when it is active, and behind it the share of time that it was.
  const textWidth = wide([`● ${node.name} 100 %`, ...lines.map(({ text }) => text)]) + 2 * PAD;
  const inside = node.children.length === 0 ? NOTHING : arranged(node, chart);
  const size = {
    width: Math.max(textWidth, inside.size.width + (node.children.length > 0 ? 2 * PAD : 0)),
    height: top + (node.children.length > 0 ? inside.size.height + PAD : 6),
  };
  const own: NodeBox = { node, lines, x: 0, y: 0, ...size };
  return {
    size,
    nodes: [own, ...inside.nodes.map((box) => moved(box, PAD, top))],
    edges: inside.edges.map((edge) => movedEdge(edge, PAD, top)),
  };
}

const NOTHING: Placed = { size: { width: 0, height: 0 }, nodes: [], edges: [] };

/** The children of a state, between themselves. */
function arranged(node: ChartNode, chart: Chart): Placed {
  const children = node.children.map((child) => placed(child, chart));
  return node.kind === "parallel" ? apart(children) : ranked(node, children, chart);
}

/** Regions have no edges between them: side by side while that is not too wide, else one above the other. */
function apart(regions: readonly Placed[]): Placed {
  const total = regions.reduce((sum, { size }) => sum + size.width + REGION_GAP, -REGION_GAP);
  const isRow = total <= WIDEST_ROW;
  const widest = Math.max(...regions.map(({ size }) => size.width));
  const highest = Math.max(...regions.map(({ size }) => size.height));
  let at = 0;
  const nodes: NodeBox[] = [];
  const edges: EdgePath[] = [];
  for (const region of regions) {
    const [own, ...rest] = region.nodes;
    if (own === undefined) continue;
    const [x, y] = isRow ? [at, 0] : [0, at];
    const stretched = isRow ? { ...own, height: highest } : { ...own, width: widest };
    nodes.push(moved(stretched, x, y), ...rest.map((box) => moved(box, x, y)));
    edges.push(...region.edges.map((edge) => movedEdge(edge, x, y)));
    at += (isRow ? region.size.width : region.size.height) + REGION_GAP;
  }
  const along = at - REGION_GAP;
  return { size: isRow ? { width: along, height: highest } : { width: widest, height: along }, nodes, edges };
}

function ranked(node: ChartNode, children: readonly Placed[], chart: Chart): Placed {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 14, ranksep: 30, edgesep: 8, marginx: 4, marginy: 4 });
  for (const [i, child] of node.children.entries())
    graph.setNode(child.path, { ...(children[i] as Placed).size });
  const bundles = bundlesAt(node, chart);
  for (const [key, { from, to, lines }] of bundles) {
    const texts = lines.flatMap(({ text, effects }) => [text, effects, WIDEST_NUMBERS]);
    const label = { width: wide(texts, EDGE_CHAR), height: labelHeight(lines) };
    graph.setEdge(from, to, { ...label, labelpos: "c" }, key);
  }
  layout(graph);
  const nodes: NodeBox[] = [];
  const edges: EdgePath[] = [];
  for (const [i, child] of node.children.entries()) {
    const { width, height } = (children[i] as Placed).size;
    const at = graph.node(child.path) as Point;
    const [x, y] = [at.x - width / 2, at.y - height / 2];
    nodes.push(...(children[i] as Placed).nodes.map((box) => moved(box, x, y)));
    edges.push(...(children[i] as Placed).edges.map((edge) => movedEdge(edge, x, y)));
  }
  for (const [key, { from, to, source, target, lines }] of bundles) {
    const { points, x, y } = graph.edge(from, to, key) as { readonly points: readonly Point[] } & Point;
    edges.push({ source, target, lines, points, label: { x, y } });
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { size: { width, height }, nodes, edges };
}

interface Bundle {
  /** The children at this level in which the two ends are. */
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly target: string;
  readonly lines: EdgeLine[];
}

/** The edges whose two ends part among the children of `node`, by their ends. */
function bundlesAt(node: ChartNode, chart: Chart): ReadonlyMap<string, Bundle> {
  const bundles = new Map<string, Bundle>();
  for (const [index, edge] of chart.edges.entries()) {
    const { source, target } = edge;
    if (target === undefined) continue;
    const [from, to] = [childToward(node, source), childToward(node, target)];
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${source} ${target}`;
    const bundle = bundles.get(key) ?? { from, to, source, target, lines: [] };
    bundles.set(key, bundle);
    const text = `${prefix(inner(source, from))}${eventOf(edge)}${suffix(inner(target, to))}`;
    bundle.lines.push({ text, effects: effectsOf(edge), edge: index });
  }
  return bundles;
}

/** The child of `node` that is `path`, or around it. */
const childToward = (node: ChartNode, path: string): string | undefined =>
  ancestryOf(path).find((outer) => parentOf(outer) === node.path);

/** An edge of a state deeper inside begins, and ends, at the border of what is around it, and says where it belongs. */
const inner = (path: string, outer: string): string => (path === outer ? "" : path.slice(outer.length + 1));
const prefix = (name: string): string => (name === "" ? "" : `${name}: `);
const suffix = (name: string): string => (name === "" ? "" : ` → ${name}`);

/** What stands in a state's box: its edges that lead nowhere else, or only into itself. */
function linesOf(node: ChartNode, chart: Chart): readonly BoxLine[] {
  const entries = node.entry.map((action) => ({ text: `entry / ${action}`, edge: undefined }));
  const own = chart.edges.flatMap((edge, index) => {
    const isOwn =
      edge.source === node.path && (edge.target === undefined || isWithin(edge.target, node.path));
    const words = [eventOf(edge), effectsOf(edge)].filter((text) => text !== "").join(" ");
    return isOwn ? [{ text: `${words}${suffix(edge.target ?? "")}`, edge: index }] : [];
  });
  return [...entries, ...own];
}

const isWithin = (path: string, outer: string): boolean => ancestryOf(path).includes(outer);

const eventOf = ({ event, guard }: ChartEdge): string =>
  guard === undefined ? event : `${event} [${guard}]`;

const effectsOf = ({ actions }: ChartEdge): string => (actions.length === 0 ? "" : `/ ${actions.join(", ")}`);

const moved = (box: NodeBox, x: number, y: number): NodeBox => ({ ...box, x: box.x + x, y: box.y + y });

function movedEdge(edge: EdgePath, x: number, y: number): EdgePath {
  const shift = (point: Point): Point => ({ x: point.x + x, y: point.y + y });
  return { ...edge, points: edge.points.map(shift), label: shift(edge.label) };
}
