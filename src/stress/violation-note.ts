/** A violation as the trace of its run says it. */
import type { TraceNote } from "../trace/trace.ts";
import { PROPERTIES, type Violation } from "./oracles/oracle.ts";

/** `moves`: of the trace. What shows when the run is over is said of its last move. */
export function violationNote({ property, oracle, incident, because }: Violation, moves: number): TraceNote {
  return {
    kind: "violation",
    move: Math.min(incident.move, moves),
    text: incident.what,
    property: `${property}: ${PROPERTIES[property]} (${oracle})`,
    because: because && { move: because.move, text: because.what },
    guest: undefined,
  };
}
