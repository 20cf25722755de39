/** One level of a drawing: boxes that know nothing of what is in them, laid out by dagre in rows from top to bottom. */
import { Graph, layout } from "@dagrejs/dagre";
import { invariant } from "../../base/errors.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Its upper left corner. */
export interface Box extends Point, Size {}

export interface Link {
  readonly from: string;
  readonly to: string;
  /** The room that its label takes. */
  readonly label: Size;
  /** How many rows further down its end is at least. */
  readonly rows: number;
}

export interface Arranged extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
  /** The row of each box, from 0. */
  readonly rows: ReadonlyMap<string, number>;
  /** In the order of the links that were given: from border to border, with the middle of the label. */
  readonly lines: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

const SPACING = { nodesep: 28, edgesep: 18, ranksep: 44, marginx: 14, marginy: 14 };

/** Both are drawn in the order in which they are given, wherever that is open. */
export function arrange(sizes: ReadonlyMap<string, Size>, links: readonly Link[]): Arranged {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", ...SPACING });
  for (const [key, { width, height }] of sizes) graph.setNode(key, { width, height });
  links.forEach(({ from, to, label, rows }, i) => {
    graph.setEdge(from, to, { ...label, labelpos: "c", minlen: rows }, String(i));
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const centres = new Map([...sizes.keys()].map((key) => [key, pointOf(graph.node(key))]));
  const heights = [...new Set([...centres.values()].map(({ y }) => y))].sort((a, b) => a - b);
  return {
    ...{ width, height },
    boxes: new Map([...sizes].map(([key, size]) => [key, boxAround(centres.get(key), size)])),
    rows: new Map([...centres].map(([key, { y }]) => [key, heights.indexOf(y)])),
    lines: links.map(({ from, to, label }, i) => {
      const edge = graph.edge({ v: from, w: to, name: String(i) });
      return { points: edge.points, label: label.width === 0 ? { x: 0, y: 0 } : pointOf(edge) };
    }),
  };
}

function pointOf({ x, y }: { readonly x?: number; readonly y?: number }): Point {
  invariant(x !== undefined && y !== undefined, "what has been laid out has a place");
  return { x, y };
}

const boxAround = (centre: Point = { x: 0, y: 0 }, { width, height }: Size): Box => ({
  ...{ width, height },
  x: centre.x - width / 2,
  y: centre.y - height / 2,
});
