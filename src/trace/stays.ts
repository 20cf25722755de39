/** What one step of a statechart begins and ends: states are entered, and each stay in a state ends by an edge. */
import { activeIn, edgesTaken } from "./active.ts";
import { ancestryOf, type Chart, type ChartEdge } from "./chart.ts";
import type { ChartStep } from "./trace.ts";

export interface StepInChart {
  /** All that were taken, by their indices. */
  readonly edges: readonly number[];
  /** Of these, those that have left their states. */
  readonly leaving: readonly number[];
  /** States that were entered, the one that was left and entered again among them. */
  readonly entered: readonly string[];
}

export function stepInChart(chart: Chart, { from, event, to }: ChartStep): StepInChart {
  const edges = edgesTaken(chart, from, event, to);
  const domains = edges.flatMap((index) => domainOf(chart.edges[index]) ?? []);
  const before = activeIn(chart, from);
  const entered = [...activeIn(chart, to)].filter(
    (path) => !before.has(path) || domains.some((domain) => isInside(path, domain)),
  );
  const leaving = edges.filter((index) => leaves(chart.edges[index]));
  return { edges, leaving, entered };
}

/** The state inside of which all is left and entered; undefined: the edge leads nowhere. */
function domainOf(edge: ChartEdge | undefined): string | undefined {
  if (edge?.target === undefined) return undefined;
  const { source, target, reenters } = edge;
  const around = ancestryOf(target);
  return (reenters ? ancestryOf(source).slice(1) : ancestryOf(source)).find((outer) =>
    around.includes(outer),
  );
}

const leaves = (edge: ChartEdge | undefined): boolean => {
  const domain = domainOf(edge);
  return edge !== undefined && domain !== undefined && domain !== edge.source;
};

const isInside = (path: string, outer: string): boolean => ancestryOf(path).slice(1).includes(outer);
