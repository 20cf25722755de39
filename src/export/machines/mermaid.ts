/**
 * A statechart as a Mermaid state diagram. Mermaid cannot draw an arrow from a composite state into itself: what holds in
 * any state of it starts at a small circle of its own.
 */
import type { ChartState } from "./chart.ts";
import { type Arrow, type Drawing, hasAny, textsIn } from "./drawing.ts";

export function mermaidChart(drawing: Drawing): string {
  const { root, arrows } = drawing;
  const body = root.shape === "parallel" ? stateLines(root, drawing) : levelLines(root, drawing);
  return ["stateDiagram-v2", ...[...body, ...arrows.flatMap(arrowLines)].map((line) => `  ${line}`), ""].join(
    "\n",
  );
}

/** A name that Mermaid takes for a state; the one it shows stands beside it. */
const keyOf = (id: string): string => `s_${id.replaceAll(".", "_")}`;
const anyOf = (id: string): string => `any_${id.replaceAll(".", "_")}`;

/** Semicolons end statements, and a colon begins a label. */
const plain = (text: string): string => text.replaceAll(";", ",").replaceAll(":", "∶");

function stateLines(state: ChartState, drawing: Drawing): readonly string[] {
  const { id, name, shape, children } = state;
  const key = keyOf(id);
  const texts = textsIn(drawing, state);
  if (shape === "atomic")
    return [`state "${name}" as ${key}`, ...texts.map((text) => `${key} : ${plain(text)}`)];
  const title = texts.length === 0 ? name : plain(`${name} (${texts.join(", ")})`);
  const inner =
    shape === "compound"
      ? levelLines(state, drawing)
      : children.flatMap((child, i) => [...(i === 0 ? [] : ["--"]), ...stateLines(child, drawing)]);
  return [`state "${title}" as ${key} {`, ...inner.map((line) => `  ${line}`), "}"];
}

/** What stands in a compound state: its children, where it begins, and what any of them may meet. */
function levelLines(state: ChartState, drawing: Drawing): readonly string[] {
  const { id, initial, children } = state;
  return [
    ...children.flatMap((child) => stateLines(child, drawing)),
    ...(initial === undefined ? [] : [`[*] --> ${keyOf(initial)}`]),
    ...(hasAny(drawing, state) ? [`state "any state" as ${anyOf(id)}`] : []),
  ];
}

/** One for each line of the label: a break in it would be HTML, which not everybody lets Mermaid show. */
const arrowLines = ({ from, fromAny, to, lines }: Arrow): readonly string[] =>
  lines.map((line) => `${fromAny ? anyOf(from.id) : keyOf(from.id)} --> ${keyOf(to.id)} : ${plain(line)}`);
