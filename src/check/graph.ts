/** A graph whose edges carry marks, in order of their sources. */
import { Ints } from "./growable.ts";

export class Graph {
  /** Of each node: its first edge; one more entry says where the last node's edges end. */
  readonly #first = new Ints();
  readonly #targets = new Ints();
  readonly #marks = new Ints();
  /** Of each node: the marks of all that is possible there, whether it stays in the graph or not. */
  readonly #possible = new Ints();

  get nodes(): number {
    return this.#possible.length;
  }

  get edges(): number {
    return this.#targets.length;
  }

  get bytes(): number {
    return [this.#first, this.#targets, this.#marks, this.#possible].reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    );
  }

  /** A new node; edges that are added belong to the newest one. */
  addNode(possible: number): void {
    this.#first.push(this.#targets.length);
    this.#possible.push(possible);
  }

  /** Marks of a step that is possible at the newest node. */
  allow(marks: number): void {
    const last = this.nodes - 1;
    this.#possible.set(last, this.#possible.at(last) | marks);
  }

  addEdge(target: number, marks: number): void {
    this.#targets.push(target);
    this.#marks.push(marks);
  }

  /** Gives each edge's target its node's number. */
  renameTargets(nodeOf: (target: number) => number): void {
    for (let edge = 0; edge < this.edges; edge++) this.#targets.set(edge, nodeOf(this.#targets.at(edge)));
  }

  possible(node: number): number {
    return this.#possible.at(node);
  }

  firstEdge(node: number): number {
    return node < this.nodes ? this.#first.at(node) : this.edges;
  }

  target(edge: number): number {
    return this.#targets.at(edge);
  }

  marks(edge: number): number {
    return this.#marks.at(edge);
  }
}
