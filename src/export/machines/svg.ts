/**
 * A statechart as SVG: it takes its colour from the text around it, or where it stands alone from what the reader
 * prefers, light or dark. What it shows is also said in words.
 */
import type { Box, Point } from "./arrange.ts";
import { type Drawing, idIn, textsIn } from "./drawing.ts";
import { layoutOf, type PlacedArrow, type PlacedMark, type PlacedState } from "./layout.ts";
import { labelBox, lineBaseline, NAME_PX, nameBaseline, TEXT_LINE, TEXT_PX } from "./lettering.ts";
import { ANY_STATE } from "./levels.ts";
import { element } from "./xml.ts";

type Lines = readonly string[];

const MARGIN = 4;
const STYLE = [
  ".vpio-chart { color: #1f2328; --ground: #ffffff; font-family: ui-monospace, Menlo, Consolas, monospace; }",
  "@media (prefers-color-scheme: dark) { .vpio-chart { color: #e6edf3; --ground: #0d1117; } }",
  ".vpio-chart rect, .vpio-chart path { fill: none; stroke: currentColor; }",
  ".vpio-chart .composite > rect { fill: currentColor; fill-opacity: 0.04; }",
  ".vpio-chart .atomic > rect, .vpio-chart .any > rect { fill: var(--ground); }",
  ".vpio-chart .region > rect, .vpio-chart .any > rect { stroke-dasharray: 5 4; }",
  ".vpio-chart .label > rect { fill: var(--ground); fill-opacity: 0.85; stroke: none; }",
  ".vpio-chart circle, .vpio-chart marker path, .vpio-chart text { fill: currentColor; stroke: none; }",
  `.vpio-chart text { font-size: ${TEXT_PX}px; }`,
  `.vpio-chart .name { font-size: ${NAME_PX}px; font-weight: 600; }`,
];

export function svgChart(drawing: Drawing): string {
  const { width, height, states, marks, arrows } = layoutOf(drawing);
  const { id } = drawing.chart;
  const regions = new Set(states.flatMap(({ state }) => (state.kind === "parallel" ? state.children : [])));
  const groups = (isAtomic: boolean): readonly Lines[] =>
    states
      .filter(({ state }) => (state.children.length === 0) === isAtomic)
      .map((placed) => stateGroup(placed, regions.has(placed.state), drawing));
  const [titleId, descriptionId, headId] = ["title", "desc", "head"].map((part) => `${id}-${part}`);
  const lines = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "vpio-chart",
      viewBox: [-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN].map(rounded).join(" "),
      width: rounded(width + 2 * MARGIN),
      height: rounded(height + 2 * MARGIN),
      role: "img",
      "aria-labelledby": `${titleId} ${descriptionId}`,
    },
    [
      element("title", { id: titleId }, `Statechart ${id}`),
      element("desc", { id: descriptionId }, inWords(drawing)),
      element("style", {}, STYLE.join(" ")),
      element("defs", {}, [arrowHead(headId)]),
      ...groups(false),
      ...arrows.map(({ points }) => element("path", { d: curve(points), "marker-end": `url(#${headId})` })),
      // A line may pass below a state, and no line passes over a label.
      ...groups(true),
      ...marks.map(markGroup),
      ...arrows.map(labelGroup),
    ],
  );
  return `${lines.join("\n")}\n`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const arrowHead = (id: string | undefined): Lines =>
  element(
    "marker",
    { id, viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
    [element("path", { d: "M0,0.5 L8,4 L0,7.5 z" })],
  );

function stateGroup({ state, box }: PlacedState, isRegion: boolean, drawing: Drawing): Lines {
  const isAtomic = state.children.length === 0;
  const middle = isAtomic ? box.x + box.width / 2 : box.x + 10;
  const anchor = isAtomic ? "middle" : "start";
  const kind = isRegion ? "region" : isAtomic ? "atomic" : "composite";
  return element("g", { class: kind, "data-state": idIn(drawing.chart, state.path) }, [
    rect(box, 6),
    text({ x: middle, y: box.y + nameBaseline }, state.name, anchor, "name"),
    ...textsIn(drawing, state).map((line, i) =>
      text({ x: middle, y: box.y + lineBaseline(i) }, line, anchor),
    ),
  ]);
}

function markGroup({ kind, box }: PlacedMark): Lines {
  const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  if (kind === "start")
    return element("circle", { cx: rounded(centre.x), cy: rounded(centre.y), r: box.width / 2 });
  return element("g", { class: "any" }, [
    rect(box, box.height / 2),
    text({ x: centre.x, y: centre.y + TEXT_PX / 3 }, ANY_STATE, "middle"),
  ]);
}

function labelGroup({ arrow, label }: PlacedArrow): Lines {
  if (arrow === undefined) return [];
  const { width, height } = labelBox(arrow.lines);
  const box = { x: label.x - width / 2, y: label.y - height / 2, width, height };
  return element("g", { class: "label" }, [
    rect(box, 2),
    ...arrow.lines.map((line, i) => text({ x: label.x, y: box.y + (i + 1) * TEXT_LINE - 4 }, line, "middle")),
  ]);
}

const rect = ({ x, y, width, height }: Box, radius: number): Lines =>
  element("rect", {
    ...{ x: rounded(x), y: rounded(y), width: rounded(width), height: rounded(height) },
    rx: rounded(radius),
  });

const text = ({ x, y }: Point, content: string, anchor: "start" | "middle", kind?: string): Lines =>
  element("text", { x: rounded(x), y: rounded(y), "text-anchor": anchor, class: kind }, content);

/** Through the middles between its points, which it bends towards. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const at = ({ x, y }: Point): string => `${rounded(x)},${rounded(y)}`;
  if (first === undefined) return "";
  const bends = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1] ?? point;
    return `Q${at(point)} ${at({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}`;
  });
  return [`M${at(first)}`, ...bends, `L${at(rest.at(-1) ?? first)}`].join(" ");
}

/** "It begins in free. From free to restoring on NEXT. ..." */
function inWords({ chart, arrows }: Drawing): string {
  const { root } = chart;
  const begins = root.children.find(({ path }) => path === root.initial);
  const beginning =
    begins === undefined
      ? `Its regions ${root.children.map(({ name }) => name).join(", ")} run side by side.`
      : `It begins in ${begins.name}.`;
  const moves = arrows.map(({ from, fromAny, to, lines }) => {
    const source = fromAny ? `any state of ${from.name}` : idIn(chart, from.path);
    return `From ${source} to ${idIn(chart, to.path)} on ${lines.join(" or ")}.`;
  });
  return [beginning, ...moves].join(" ");
}
