/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010): every actor has a random
 * priority and the highest one that can move does; at d-1 random moves the one at the top falls to the bottom. A bug that
 * needs d ordering constraints is found by each schedule with a probability of at least 1 / (n k^(d-1)), for n actors and
 * k moves.
 */
import { Prng } from "../../base/prng.ts";
import { type Move, moverOf, type Scheduler } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";
import { movesOf } from "./movers.ts";

export interface PctOptions {
  /** d: ordering constraints that a schedule tries to hit; 1 or more. */
  readonly depth: number;
  /** k: moves of a run, as far as one knows; the change points are drawn from them. */
  readonly expectedMoves: number;
}

export function pct(seed: number, { depth, expectedMoves }: PctOptions): Scheduler {
  const prng = new Prng(seed);
  const changes = new Set(Array.from({ length: depth - 1 }, () => prng.below(expectedMoves)));
  const priorities = new Map<Address, number>();
  let move = 0;
  let lowest = 0;
  /** An actor is given its priority, a positive number, when it is first seen. */
  const priorityOf = (actor: Address): number => {
    const known = priorities.get(actor) ?? 1 + prng.u32();
    priorities.set(actor, known);
    return known;
  };
  const highest = (moves: readonly Move[]): Address => {
    let best = moverOf(moves[0] as Move);
    for (const one of moves) if (priorityOf(moverOf(one)) > priorityOf(best)) best = moverOf(one);
    return best;
  };
  return {
    name: `pct, depth ${depth}`,
    choose(moves) {
      if (changes.has(move++)) priorities.set(highest(moves), --lowest);
      const own = movesOf(highest(moves), moves);
      return own.length === 1 ? (own[0] as number) : prng.pick(own);
    },
  };
}
