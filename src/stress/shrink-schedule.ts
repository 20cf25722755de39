/**
 * Makes a failing schedule simpler: fewer faults, fewer changes from one actor to another, fewer moves. Delta debugging
 * (Zeller, Hildebrandt 2002) on the turns of a schedule: leave some out, let the rest go on as it can, and see whether the
 * same property is violated by the same oracle.
 */
import { isSame, type RecordedTrial, recordTrial, switchesOf } from "./counterexample.ts";
import { listedFaults, type Strike } from "./fault-plan.ts";
import type { Violation } from "./oracles/oracle.ts";
import { type Decision, guided } from "./schedulers/guided.ts";
import type { TrialOptions } from "./trial.ts";

export interface ShrinkScheduleOptions {
  readonly trial: Pick<TrialOptions, "scenario" | "workloads">;
  readonly failing: RecordedTrial & { readonly result: { readonly violation: Violation } };
  /** Runs that may be tried. */
  readonly attempts: number;
}

/** Moves of one actor in a row. */
type Turn = readonly Decision[];

/** A run may get longer while its turns get fewer, but not by much. */
const LONGER = 1.2;

export function shrinkSchedule({ trial, failing, attempts }: ShrinkScheduleOptions): RecordedTrial {
  const { violation } = failing.result;
  let best: RecordedTrial = failing;
  let left = attempts;
  const attempt = (decisions: readonly Decision[], strikes: readonly Strike[]): boolean => {
    if (left === 0) return false;
    left--;
    const maxMoves = Math.ceil(best.decisions.length * LONGER);
    const options = { ...trial, scheduler: guided(decisions), faults: listedFaults(strikes), maxMoves };
    const found = recordTrial(options);
    if (!isSame(violation, found.result.violation) || !isSimpler(found, best)) return false;
    best = found;
    return true;
  };
  for (const strike of failing.result.strikes) {
    const { strikes } = best.result;
    attempt(
      best.decisions,
      strikes.filter((one) => one.kind !== strike.kind || one.at !== strike.at),
    );
  }
  attempt([], best.result.strikes);
  let chunk = Math.ceil(turnsOf(best.decisions).length / 2);
  for (; chunk >= 1 && left > 0; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let at = 0; at < turnsOf(best.decisions).length && left > 0; ) {
      const turns = turnsOf(best.decisions);
      const rest = [...turns.slice(0, at), ...turns.slice(at + chunk)].flat();
      if (!attempt(rest, best.result.strikes)) at += chunk;
    }
  }
  return best;
}

function isSimpler(one: RecordedTrial, other: RecordedTrial): boolean {
  const measure = ({ result, decisions }: RecordedTrial): readonly number[] => [
    result.strikes.length,
    switchesOf(decisions),
    decisions.length,
  ];
  const [ours, theirs] = [measure(one), measure(other)];
  const at = ours.findIndex((value, i) => value !== theirs[i]);
  return at >= 0 && (ours[at] ?? 0) < (theirs[at] ?? 0);
}

function turnsOf(decisions: readonly Decision[]): readonly Turn[] {
  const turns: Decision[][] = [];
  for (const decision of decisions) {
    const last = turns.at(-1);
    if (last?.[0]?.mover === decision.mover) last.push(decision);
    else turns.push([decision]);
  }
  return turns;
}
