/**
 * Finds a cycle of a graph that meets all demands, or none: components that break a demand are left out, or taken apart
 * where the demand is about some of their nodes or edges only (the emptiness of a Streett automaton).
 */
import { Components, type Part } from "./components.ts";
import type { Demand } from "./fairness.ts";
import type { Graph } from "./graph.ts";

/** A cycle: edges, each from where the one before leads, the last one back to `start`. */
export interface Cycle {
  readonly start: number;
  readonly edges: readonly number[];
}

export class FairCycles {
  readonly #graph: Graph;
  readonly #demands: readonly Demand[];
  readonly #components: Components;
  #groups = 0;

  constructor(graph: Graph, demands: readonly Demand[]) {
    this.#graph = graph;
    this.#demands = demands;
    this.#components = new Components(graph);
  }

  /** What the search takes for each node, about: the components, their nodes, and those of the graph. */
  static readonly bytesPerNode = Components.bytesPerNode + 3 * 4;

  /** A fair cycle near the graph's first node; undefined when there is none at all. */
  find(): Cycle | undefined {
    const nodes = new Int32Array(this.#graph.nodes).map((_, node) => node);
    const parts: Part[] = [{ group: 0, nodes, forbidden: 0 }];
    let best: Part | undefined;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      for (const component of this.#components.of(part)) {
        const own = this.#partOf(component, part.forbidden);
        const rest = this.#withoutUnfair(own);
        if (rest === own && (best === undefined || least(own) < least(best))) best = own;
        else if (rest !== own && rest !== undefined) parts.push(rest);
      }
    }
    return best && this.#cycleIn(best);
  }

  #partOf(nodes: Int32Array, forbidden: number): Part {
    const group = ++this.#groups;
    for (const node of nodes) this.#components.groups[node] = group;
    return { group, nodes, forbidden };
  }

  /** The component itself when all of its demands can be met; what may be left of it; undefined when nothing is. */
  #withoutUnfair(part: Part): Part | undefined {
    const { taken, somewhere, everywhere } = this.#marksOf(part);
    for (const { when, meets, how } of this.#demands) {
      if ((taken & meets) !== 0) continue;
      if (how === "always" && (everywhere & when) === when) return undefined;
      if (how === "often" && (somewhere & when) !== 0) {
        const nodes = part.nodes.filter((node) => (this.#graph.possible(node) & when) === 0);
        return this.#partOfRest(part, nodes, part.forbidden);
      }
      if (how === "taken" && (taken & when) !== 0)
        return this.#partOfRest(part, part.nodes, part.forbidden | when);
    }
    return part;
  }

  #partOfRest(part: Part, nodes: Int32Array, forbidden: number): Part {
    for (const node of part.nodes) this.#components.groups[node] = -1;
    return this.#partOf(nodes, forbidden);
  }

  /** Marks of edges inside; marks possible in some node, and in all. */
  #marksOf(part: Part): { readonly taken: number; readonly somewhere: number; readonly everywhere: number } {
    const graph = this.#graph;
    let [taken, somewhere, everywhere] = [0, 0, -1];
    for (const node of part.nodes) {
      somewhere |= graph.possible(node);
      everywhere &= graph.possible(node);
      for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++)
        if (this.#components.has(part, edge)) taken |= graph.marks(edge);
    }
    return { taken, somewhere, everywhere };
  }

  /** From the part's nearest node through whatever meets the demands, always by the nearest, and back. */
  #cycleIn(part: Part): Cycle {
    const graph = this.#graph;
    const start = least(part);
    const { taken, everywhere } = this.#marksOf(part);
    const asked = this.#demands.filter(({ when, meets, how }) => {
      return (taken & meets) !== 0 && (how !== "always" || (everywhere & when) === when);
    });
    // A channel that is empty somewhere is empty there once in each round.
    const empty = this.#demands.filter(({ when, how }) => how === "always" && (everywhere & when) === 0);
    const edges: number[] = [];
    const met = (edge: number, { when, meets, how }: Demand): boolean =>
      how === "always" && (graph.possible(graph.target(edge)) & when) === 0
        ? true
        : (graph.marks(edge) & meets) !== 0;
    let open = [...asked, ...empty];
    let at = start;
    const walk = (isGoal: (edge: number) => boolean): void => {
      const way = this.#shortest(part, at, isGoal);
      edges.push(...way);
      at = graph.target(way[way.length - 1] ?? 0);
      open = open.filter((demand) => !way.some((edge) => met(edge, demand)));
    };
    while (open.length > 0) walk((edge) => open.some((demand) => met(edge, demand)));
    if (at !== start || edges.length === 0) walk((edge) => graph.target(edge) === start);
    return { start, edges };
  }

  /** Edges from `from` to the nearest one that is a goal. */
  #shortest(part: Part, from: number, isGoal: (edge: number) => boolean): readonly number[] {
    const graph = this.#graph;
    const reachedBy = new Map<number, { readonly edge: number; readonly from: number }>();
    const queue = [from];
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i] ?? 0;
      for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++) {
        if (!this.#components.has(part, edge)) continue;
        if (isGoal(edge)) return [...wayTo(node, from, reachedBy), edge];
        const target = graph.target(edge);
        if (target === from || reachedBy.has(target)) continue;
        reachedBy.set(target, { edge, from: node });
        queue.push(target);
      }
    }
    return [];
  }
}

const least = ({ nodes }: Part): number => nodes.reduce((a, b) => Math.min(a, b));

function wayTo(
  node: number,
  from: number,
  reachedBy: ReadonlyMap<number, { readonly edge: number; readonly from: number }>,
): readonly number[] {
  const way: number[] = [];
  for (let at = node; at !== from; ) {
    const last = reachedBy.get(at);
    if (last === undefined) return way;
    way.unshift(last.edge);
    at = last.from;
  }
  return way;
}
