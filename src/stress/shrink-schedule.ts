/**
 * Makes a failing schedule simpler: fewer faults, fewer changes from one actor to another, fewer moves. First
 * it is looked for among schedules that are simple from the start: each actor goes on as long as it can, but
 * for a few delays. Then delta debugging (Zeller, Hildebrandt 2002) on the turns: leave some out, let the
 * rest go on as it can, and see whether the same property is violated by the same oracle.
 */
import type { Loaded } from "../engine/loaded.ts";
import { type FailingTrial, fails, isSame, recordTrial, switchesOf } from "./counterexample.ts";
import { listedFaults, type Strike } from "./fault-plan.ts";
import { delayBounded } from "./schedulers/delay-bounded.ts";
import { type Decision, guided } from "./schedulers/guided.ts";
import type { TrialOptions } from "./trial.ts";

export interface ShrinkScheduleOptions {
  readonly trial: Pick<TrialOptions, "scenario" | keyof Loaded>;
  readonly failing: FailingTrial;
  /** Runs that may be tried. */
  readonly attempts: number;
}

/** Moves of one actor in a row. */
type Turn = readonly Decision[];

/** A run may get longer while its turns get fewer, but not by much. */
const LONGER = 1.2;
/** Simple schedules: with so many delays at most, and so many for each number of delays. */
const DELAYS_MAX = 3;
const SEEDS_PER_DELAY = 12;

export function shrinkSchedule(options: ShrinkScheduleOptions): FailingTrial {
  const shrinking = new Shrinking(options);
  shrinking.dropStrikes();
  shrinking.calm();
  shrinking.dropTurns();
  shrinking.joinTurns();
  return shrinking.best;
}

class Shrinking {
  best: FailingTrial;
  readonly #options: ShrinkScheduleOptions;
  #left: number;

  constructor(options: ShrinkScheduleOptions) {
    this.#options = options;
    this.best = options.failing;
    this.#left = options.attempts;
  }

  dropStrikes(): void {
    for (const strike of this.best.result.strikes) {
      const rest = this.best.result.strikes.filter((one) => one.kind !== strike.kind || one.at !== strike.at);
      this.#follow(this.best.decisions, rest);
    }
  }

  /** Looks for it among schedules with as few delays as possible. */
  calm(): void {
    const expectedMoves = this.best.decisions.length;
    for (let delays = 0; delays <= DELAYS_MAX; delays++) {
      for (let seed = 0; seed < (delays === 0 ? 1 : SEEDS_PER_DELAY); seed++) {
        if (this.#try(delayBounded(seed, { delays, expectedMoves }), this.best.result.strikes)) return;
      }
    }
  }

  /** Leaves turns out: half of them, then a quarter, down to single ones. */
  dropTurns(): void {
    let chunk = Math.ceil(turnsOf(this.best.decisions).length / 2);
    for (; chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
      for (let at = 0; at < turnsOf(this.best.decisions).length; ) {
        const turns = turnsOf(this.best.decisions);
        const rest = [...turns.slice(0, at), ...turns.slice(at + chunk)].flat();
        if (!this.#follow(rest, this.best.result.strikes)) at += chunk;
        if (this.#left === 0) return;
      }
    }
  }

  /** Brings a turn forward to the one before it of the same actor. */
  joinTurns(): void {
    for (let at = 2; at < turnsOf(this.best.decisions).length && this.#left > 0; ) {
      const turns = turnsOf(this.best.decisions);
      const [turn] = turns.slice(at, at + 1);
      const earlier = turns.findLastIndex((one, i) => i < at - 1 && one[0]?.mover === turn?.[0]?.mover);
      const joined = [...turns.slice(0, earlier + 1), turn ?? [], ...turns.slice(earlier + 1, at)];
      const all = [...joined, ...turns.slice(at + 1)].flat();
      if (earlier < 0 || !this.#follow(all, this.best.result.strikes)) at++;
    }
  }

  #follow(decisions: readonly Decision[], strikes: readonly Strike[]): boolean {
    return this.#try(guided(decisions), strikes);
  }

  /** True when that shows the same, and is simpler. */
  #try(scheduler: TrialOptions["scheduler"], strikes: readonly Strike[]): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const { trial, failing } = this.#options;
    const maxMoves = Math.ceil(this.best.decisions.length * LONGER);
    const found = recordTrial({ ...trial, scheduler, faults: listedFaults(strikes), maxMoves });
    if (!fails(found) || !isSame(failing.result.violation, found.result.violation)) return false;
    if (!isLess(complexityOf(found), complexityOf(this.best))) return false;
    this.best = found;
    return true;
  }
}

const complexityOf = ({ result, decisions }: FailingTrial): readonly number[] => [
  result.strikes.length,
  switchesOf(decisions),
  decisions.length,
];

/** The first number that differs is less. */
export function isLess(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
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
