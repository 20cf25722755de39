/**
 * Follows the decisions of an earlier run as far as they still make sense: whoever cannot move when it is its turn is
 * passed over, and behind the last decision each actor goes on as long as it can. For shrinking: any list of decisions is
 * a schedule.
 */
import { describeMove, type Move, type Scheduler } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";
import { moversOf, movesOf, nextMover } from "./movers.ts";

/** Who moved, and what that was. */
export interface Decision {
  readonly mover: Address;
  readonly move: string;
}

export function guided(decisions: readonly Decision[]): Scheduler {
  let at = 0;
  let current: Address | undefined;
  return {
    name: "guided",
    choose(moves) {
      for (let next = decisions[at++]; next !== undefined; next = decisions[at++]) {
        const own = movesOf(next.mover, moves);
        const [first] = own;
        if (first === undefined) continue;
        current = next.mover;
        return own.find((i) => describeMove(moves[i] as Move) === next.move) ?? first;
      }
      const movers = moversOf(moves);
      if (current === undefined || !movers.includes(current)) current = nextMover(current, movers);
      return movesOf(current, moves)[0] ?? 0;
    },
  };
}
