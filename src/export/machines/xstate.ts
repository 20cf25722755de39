/**
 * A statechart as the JSON that XState's `createMachine` takes. JSON holds no functions, so a guard stands by its name;
 * `meta.guards` says which state it asks for, to be put in as `stateIn(...)`.
 */
import type { Chart, ChartEdge, ChartState } from "./chart.ts";

type Json = string | boolean | readonly Json[] | { readonly [key: string]: Json };

export function xstateChart({ root, edges }: Chart): string {
  const guards = edges.flatMap(({ guard }) =>
    guard === undefined ? [] : [[guard.name, { in: guard.inState }] as const],
  );
  const meta = guards.length === 0 ? {} : { meta: { guards: Object.fromEntries(guards) } };
  return `${JSON.stringify({ id: root.id, ...meta, ...stateJson(root, root, edges) }, null, 2)}\n`;
}

function stateJson(state: ChartState, root: ChartState, edges: readonly ChartEdge[]): Record<string, Json> {
  const { id, shape, initial, entry, exit, tags, children } = state;
  const own = edges.filter(({ source }) => source === id);
  const begins = children.find((child) => child.id === initial);
  return {
    // Targets are named by ids, which do not depend on where they are named from.
    ...(state === root ? {} : { id: targetId(id, root) }),
    ...(shape === "parallel" ? { type: "parallel" } : {}),
    ...(begins === undefined ? {} : { initial: begins.name }),
    ...listed({ tags, entry, exit }),
    ...(own.length === 0 ? {} : { on: transitionsJson(own, root) }),
    ...(children.length === 0
      ? {}
      : { states: Object.fromEntries(children.map((child) => [child.name, stateJson(child, root, edges)])) }),
  };
}

/** By event; of several the first whose guard holds is taken. */
function transitionsJson(edges: readonly ChartEdge[], root: ChartState): Json {
  const events = [...new Set(edges.map(({ event }) => event))];
  const of = (wanted: string): Json =>
    edges.filter(({ event }) => event === wanted).map((edge) => edgeJson(edge, root));
  return Object.fromEntries(events.map((event) => [event, of(event)]));
}

/** As XState itself would name it. */
const targetId = (id: string, root: ChartState): string => (id === root.id ? id : `${root.id}.${id}`);

function edgeJson({ target, guard, effects, reenters }: ChartEdge, root: ChartState): Json {
  return {
    ...(target === undefined ? {} : { target: `#${targetId(target, root)}` }),
    ...(guard === undefined ? {} : { guard: guard.name }),
    ...listed({ actions: effects }),
    ...(reenters ? { reenter: true } : {}),
  };
}

/** Those that are not empty. */
const listed = (lists: Readonly<Record<string, readonly string[]>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
