/**
 * What is drawn of a statechart, in every format that is looked at: arrows between states with their labels, and the
 * lines of text inside a state. What holds in all of a composite state is drawn once, from a mark that stands for any
 * state in it.
 */
import { invariant } from "../../base/errors.ts";
import { type Chart, type ChartEdge, type ChartState, statesOf } from "./chart.ts";

export interface Arrow {
  /** A state, or with `fromAny` any state in it. */
  readonly from: ChartState;
  readonly fromAny: boolean;
  readonly to: ChartState;
  /** Each event with its guard and its effects. */
  readonly lines: readonly string[];
}

export interface Drawing {
  readonly root: ChartState;
  readonly arrows: readonly Arrow[];
  /** By state id: its effects on entry and exit, and the events that do not leave it. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

export function drawingOf(chart: Chart): Drawing {
  const states = statesOf(chart.root);
  const edges = states.reduce(hoisted, chart.edges);
  return {
    root: chart.root,
    arrows: arrowsOf(edges, new Map(states.map((state) => [state.id, state]))),
    texts: new Map(states.map((state) => [state.id, textsOf(state, edges)])),
  };
}

/** True when something in `state` can begin an arrow that stands for all of it. */
export const hasAny = ({ arrows }: Drawing, state: ChartState): boolean =>
  arrows.some(({ from, fromAny }) => fromAny && from === state);

/** The lines of text inside a state. */
export const textsIn = ({ texts }: Drawing, { id }: ChartState): readonly string[] => texts.get(id) ?? [];

/** Edges that every child of a compound state has, moved to that state: they say the same there. */
function hoisted(edges: readonly ChartEdge[], { id, shape, children }: ChartState): readonly ChartEdge[] {
  if (shape !== "compound" || children.length < 2) return edges;
  const own = new Set(children.map((child) => child.id));
  const keyOf = ({ source: _, ...rest }: ChartEdge): string => JSON.stringify(rest);
  const counts = new Map<string, number>();
  for (const edge of edges)
    if (own.has(edge.source)) counts.set(keyOf(edge), (counts.get(keyOf(edge)) ?? 0) + 1);
  const isCommon = (edge: ChartEdge): boolean =>
    own.has(edge.source) && edge.target !== undefined && counts.get(keyOf(edge)) === own.size;
  const [first] = children;
  return edges
    .filter((edge) => !isCommon(edge) || edge.source === first?.id)
    .map((edge) => (isCommon(edge) ? { ...edge, source: id } : edge));
}

/** One arrow for each pair of states; events with the same guard and effects share a line. */
function arrowsOf(edges: readonly ChartEdge[], states: ReadonlyMap<string, ChartState>): readonly Arrow[] {
  const leaving = edges.filter(({ target }) => target !== undefined);
  const pairs = new Map(leaving.map((edge) => [`${edge.source} ${edge.target}`, edge]));
  return [...pairs.values()].map(({ source, target = source }) => {
    const [from, to] = [states.get(source), states.get(target)];
    invariant(from !== undefined && to !== undefined, `${source} and ${target} are states`);
    const same = leaving.filter((edge) => edge.source === source && edge.target === target);
    return { from, fromAny: from !== to && statesOf(from).includes(to), to, lines: linesOf(same) };
  });
}

const textsOf = ({ id, entry, exit }: ChartState, edges: readonly ChartEdge[]): readonly string[] => [
  ...(entry.length === 0 ? [] : [`entry / ${entry.join(", ")}`]),
  ...(exit.length === 0 ? [] : [`exit / ${exit.join(", ")}`]),
  ...linesOf(edges.filter(({ source, target }) => source === id && target === undefined)),
];

/** "REVOKE [operationUnderWay]", "FENCED, FENCED_POSTED / ignore". */
function linesOf(edges: readonly ChartEdge[]): readonly string[] {
  const byEnding = new Map<string, string[]>();
  for (const { event, guard, effects } of edges) {
    const condition = guard === undefined ? "" : ` [${guard.name}]`;
    const ending = `${condition}${effects.length === 0 ? "" : ` / ${effects.join(", ")}`}`;
    byEnding.set(ending, [...(byEnding.get(ending) ?? []), event]);
  }
  return [...byEnding].map(([ending, events]) => `${events.join(", ")}${ending}`);
}
