/** The moves of an earlier run once more, by their descriptions. */
import { VpioError } from "../../base/errors.ts";
import { describeMove, type Move, type Scheduler } from "../../engine/scheduler.ts";

/** How many of the moves that are possible instead an error names. */
const NAMED_MOVES = 5;

/**
 * Behind the last decision `then` decides. `choose` throws DIVERGED when the move that was made then is not possible now,
 * or when there was none and nobody else to decide.
 */
export function replay(decisions: readonly string[], then?: Scheduler): Scheduler {
  let at = 0;
  return {
    name: then?.name ?? "replay",
    choose(moves) {
      const decision = decisions[at];
      if (decision === undefined && then !== undefined) return then.choose(moves);
      at++;
      const index = moves.findIndex((move) => describeMove(move) === decision);
      if (index >= 0) return index;
      const was = decision === undefined ? "the recorded run was over" : `recorded is "${decision}"`;
      throw new VpioError("DIVERGED", `at move ${at}: ${was}, possible now is only: ${named(moves)}`);
    },
  };
}

function named(moves: readonly Move[]): string {
  const others = moves.length > NAMED_MOVES ? ", ..." : "";
  return moves.slice(0, NAMED_MOVES).map(describeMove).join(", ") + others;
}
