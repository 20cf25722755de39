/**
 * A statechart as the JSON that XState's `createMachine` takes. JSON holds no functions, so a guard stands by its name;
 * `meta.guards` says which state it asks for, to be put in as `stateIn(...)`.
 */
import type { Chart, ChartEdge, ChartNode } from "../../trace/chart.ts";

type Json = string | boolean | readonly Json[] | { readonly [key: string]: Json };

export function xstateChart(chart: Chart): string {
  const guards = chart.edges.flatMap(({ guard, guardState }) =>
    guard === undefined || guardState === undefined ? [] : [[guard, { in: guardState }] as const],
  );
  const meta = guards.length === 0 ? {} : { meta: { guards: Object.fromEntries(guards) } };
  return `${JSON.stringify({ id: chart.id, ...meta, ...nodeJson(chart.root, chart) }, null, 2)}\n`;
}

function nodeJson(node: ChartNode, chart: Chart): Record<string, Json> {
  const { path, kind, initial, entry, exit, tags, children } = node;
  const own = chart.edges.filter(({ source }) => source === path);
  const begins = children.find((child) => child.path === initial);
  return {
    // Targets are named by ids, which do not depend on where they are named from.
    ...(path === "" ? {} : { id: targetId(path, chart) }),
    ...(kind === "parallel" || kind === "final" ? { type: kind } : {}),
    ...(begins === undefined ? {} : { initial: begins.name }),
    ...listed({ tags, entry, exit }),
    ...(own.length === 0 ? {} : { on: transitionsJson(own, chart) }),
    ...(children.length === 0
      ? {}
      : { states: Object.fromEntries(children.map((child) => [child.name, nodeJson(child, chart)])) }),
  };
}

/** By event; of several the first whose guard holds is taken. */
function transitionsJson(edges: readonly ChartEdge[], chart: Chart): Json {
  const events = [...new Set(edges.map(({ event }) => event))];
  const of = (wanted: string): Json =>
    edges.filter(({ event }) => event === wanted).map((edge) => edgeJson(edge, chart));
  return Object.fromEntries(events.map((event) => [event, of(event)]));
}

/** As XState itself would name it. */
const targetId = (path: string, { id }: Chart): string => (path === "" ? id : `${id}.${path}`);

function edgeJson({ target, guard, actions, reenters }: ChartEdge, chart: Chart): Json {
  return {
    ...(target === undefined ? {} : { target: `#${targetId(target, chart)}` }),
    ...(guard === undefined ? {} : { guard }),
    ...listed({ actions }),
    ...(reenters ? { reenter: true } : {}),
  };
}

/** Those that are not empty. */
const listed = (lists: Readonly<Record<string, readonly string[]>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
