/** How hot an edge of a statechart is, for the eye and in words. Pure. */
import type { Chart } from "../trace/chart.ts";
import type { Usage } from "../trace/usage.ts";
import { count, duration, percent } from "./words.ts";

/** Of a line, by how often something has happened. */
export const widthOf = (often: number): number => 1 + Math.min(4, Math.log10(1 + often));

/** How strongly an edge glows, from 0 to 1: by its part of the time, so that a hundredth can still be seen. */
export const glowOf = (waitedNs: number, { wholeNs }: Usage): number =>
  Math.sqrt(Math.min(1, waitedNs / Math.max(1, wholeNs)));

export interface EdgeHeat {
  readonly edge: number;
  /** Its state, its event, and where it leads. */
  readonly name: string;
  readonly taken: number;
  readonly exits: number;
  /** Undefined of an edge that does not leave its state. */
  readonly waitedNs: number | undefined;
  readonly meanNs: number | undefined;
  /** Of the time since the actor had its first state. */
  readonly share: number;
}

/** Of all edges that were taken, those first that have ended the longest stays. */
export function edgesByHeat(chart: Chart, usage: Usage): readonly EdgeHeat[] {
  const rows = [...usage.counts].map(([edge, taken]): EdgeHeat => {
    const { source = "", event = "", target } = chart.edges[edge] ?? {};
    const waitedNs = usage.waitedNs.get(edge);
    return {
      edge,
      name: `${source === "" ? chart.id : source}: ${event}${target === undefined ? "" : ` → ${target}`}`,
      taken,
      exits: usage.exits.get(edge) ?? 0,
      waitedNs,
      meanNs: waitedNs === undefined ? undefined : waitedNs / taken,
      share: (waitedNs ?? 0) / Math.max(1, usage.wholeNs),
    };
  });
  return rows.sort((a, b) => b.share - a.share || b.taken - a.taken);
}

/** "REVOKE: taken 3 times, after 1.2 ms each and 3.6 ms in all, 4 % of the time; by 2 exits". */
export function edgeInWords(text: string, edge: number, usage: Usage): string {
  const taken = usage.counts.get(edge) ?? 0;
  if (taken === 0) return `${text}: not taken`;
  const waitedNs = usage.waitedNs.get(edge);
  const exits = usage.exits.get(edge) ?? 0;
  const often = taken === 1 ? "once" : `${count(taken)} times`;
  const after =
    waitedNs === undefined
      ? ""
      : `, after ${duration(waitedNs / taken)} each and ${duration(waitedNs)} in all, ${percent(waitedNs / Math.max(1, usage.wholeNs))} of the time`;
  return `${text}: taken ${often}${after}${exits === 0 ? "" : `; by ${count(exits)} exits`}`;
}
