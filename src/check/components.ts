/** Strongly connected components of parts of a graph (Tarjan's algorithm, without recursion). */
import type { Graph } from "./graph.ts";

/** A part of a graph: the nodes of one group, and the edges between them without a mark of `forbidden`. */
export interface Part {
  readonly group: number;
  readonly nodes: readonly number[];
  readonly forbidden: number;
}

export class Components {
  readonly #graph: Graph;
  /** The group that each node belongs to now. */
  readonly groups: Int32Array;
  /** By node: when it was first met (from 1; 0: not yet), the earliest node it leads back to, whether it is open. */
  readonly #met: Int32Array;
  readonly #low: Int32Array;
  readonly #open: Uint8Array;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.groups = new Int32Array(graph.nodes);
    this.#met = new Int32Array(graph.nodes);
    this.#low = new Int32Array(graph.nodes);
    this.#open = new Uint8Array(graph.nodes);
  }

  get bytes(): number {
    return 3 * this.groups.byteLength + this.#open.byteLength;
  }

  /** True when an edge belongs to the part, given that its source does. */
  has({ group, forbidden }: Part, edge: number): boolean {
    return this.groups[this.#graph.target(edge)] === group && (this.#graph.marks(edge) & forbidden) === 0;
  }

  /** Those with an edge inside. */
  of(part: Part): readonly (readonly number[])[] {
    for (const node of part.nodes) this.#met[node] = 0;
    const found: (readonly number[])[] = [];
    const stack: number[] = [];
    let count = 0;
    for (const root of part.nodes) {
      if (this.#met[root] !== 0) continue;
      count = this.#from(root, part, count, stack, (component) => {
        if (component.length > 1 || this.#loops(component[0] ?? 0, part)) found.push(component);
      });
    }
    return found;
  }

  #from(
    root: number,
    part: Part,
    countBefore: number,
    stack: number[],
    onComponent: (component: readonly number[]) => void,
  ): number {
    const graph = this.#graph;
    const path: number[] = [];
    const edges: number[] = [];
    let count = countBefore;
    const enter = (node: number): void => {
      count++;
      this.#met[node] = count;
      this.#low[node] = count;
      this.#open[node] = 1;
      stack.push(node);
      path.push(node);
      edges.push(graph.firstEdge(node));
    };
    enter(root);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      const edge = edges[edges.length - 1] ?? 0;
      if (edge < graph.firstEdge(node + 1)) {
        edges[edges.length - 1] = edge + 1;
        if (!this.has(part, edge)) continue;
        const target = graph.target(edge);
        if (this.#met[target] === 0) enter(target);
        else if (this.#open[target] === 1) this.#lower(node, this.#met[target] ?? 0);
        continue;
      }
      path.pop();
      edges.pop();
      const before = path[path.length - 1];
      if (before !== undefined) this.#lower(before, this.#low[node] ?? 0);
      if (this.#low[node] === this.#met[node]) onComponent(this.#close(stack, node));
    }
    return count;
  }

  #lower(node: number, to: number): void {
    if (to < (this.#low[node] ?? 0)) this.#low[node] = to;
  }

  /** What lies on the stack from `node` on. */
  #close(stack: number[], node: number): readonly number[] {
    const component: number[] = [];
    for (let one = stack.pop(); one !== undefined; one = one === node ? undefined : stack.pop()) {
      this.#open[one] = 0;
      component.push(one);
    }
    return component;
  }

  #loops(node: number, part: Part): boolean {
    for (let edge = this.#graph.firstEdge(node); edge < this.#graph.firstEdge(node + 1); edge++)
      if (this.#graph.target(edge) === node && this.has(part, edge)) return true;
    return false;
  }
}
