/** How a statechart was used in a run: how often each edge was taken, how long each state lasted. */
import { edgesTaken, leavesOf } from "./active.ts";
import { lastRow } from "./at.ts";
import type { Chart } from "./chart.ts";
import type { Trace } from "./trace.ts";

export interface Usage {
  /** How often each edge was taken, by its index in the chart. */
  readonly counts: ReadonlyMap<number, number>;
  /** Those of the move in which the actor has last changed. */
  readonly last: ReadonlySet<number>;
  /** How much of the time each innermost state was active, from 0 to 1. */
  readonly shares: ReadonlyMap<string, number>;
}

const UNUSED: Usage = { counts: new Map(), last: new Set(), shares: new Map() };

/** Of one actor. Asked for ever later moves it only counts what is new. */
export class ChartUsage {
  readonly #trace: Trace;
  readonly #actor: number;
  readonly #chart: Chart;
  readonly #edges = new Map<number, readonly number[]>();
  /** Steps that are over, because another has followed: how many, how often each, how long the state after each lasted. */
  #over = 0;
  #times = new Map<number, number>();
  #spentNs = new Map<number, number>();

  constructor(trace: Trace, actor: number, chart: Chart) {
    this.#trace = trace;
    this.#actor = actor;
    this.#chart = chart;
  }

  /** By the end of `move`. */
  at(move: number): Usage {
    const rows = this.#trace.stepRows[this.#actor]?.length ?? 0;
    const until = lastRow(rows, (row) => this.#moveOf(row), move);
    if (until < 0) return UNUSED;
    this.#count(until);
    const times = new Map(this.#times);
    const spentNs = new Map(this.#spentNs);
    const nowNs = this.#trace.timeOf(move);
    add(times, this.#stepOf(until), 1);
    add(spentNs, this.#stepOf(until), nowNs - this.#timeOf(until));
    return this.#summedUp(times, spentNs, nowNs - this.#timeOf(0), this.#lastEdges(until));
  }

  /** Sees to it that all steps before row `until` are counted, and no others. */
  #count(until: number): void {
    if (until < this.#over) {
      this.#over = 0;
      this.#times = new Map();
      this.#spentNs = new Map();
    }
    for (; this.#over < until; this.#over++) {
      const step = this.#stepOf(this.#over);
      add(this.#times, step, 1);
      add(this.#spentNs, step, this.#timeOf(this.#over + 1) - this.#timeOf(this.#over));
    }
  }

  #summedUp(
    times: ReadonlyMap<number, number>,
    spentNs: ReadonlyMap<number, number>,
    wholeNs: number,
    last: ReadonlySet<number>,
  ): Usage {
    const counts = new Map<number, number>();
    const shares = new Map<string, number>();
    for (const [step, taken] of times) {
      for (const edge of this.#edgesOf(step)) add(counts, edge, taken);
      const share = (spentNs.get(step) ?? 0) / Math.max(1, wholeNs);
      const { to } = this.#trace.stepTable.get(step) ?? { to: "" };
      for (const leaf of leavesOf(this.#chart, to)) add(shares, leaf, share);
    }
    return { counts, last, shares };
  }

  #lastEdges(until: number): ReadonlySet<number> {
    const edges: number[] = [];
    for (let row = until; row >= 0 && this.#moveOf(row) === this.#moveOf(until); row--)
      edges.push(...this.#edgesOf(this.#stepOf(row)));
    return new Set(edges);
  }

  #edgesOf(step: number): readonly number[] {
    const { from, event, to } = this.#trace.stepTable.get(step) ?? { from: "", event: "", to: "" };
    const edges = this.#edges.get(step) ?? edgesTaken(this.#chart, from, event, to);
    this.#edges.set(step, edges);
    return edges;
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

function add<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
