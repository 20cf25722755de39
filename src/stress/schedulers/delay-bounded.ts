/**
 * Delay-bounded scheduling (Emmi, Qadeer, Rakamaric, POPL 2011): one deterministic schedule, in which an actor goes on as
 * long as it can and the next one follows; but at a few random moves whoever is on is passed over. Most bugs need few
 * delays, and few delays leave few schedules.
 */
import { Prng } from "../../base/prng.ts";
import type { Scheduler } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";
import { moversOf, movesOf, nextMover } from "./movers.ts";

export interface DelayOptions {
  /** How many times an actor is passed over. */
  readonly delays: number;
  /** Moves of a run, as far as one knows; the delays are drawn from them. */
  readonly expectedMoves: number;
}

export function delayBounded(seed: number, { delays, expectedMoves }: DelayOptions): Scheduler {
  const prng = new Prng(seed);
  const delayed = new Map<number, number>();
  for (let i = 0; i < delays; i++) {
    const at = prng.below(expectedMoves);
    delayed.set(at, (delayed.get(at) ?? 0) + 1);
  }
  let current: Address | undefined;
  let move = 0;
  return {
    name: `delay-bounded, ${delays} delays`,
    choose(moves) {
      const movers = moversOf(moves);
      if (current === undefined || !movers.includes(current)) current = nextMover(current, movers);
      for (let i = delayed.get(move++) ?? 0; i > 0; i--) current = nextMover(current, movers);
      return movesOf(current, moves)[0] as number;
    },
  };
}
