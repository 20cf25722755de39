/** Everybody in turn, in a random order that stays, each for a random number of moves that stays: fair, and cheap. */
import { Prng } from "../../base/prng.ts";
import { moverOf, type Scheduler } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";
import { movesOf } from "./movers.ts";

/** Moves that an actor may make in a row at most. */
const TURN_MAX = 8;

export function roundRobin(seed: number): Scheduler {
  const prng = new Prng(seed);
  const turnMoves = prng.between(1, TURN_MAX);
  /** Actors in the order of their turns; one that is first seen goes in at a random place. */
  const circle: Address[] = [];
  let at = 0;
  let left = turnMoves;
  return {
    name: "round-robin",
    choose(moves) {
      for (const mover of moves.map(moverOf)) {
        if (!circle.includes(mover)) circle.splice(prng.below(circle.length + 1), 0, mover);
      }
      for (;;) {
        const own = movesOf(circle[at % circle.length] as Address, moves);
        if (own.length > 0 && left-- > 0) return own[0] as number;
        at = (at + 1) % circle.length;
        left = turnMoves;
      }
    },
  };
}
