/** The moves of an earlier run once more, by their descriptions. */
import { VpioError } from "../../base/errors.ts";
import { describeMove, type Scheduler } from "../../engine/scheduler.ts";

/** How many of the moves that are possible instead an error names. */
const NAMED_MOVES = 5;

/** `choose` throws DIVERGED when the move that was made then is not possible now, or when there was none. */
export function replay(decisions: readonly string[]): Scheduler {
  let at = 0;
  return {
    name: "replay",
    choose(moves) {
      const decision = decisions[at++];
      const descriptions = moves.map(describeMove);
      const index = decision === undefined ? -1 : descriptions.indexOf(decision);
      if (index >= 0) return index;
      const was = decision === undefined ? "the recorded run was over" : `recorded is "${decision}"`;
      const others = descriptions.length > NAMED_MOVES ? ", ..." : "";
      const possible = descriptions.slice(0, NAMED_MOVES).join(", ") + others;
      throw new VpioError("DIVERGED", `at move ${at}: ${was}, possible now is only: ${possible}`);
    },
  };
}
