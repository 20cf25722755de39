/** The search for a lasso among all that is reached from one deal of the guests' parts. */
import { type Exploration, Search } from "./explorer.ts";
import { type Cycle, FairCycles } from "./fair-cycle.ts";
import { ChannelMarks, demandsOf, marksOf, WATCHED } from "./fairness.ts";
import { Graph } from "./graph.ts";
import { Ints } from "./growable.ts";
import type { Handoff, Step } from "./handoff.ts";
import type { TraceStep, Way } from "./trace.ts";

/** Steps to a state from which the run goes round and round, but for the names of epochs and of the other guests. */
export interface Lasso {
  readonly property: "answered";
  readonly what: string;
  readonly trace: readonly TraceStep[];
  /** How many of the steps are the way to the cycle. */
  readonly stemSteps: number;
}

export interface LassoFinding {
  readonly verdict: Exploration["verdict"];
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** States in which the watched guest waits. */
  readonly waiting: number;
  readonly memoryBytes: number;
  readonly lasso: Lasso | undefined;
}

export interface LassoOptions {
  readonly initials: readonly Int32Array[];
  readonly memoryBytes: number;
  readonly reduce: boolean;
}

const BYTES_OF_INDEX = 4;

export class LassoSearch {
  readonly #system: Handoff;
  readonly #memoryBytes: number;
  readonly #search: Search;
  readonly #channels: ChannelMarks;
  /** Of the states in which the watched guest waits; by node, the state's index. */
  readonly #graph = new Graph();
  readonly #indices = new Ints();
  /** By block: does its guest wait? */
  readonly #waits: (boolean | undefined)[] = [];

  constructor(system: Handoff, options: LassoOptions) {
    this.#system = system;
    this.#memoryBytes = options.memoryBytes;
    this.#search = new Search(system, {
      ...options,
      fixed: WATCHED + 1,
      purpose: "liveness",
      onStep: (from, to, step, before, after) => this.#take(from, to, step, before, after),
    });
    this.#channels = new ChannelMarks(this.#search.pieces);
  }

  advance(count: number): LassoFinding | undefined {
    if (this.#bytes() > this.#memoryBytes) return this.result("inconclusive");
    const explored = this.#search.advance(count);
    if (explored === undefined) return undefined;
    if (explored.verdict !== "holds") return this.result("inconclusive");
    const cycle = this.#cycle();
    return cycle === undefined ? this.result("holds") : this.result("violated", this.#lassoOf(cycle));
  }

  result(verdict: LassoFinding["verdict"], lasso?: Lasso): LassoFinding {
    const { states, transitions, depth } = this.#search.result("inconclusive");
    return {
      verdict,
      states,
      transitions,
      depth,
      waiting: this.#graph.nodes,
      memoryBytes: this.#bytes(),
      lasso,
    };
  }

  /** With what it takes to look for a cycle in the end. */
  #bytes(): number {
    const { states, memoryBytes } = this.#search.result("inconclusive");
    const analysis = BYTES_OF_INDEX * states + FairCycles.bytesPerNode * this.#graph.nodes;
    return memoryBytes + this.#graph.bytes + this.#indices.bytes + analysis;
  }

  #take(from: number, to: number, step: Step, before: Int32Array, after: Int32Array): void {
    if (!this.#isWaiting(before)) return;
    const newest = this.#indices.length - 1;
    if (newest < 0 || this.#indices.at(newest) !== from) {
      this.#indices.push(from);
      this.#graph.addNode(this.#channels.of(before));
    }
    const marks = marksOf(step);
    this.#graph.allow(marks);
    if (this.#isWaiting(after)) this.#graph.addEdge(to, marks);
  }

  #isWaiting(state: Int32Array): boolean {
    const block = state[1 + WATCHED] ?? 0;
    this.#waits[block] ??= this.#waitsIn(block);
    return this.#waits[block];
  }

  #waitsIn(block: number): boolean {
    const [id = 0] = this.#search.pieces.blocks.words(block);
    const guest = this.#system.guests.named.item(id);
    const name = this.#system.parts.charts.guest.name(guest.state);
    return !guest.dead && /^cpu\.waiting/.test(name);
  }

  #cycle(): Cycle | undefined {
    const nodes = new Int32Array(this.#search.states.size).fill(-1);
    for (let node = 0; node < this.#indices.length; node++) nodes[this.#indices.at(node)] = node;
    this.#graph.renameTargets((index) => nodes[index] ?? -1);
    return new FairCycles(this.#graph, demandsOf(this.#system)).find();
  }

  #lassoOf({ start, edges }: Cycle): Lasso {
    const way = this.#search.wayTo(this.#indices.at(start));
    const stemSteps = way.steps.length;
    for (const edge of edges) this.#follow(way, edge);
    const what = `guest ${WATCHED} waits for ever: from step ${stemSteps + 1} on the same ${edges.length} steps`;
    return { property: "answered", what, trace: way.steps, stemSteps };
  }

  #follow(way: Way, edge: number): void {
    const wanted = new Int32Array(this.#search.states.width);
    this.#search.states.read(this.#indices.at(this.#graph.target(edge)), wanted);
    way.goTo(wanted, (step) => marksOf(step) === this.#graph.marks(edge));
  }
}
