/**
 * What is drawn of a statechart, in every format that is looked at: arrows between states with their labels, and the
 * lines of text inside a state. What holds in all of a composite state is drawn once, from a mark that stands for any
 * state in it.
 */
import { invariant } from "../../base/errors.ts";
import { type Chart, type ChartEdge, type ChartNode, nodesOf } from "../../trace/chart.ts";

export interface Arrow {
  /** A state, or with `fromAny` any state in it. */
  readonly from: ChartNode;
  readonly fromAny: boolean;
  readonly to: ChartNode;
  /** Each event with its guard and its effects. */
  readonly lines: readonly string[];
}

export interface Drawing {
  readonly chart: Chart;
  readonly arrows: readonly Arrow[];
  /** By path: effects on entry and exit, and the events that do not leave the state. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

export function drawingOf(chart: Chart): Drawing {
  const nodes = nodesOf(chart.root);
  const edges = nodes.reduce(hoisted, chart.edges);
  return {
    chart,
    arrows: arrowsOf(edges, new Map(nodes.map((node) => [node.path, node]))),
    texts: new Map(nodes.map((node) => [node.path, textsOf(node, edges)])),
  };
}

/** The path of a state, and of the root the name of the chart: what it is called in files. */
export const idIn = ({ id }: Chart, path: string): string => (path === "" ? id : path);

/** True when something in `node` can begin an arrow that stands for all of it. */
export const hasAny = ({ arrows }: Drawing, node: ChartNode): boolean =>
  arrows.some(({ from, fromAny }) => fromAny && from === node);

/** The lines of text inside a state. */
export const textsIn = ({ texts }: Drawing, { path }: ChartNode): readonly string[] => texts.get(path) ?? [];

/** Edges that every child of a compound state has, moved to that state: they say the same there. */
function hoisted(edges: readonly ChartEdge[], { path, kind, children }: ChartNode): readonly ChartEdge[] {
  if (kind !== "compound" || children.length < 2) return edges;
  const own = new Set(children.map((child) => child.path));
  const keyOf = ({ source: _, ...rest }: ChartEdge): string => JSON.stringify(rest);
  const counts = new Map<string, number>();
  for (const edge of edges)
    if (own.has(edge.source)) counts.set(keyOf(edge), (counts.get(keyOf(edge)) ?? 0) + 1);
  const isCommon = (edge: ChartEdge): boolean =>
    own.has(edge.source) && edge.target !== undefined && counts.get(keyOf(edge)) === own.size;
  const [first] = children;
  return edges
    .filter((edge) => !isCommon(edge) || edge.source === first?.path)
    .map((edge) => (isCommon(edge) ? { ...edge, source: path } : edge));
}

/** One arrow for each pair of states; events with the same guard and effects share a line. */
function arrowsOf(edges: readonly ChartEdge[], nodes: ReadonlyMap<string, ChartNode>): readonly Arrow[] {
  const leaving = edges.filter(({ target }) => target !== undefined);
  const pairs = new Map(leaving.map((edge) => [`${edge.source} ${edge.target}`, edge]));
  return [...pairs.values()].map(({ source, target = source }) => {
    const [from, to] = [nodes.get(source), nodes.get(target)];
    invariant(from !== undefined && to !== undefined, `${source} and ${target} are states`);
    const same = leaving.filter((edge) => edge.source === source && edge.target === target);
    return { from, fromAny: from !== to && nodesOf(from).includes(to), to, lines: linesOf(same) };
  });
}

const textsOf = ({ path, entry, exit }: ChartNode, edges: readonly ChartEdge[]): readonly string[] => [
  ...(entry.length === 0 ? [] : [`entry / ${entry.join(", ")}`]),
  ...(exit.length === 0 ? [] : [`exit / ${exit.join(", ")}`]),
  ...linesOf(edges.filter(({ source, target }) => source === path && target === undefined)),
];

/** "REVOKE [operationUnderWay]", "FENCED, FENCED_POSTED / ignore". */
function linesOf(edges: readonly ChartEdge[]): readonly string[] {
  const byEnding = new Map<string, string[]>();
  for (const { event, guard, actions } of edges) {
    const condition = guard === undefined ? "" : ` [${guard}]`;
    const ending = `${condition}${actions.length === 0 ? "" : ` / ${actions.join(", ")}`}`;
    byEnding.set(ending, [...(byEnding.get(ending) ?? []), event]);
  }
  return [...byEnding].map(([ending, events]) => `${events.join(", ")}${ending}`);
}
