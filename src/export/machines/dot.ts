/**
 * A statechart for Graphviz: composite states are clusters. Edges of Graphviz join nodes, so one from or to a composite
 * state joins a node in it, and is cut off at the cluster's border (`compound`, `ltail`, `lhead`).
 */
import type { ChartState } from "./chart.ts";
import { type Arrow, type Drawing, hasAny, textsIn } from "./drawing.ts";

export function dotChart(drawing: Drawing): string {
  const { root, arrows } = drawing;
  const settings = [
    "compound=true;",
    'fontname="sans-serif";',
    'node [shape=box, style=rounded, fontname="sans-serif"];',
    'edge [fontname="sans-serif", fontsize=10];',
  ];
  const body = [...settings, ...stateLines(root, drawing), ...arrows.map(arrowLine)];
  return [`digraph ${quoted(root.id)} {`, ...indented(body), "}", ""].join("\n");
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** `\n` in a label begins a new line. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
const clusterOf = (id: string): string => quoted(`cluster ${id}`);
const startOf = (id: string): string => quoted(`start ${id}`);
const anyOf = (id: string): string => quoted(`any ${id}`);

function stateLines(state: ChartState, drawing: Drawing): readonly string[] {
  const { id, name, shape, initial, children } = state;
  const label = quoted([name, ...textsIn(drawing, state)].join("\n"));
  if (shape === "atomic") return [`${quoted(id)} [label=${label}];`];
  const begins = children.find((child) => child.id === initial);
  return [
    `subgraph ${clusterOf(id)} {`,
    ...indented([
      `label=${label};`,
      `style=${shape === "parallel" ? '"rounded,dashed"' : "rounded"};`,
      ...children.flatMap((child) => stateLines(child, drawing)),
      ...(begins === undefined ? [] : startLines(id, begins)),
      ...(hasAny(drawing, state) ? [`${anyOf(id)} [label="any state", style=dotted];`] : []),
    ]),
    "}",
  ];
}

const startLines = (id: string, begins: ChartState): readonly string[] => [
  `${startOf(id)} [shape=point];`,
  `${startOf(id)} -> ${nodeIn(begins)}${attributes([headOf(begins)])};`,
];

function arrowLine({ from, fromAny, to, lines }: Arrow): string {
  const tail = fromAny ? anyOf(from.id) : nodeIn(from);
  const cut = fromAny || from.shape === "atomic" ? "" : `ltail=${clusterOf(from.id)}`;
  return `${tail} -> ${nodeIn(to)}${attributes([`label=${quoted(lines.join("\n"))}`, cut, headOf(to)])};`;
}

const headOf = ({ id, shape }: ChartState): string => (shape === "atomic" ? "" : `lhead=${clusterOf(id)}`);

/** The state itself, or one that it holds. */
function nodeIn({ id, children: [first] }: ChartState): string {
  return first === undefined ? quoted(id) : nodeIn(first);
}

function attributes(list: readonly string[]): string {
  const given = list.filter((one) => one !== "");
  return given.length === 0 ? "" : ` [${given.join(", ")}]`;
}
