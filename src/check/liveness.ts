/**
 * Property 7: whatever a guest asks for is answered in the end, by the card, by the VMM, or with an error. Of all states
 * in which the watched guest waits, those are violations that lie on a cycle which a fair run can follow for ever: a lasso.
 * As guests are interchangeable, watching one of them is watching all.
 */
import { everyBeginning } from "./beginnings.ts";
import { type Exploration, Search } from "./explorer.ts";
import { type Cycle, FairCycles } from "./fair-cycle.ts";
import { ChannelMarks, demandsOf, marksOf, WATCHED } from "./fairness.ts";
import { Graph } from "./graph.ts";
import { Ints } from "./growable.ts";
import type { Handoff, Step } from "./handoff.ts";
import type { TraceStep, Way } from "./trace.ts";

export const LIVENESS = {
  answered: "whatever a guest asks of the card is answered in the end, or the guest ended with an error",
} as const;

/** Steps to a state from which the run goes round and round, but for the names of epochs and of the other guests. */
export interface Lasso {
  readonly property: "answered";
  readonly what: string;
  readonly trace: readonly TraceStep[];
  /** How many of the steps are the way to the cycle. */
  readonly stemSteps: number;
}

export interface LivenessFinding {
  readonly verdict: Exploration["verdict"];
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** States in which the watched guest waits. */
  readonly waiting: number;
  readonly memoryBytes: number;
  readonly lasso: Lasso | undefined;
}

export interface LivenessOptions {
  readonly memoryBytes?: number;
  /** Partial-order reduction: fewer states, the same verdict; default false. */
  readonly reduce?: boolean;
}

export function checkLiveness(system: Handoff, options: LivenessOptions = {}): LivenessFinding {
  const search = new LivenessSearch(system, options);
  for (;;) {
    const found = search.advance(Number.POSITIVE_INFINITY);
    if (found !== undefined) return found;
  }
}

export class LivenessSearch {
  readonly #system: Handoff;
  readonly #memoryBytes: number;
  readonly #search: Search;
  readonly #channels: ChannelMarks;
  /** Of the states in which the watched guest waits; by node, the state's index. */
  readonly #graph = new Graph();
  readonly #indices = new Ints();
  /** By block: does its guest wait? */
  readonly #waits: (boolean | undefined)[] = [];

  constructor(system: Handoff, { memoryBytes = 2 ** 30, reduce = false }: LivenessOptions) {
    this.#system = system;
    this.#memoryBytes = memoryBytes;
    this.#search = new Search(system, {
      fixed: WATCHED + 1,
      initials: everyBeginning(system),
      memoryBytes,
      reduce,
      purpose: "liveness",
      onStep: (from, to, step, before, after) => this.#take(from, to, step, before, after),
    });
    this.#channels = new ChannelMarks(this.#search.pieces);
  }

  get depth(): number {
    return this.#search.depth;
  }

  get states(): number {
    return this.#search.states.size;
  }

  advance(count: number): LivenessFinding | undefined {
    if (this.#bytes() > this.#memoryBytes) return this.result("inconclusive");
    const explored = this.#search.advance(count);
    if (explored === undefined) return undefined;
    if (explored.verdict !== "holds") return this.result("inconclusive");
    const cycle = this.#cycle();
    return cycle === undefined ? this.result("holds") : this.result("violated", this.#lassoOf(cycle));
  }

  result(verdict: LivenessFinding["verdict"], lasso?: Lasso): LivenessFinding {
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

  #bytes(): number {
    return this.#search.result("inconclusive").memoryBytes + this.#graph.bytes + this.#indices.bytes;
  }

  #take(from: number, to: number, step: Step, before: Int32Array, after: Int32Array): void {
    if (!this.#isWaiting(before)) return;
    const newest = this.#indices.length - 1;
    if (newest < 0 || this.#indices.at(newest) !== from) {
      this.#indices.push(from);
      this.#graph.addNode();
      this.#graph.allow(this.#channels.of(before));
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
