/**
 * Strongly connected components of parts of a graph (Tarjan's algorithm, without recursion). A graph may have more nodes than
 * a list of numbers holds, so everything is in typed arrays, a few words for each node.
 */
import type { Graph } from "./graph.ts";

/** A part of a graph: the nodes of one group, and the edges between them without a mark of `forbidden`. */
export interface Part {
  readonly group: number;
  readonly nodes: Int32Array;
  readonly forbidden: number;
}

/** A stack with room for every node. */
class Stack {
  readonly #items: Int32Array;
  size = 0;

  constructor(room: number) {
    this.#items = new Int32Array(room);
  }

  get top(): number {
    return this.#items[this.size - 1] ?? -1;
  }

  push(item: number): void {
    this.#items[this.size++] = item;
  }

  pop(): number {
    return this.#items[--this.size] ?? -1;
  }

  /** What lies on it from the topmost `item` on, taken off. */
  cut(item: number): Int32Array {
    const from = this.#items.lastIndexOf(item, this.size - 1);
    const taken = this.#items.slice(from, this.size);
    this.size = from;
    return taken;
  }
}

export class Components {
  readonly #graph: Graph;
  /** The group that each node belongs to now. */
  readonly groups: Int32Array;
  /** By node: when it was first met (from 1; 0: not yet), the earliest node it leads back to, whether it is open. */
  readonly #met: Int32Array;
  readonly #low: Int32Array;
  readonly #open: Uint8Array;
  /** By node on the path: its edge that is next. */
  readonly #edges: Int32Array;
  readonly #path: Stack;
  readonly #stack: Stack;
  #count = 0;

  constructor(graph: Graph) {
    const { nodes } = graph;
    this.#graph = graph;
    this.groups = new Int32Array(nodes);
    this.#met = new Int32Array(nodes);
    this.#low = new Int32Array(nodes);
    this.#open = new Uint8Array(nodes);
    this.#edges = new Int32Array(nodes);
    this.#path = new Stack(nodes);
    this.#stack = new Stack(nodes);
  }

  /** What it takes for each node. */
  static readonly bytesPerNode = 6 * 4 + 1;

  /** True when an edge belongs to the part, given that its source does. */
  has({ group, forbidden }: Part, edge: number): boolean {
    return this.groups[this.#graph.target(edge)] === group && (this.#graph.marks(edge) & forbidden) === 0;
  }

  /** Those with an edge inside. */
  of(part: Part): readonly Int32Array[] {
    for (const node of part.nodes) this.#met[node] = 0;
    const found: Int32Array[] = [];
    this.#count = 0;
    for (const root of part.nodes) {
      if (this.#met[root] !== 0) continue;
      this.#from(root, part, (component) => {
        if (component.length > 1 || this.#loops(component[0] ?? 0, part)) found.push(component);
      });
    }
    return found;
  }

  #from(root: number, part: Part, onComponent: (component: Int32Array) => void): void {
    const graph = this.#graph;
    this.#enter(root);
    while (this.#path.size > 0) {
      const node = this.#path.top;
      const edge = this.#edges[node] ?? 0;
      if (edge < graph.firstEdge(node + 1)) {
        this.#edges[node] = edge + 1;
        if (!this.has(part, edge)) continue;
        const target = graph.target(edge);
        if (this.#met[target] === 0) this.#enter(target);
        else if (this.#open[target] === 1) this.#lower(node, this.#met[target] ?? 0);
        continue;
      }
      this.#path.pop();
      if (this.#path.size > 0) this.#lower(this.#path.top, this.#low[node] ?? 0);
      if (this.#low[node] === this.#met[node]) onComponent(this.#close(node));
    }
  }

  #enter(node: number): void {
    this.#count++;
    this.#met[node] = this.#count;
    this.#low[node] = this.#count;
    this.#open[node] = 1;
    this.#edges[node] = this.#graph.firstEdge(node);
    this.#stack.push(node);
    this.#path.push(node);
  }

  #lower(node: number, to: number): void {
    if (to < (this.#low[node] ?? 0)) this.#low[node] = to;
  }

  #close(node: number): Int32Array {
    const component = this.#stack.cut(node);
    for (const one of component) this.#open[one] = 0;
    return component;
  }

  #loops(node: number, part: Part): boolean {
    for (let edge = this.#graph.firstEdge(node); edge < this.#graph.firstEdge(node + 1); edge++)
      if (this.#graph.target(edge) === node && this.has(part, edge)) return true;
    return false;
  }
}
