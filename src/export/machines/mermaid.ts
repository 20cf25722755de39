/**
 * A statechart as a Mermaid state diagram. Mermaid cannot draw an arrow from a composite state into itself: what holds in
 * any state of it starts at a box of its own.
 */
import type { ChartNode } from "../../trace/chart.ts";
import { type Arrow, type Drawing, hasAny, idIn, textsIn } from "./drawing.ts";

export function mermaidChart(drawing: Drawing): string {
  const { chart, arrows } = drawing;
  const draw =
    chart.root.kind === "parallel" ? stateLines(chart.root, drawing) : levelLines(chart.root, drawing);
  const body = [...draw, ...arrows.flatMap((arrow) => arrowLines(arrow, drawing))];
  return ["stateDiagram-v2", ...body.map((line) => `  ${line}`), ""].join("\n");
}

/** A name that Mermaid takes for a state; the one it shows stands beside it. */
const keyOf = ({ chart }: Drawing, { path }: ChartNode): string =>
  `s_${idIn(chart, path).replaceAll(".", "_")}`;
const anyOf = ({ chart }: Drawing, { path }: ChartNode): string =>
  `any_${idIn(chart, path).replaceAll(".", "_")}`;

/** Semicolons end statements, and a colon begins a label. */
const plain = (text: string): string => text.replaceAll(";", ",").replaceAll(":", "∶");

function stateLines(node: ChartNode, drawing: Drawing): readonly string[] {
  const { name, kind, children } = node;
  const key = keyOf(drawing, node);
  const texts = textsIn(drawing, node);
  if (children.length === 0)
    return [`state "${name}" as ${key}`, ...texts.map((text) => `${key} : ${plain(text)}`)];
  const title = texts.length === 0 ? name : plain(`${name} (${texts.join(", ")})`);
  const inner =
    kind === "parallel"
      ? children.flatMap((child, i) => [...(i === 0 ? [] : ["--"]), ...stateLines(child, drawing)])
      : levelLines(node, drawing);
  return [`state "${title}" as ${key} {`, ...inner.map((line) => `  ${line}`), "}"];
}

/** What stands in a compound state: its children, where it begins, and what any of them may meet. */
function levelLines(node: ChartNode, drawing: Drawing): readonly string[] {
  const begins = node.children.find(({ path }) => path === node.initial);
  return [
    ...node.children.flatMap((child) => stateLines(child, drawing)),
    ...(begins === undefined ? [] : [`[*] --> ${keyOf(drawing, begins)}`]),
    ...(hasAny(drawing, node) ? [`state "any state" as ${anyOf(drawing, node)}`] : []),
  ];
}

/** One for each line of the label: a break in it would be HTML, which not everybody lets Mermaid show. */
function arrowLines({ from, fromAny, to, lines }: Arrow, drawing: Drawing): readonly string[] {
  const source = fromAny ? anyOf(drawing, from) : keyOf(drawing, from);
  return lines.map((line) => `${source} --> ${keyOf(drawing, to)} : ${plain(line)}`);
}
