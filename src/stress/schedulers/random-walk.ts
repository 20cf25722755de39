/** Any move, each as likely as the others. */
import { Prng } from "../../base/prng.ts";
import type { Scheduler } from "../../engine/scheduler.ts";

export function randomWalk(seed: number): Scheduler {
  const prng = new Prng(seed);
  return { name: "random", choose: (moves) => prng.below(moves.length) };
}
