/** Every scheduler that draws schedules from seeds, by the name users give: a new one is one file and one row. */
import type { Scheduler } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";
import { delayBounded } from "./delay-bounded.ts";
import { pct } from "./pct.ts";
import { randomWalk } from "./random-walk.ts";
import { roundRobin } from "./round-robin.ts";
import { starveOne } from "./starve-one.ts";

export const SCHEDULER_KINDS = ["random", "pct", "delay", "round-robin", "starve"] as const;
export type SchedulerKind = (typeof SCHEDULER_KINDS)[number];

export interface SchedulerChoice {
  readonly kind: SchedulerKind;
  /** Of pct: its depth; of delay: the delays; the others have none. */
  readonly depth: number;
}

/** What a scheduler may know of a run before it begins. */
export interface RunHints {
  readonly expectedMoves: number;
  readonly actors: readonly Address[];
}

export function makeScheduler({ kind, depth }: SchedulerChoice, seed: number, hints: RunHints): Scheduler {
  const { expectedMoves, actors } = hints;
  switch (kind) {
    case "random":
      return randomWalk(seed);
    case "pct":
      return pct(seed, { depth, expectedMoves });
    case "delay":
      return delayBounded(seed, { delays: depth, expectedMoves });
    case "round-robin":
      return roundRobin(seed);
    case "starve":
      return starveOne(seed, actors);
  }
}
