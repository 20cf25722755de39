/** How a statechart was used in a run: how often each edge was taken, and after how long; how long each state lasted. */
import { leavesOf } from "./active.ts";
import { lastRow } from "./at.ts";
import { type Chart, nodesOf } from "./chart.ts";
import { type StepInChart, stepInChart } from "./stays.ts";
import type { Trace } from "./trace.ts";

export interface Usage {
  /** How often each edge was taken, by its index in the chart. */
  readonly counts: ReadonlyMap<number, number>;
  /** Those of the move in which the actor has last changed. */
  readonly last: ReadonlySet<number>;
  /** How much of the time each innermost state was active, from 0 to 1. */
  readonly shares: ReadonlyMap<string, number>;
  /** Of edges that leave their state: how long it had lasted by then, all times together. */
  readonly waitedNs: ReadonlyMap<number, number>;
  /** How often each edge was taken by an exit: one that the guest makes, or that the VMM takes. */
  readonly exits: ReadonlyMap<number, number>;
  /** Since the actor had its first state. */
  readonly wholeNs: number;
}

const NONE = new Map<never, never>();
const UNUSED: Usage = {
  ...{ counts: NONE, last: new Set(), shares: NONE, waitedNs: NONE, exits: NONE },
  wholeNs: 0,
};

/** Steps from one point to the next from which counting can begin again: a cursor may be dragged either way. */
const STRIDE = 2_048;

/** What a guest's statechart calls its exits. */
const EXIT_ACTION = "sendExit";

/** A step as it is counted: states by their places in the list of all. */
interface CountedStep extends Pick<StepInChart, "edges"> {
  readonly leaving: readonly { readonly edge: number; readonly state: number }[];
  readonly entered: readonly number[];
  readonly exits: readonly number[];
}

/** Of one actor. Asked for ever later moves it only counts what is new. */
export class ChartUsage {
  readonly #trace: Trace;
  readonly #actor: number;
  readonly #chart: Chart;
  readonly #states: ReadonlyMap<string, number>;
  readonly #steps = new Map<number, CountedStep>();
  /** Steps that are over, because another has followed: how many, and what they come to. */
  #over = 0;
  #sums = new Sums();
  /** What the first STRIDE, the first two of them, and so on have come to. */
  readonly #sumsByStride: Sums[] = [];

  constructor(trace: Trace, actor: number, chart: Chart) {
    this.#trace = trace;
    this.#actor = actor;
    this.#chart = chart;
    this.#states = new Map(nodesOf(chart.root).map(({ path }, state) => [path, state]));
  }

  /** By the end of `move`. */
  at(move: number): Usage {
    const rows = this.#trace.stepRows[this.#actor]?.length ?? 0;
    const until = lastRow(rows, (row) => this.#moveOf(row), move);
    if (until < 0) return UNUSED;
    this.#count(until);
    const sums = this.#sums.copy();
    const nowNs = this.#trace.timeOf(move);
    this.#take(sums, until);
    sums.lasts(this.#stepOf(until), nowNs - this.#timeOf(until));
    return this.#summedUp(sums, nowNs - this.#timeOf(0), this.#lastEdges(until));
  }

  /** Sees to it that all steps before row `until` are counted, and no others. */
  #count(until: number): void {
    if (until < this.#over) this.#goBack(until);
    while (this.#over < until) {
      const row = this.#over++;
      this.#take(this.#sums, row);
      this.#sums.lasts(this.#stepOf(row), this.#timeOf(row + 1) - this.#timeOf(row));
      const strides = this.#sumsByStride.length + 1;
      if (this.#over === strides * STRIDE) this.#sumsByStride.push(this.#sums.copy());
    }
  }

  /** To the last point before row `until` that is kept. */
  #goBack(until: number): void {
    const strides = Math.min(this.#sumsByStride.length, Math.floor(until / STRIDE));
    this.#over = strides * STRIDE;
    this.#sums = this.#sumsByStride[strides - 1]?.copy() ?? new Sums();
  }

  #take(sums: Sums, row: number): void {
    const step = this.#stepOf(row);
    const move = this.#moveOf(row);
    const byExit = this.#trace.moveOf(move)?.type === "exit";
    sums.take(step, this.#counted(step), this.#trace.timeOf(move), byExit);
  }

  #summedUp(sums: Sums, wholeNs: number, last: ReadonlySet<number>): Usage {
    const counts = new Map<number, number>();
    const shares = new Map<string, number>();
    for (const [step, taken] of sums.times) {
      for (const edge of this.#counted(step).edges) add(counts, edge, taken);
      const share = (sums.lastedNs.get(step) ?? 0) / Math.max(1, wholeNs);
      const { to } = this.#trace.stepTable.get(step) ?? { to: "" };
      for (const leaf of leavesOf(this.#chart, to)) add(shares, leaf, share);
    }
    return { counts, last, shares, waitedNs: sums.waitedNs, exits: sums.exits, wholeNs };
  }

  #lastEdges(until: number): ReadonlySet<number> {
    const edges: number[] = [];
    for (let row = until; row >= 0 && this.#moveOf(row) === this.#moveOf(until); row--)
      edges.push(...this.#counted(this.#stepOf(row)).edges);
    return new Set(edges);
  }

  #counted(step: number): CountedStep {
    const known = this.#steps.get(step) ?? this.#countedAnew(step);
    this.#steps.set(step, known);
    return known;
  }

  #countedAnew(step: number): CountedStep {
    const taken = this.#trace.stepTable.get(step);
    if (taken === undefined) return { edges: [], leaving: [], entered: [], exits: [] };
    const { edges, leaving, entered } = stepInChart(this.#chart, taken);
    const stateOf = (path: string): number => this.#states.get(path) ?? 0;
    return {
      edges,
      leaving: leaving.map((edge) => ({ edge, state: stateOf(this.#chart.edges[edge]?.source ?? "") })),
      entered: entered.map(stateOf),
      exits: edges.filter((edge) => this.#chart.edges[edge]?.actions.includes(EXIT_ACTION)),
    };
  }

  #row(row: number): number {
    return this.#trace.stepRows[this.#actor]?.at(row) ?? 0;
  }

  #moveOf(row: number): number {
    return this.#trace.stepMoves.at(this.#row(row));
  }

  #stepOf(row: number): number {
    return this.#trace.steps.at(this.#row(row));
  }

  #timeOf(row: number): number {
    return this.#trace.timeOf(this.#moveOf(row));
  }
}

/** What the steps so far come to. */
class Sums {
  /** How often each step was taken, and how long what came of it lasted. */
  readonly times: Map<number, number>;
  readonly lastedNs: Map<number, number>;
  /** By edge. */
  readonly waitedNs: Map<number, number>;
  readonly exits: Map<number, number>;
  /** By state: when it was last entered. */
  readonly #enteredNs: number[];

  constructor(other?: Sums) {
    this.times = new Map(other?.times);
    this.lastedNs = new Map(other?.lastedNs);
    this.waitedNs = new Map(other?.waitedNs);
    this.exits = new Map(other?.exits);
    this.#enteredNs = [...(other === undefined ? [] : other.#enteredNs)];
  }

  copy(): Sums {
    return new Sums(this);
  }

  /** `byExit`: in a move that takes an exit. */
  take(step: number, { edges, leaving, entered, exits }: CountedStep, atNs: number, byExit: boolean): void {
    add(this.times, step, 1);
    for (const { edge, state } of leaving) add(this.waitedNs, edge, atNs - (this.#enteredNs[state] ?? atNs));
    for (const state of entered) this.#enteredNs[state] = atNs;
    for (const edge of byExit ? edges : exits) add(this.exits, edge, 1);
  }

  lasts(step: number, ns: number): void {
    add(this.lastedNs, step, ns);
  }
}

function add<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
