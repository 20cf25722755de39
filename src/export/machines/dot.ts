/**
 * A statechart for Graphviz: composite states are clusters. Edges of Graphviz join nodes, so one from or to a composite
 * state joins a node in it, and is cut off at the cluster's border (`compound`, `ltail`, `lhead`).
 */
import type { Chart, ChartNode } from "../../trace/chart.ts";
import { type Arrow, type Drawing, hasAny, idIn, textsIn } from "./drawing.ts";

const SETTINGS = [
  "compound=true;",
  'fontname="Helvetica";',
  'node [shape=box, style=rounded, fontname="Helvetica"];',
  'edge [fontname="Helvetica", fontsize=10];',
];

export function dotChart(drawing: Drawing): string {
  const { chart, arrows } = drawing;
  const edges = arrows.map((arrow) => arrowLine(arrow, chart));
  const body = [...SETTINGS, ...nodeLines(chart.root, drawing), ...edges];
  return [`digraph ${quoted(chart.id)} {`, ...indented(body), "}", ""].join("\n");
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** `\n` in a label begins a new line. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;

type Prefix = "" | "cluster " | "start " | "any ";
const named = (prefix: Prefix, { path }: ChartNode, chart: Chart): string =>
  quoted(`${prefix}${idIn(chart, path)}`);

function nodeLines(node: ChartNode, drawing: Drawing): readonly string[] {
  const { chart } = drawing;
  const { name, kind, initial, children } = node;
  const label = quoted([name, ...textsIn(drawing, node)].join("\n"));
  if (children.length === 0) return [`${named("", node, chart)} [label=${label}];`];
  const begins = children.find(({ path }) => path === initial);
  return [
    `subgraph ${named("cluster ", node, chart)} {`,
    ...indented([
      `label=${label};`,
      `style=${kind === "parallel" ? '"rounded,dashed"' : "rounded"};`,
      ...children.flatMap((child) => nodeLines(child, drawing)),
      ...(begins === undefined ? [] : startLines(node, begins, chart)),
      ...(hasAny(drawing, node) ? [`${named("any ", node, chart)} [label="any state", style=dotted];`] : []),
    ]),
    "}",
  ];
}

const startLines = (node: ChartNode, begins: ChartNode, chart: Chart): readonly string[] => [
  `${named("start ", node, chart)} [shape=point];`,
  `${named("start ", node, chart)} -> ${leafIn(begins, chart)}${attributes([headOf(begins, chart)])};`,
];

function arrowLine({ from, fromAny, to, lines }: Arrow, chart: Chart): string {
  const tail = fromAny ? named("any ", from, chart) : leafIn(from, chart);
  const cut = fromAny || from.children.length === 0 ? "" : `ltail=${named("cluster ", from, chart)}`;
  const label = `label=${quoted(lines.join("\n"))}`;
  return `${tail} -> ${leafIn(to, chart)}${attributes([label, cut, headOf(to, chart)])};`;
}

const headOf = (node: ChartNode, chart: Chart): string =>
  node.children.length === 0 ? "" : `lhead=${named("cluster ", node, chart)}`;

/** The state itself, or one that it holds. */
function leafIn(node: ChartNode, chart: Chart): string {
  const [first] = node.children;
  return first === undefined ? named("", node, chart) : leafIn(first, chart);
}

function attributes(list: readonly string[]): string {
  const given = list.filter((one) => one !== "");
  return given.length === 0 ? "" : ` [${given.join(", ")}]`;
}
