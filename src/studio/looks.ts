/** Which guest looks like which, where two runs stand beside each other. Pure. */
import type { TraceHead } from "../trace/head.ts";

/**
 * How the guests of another run of the same are drawn: as those of their names here, and those that are not here as
 * nobody else.
 */
export function looksIn(other: TraceHead, here: TraceHead): readonly number[] {
  let next = here.guests.length;
  return other.guests.map(({ name }) => {
    const same = here.guests.findIndex((guest) => guest.name === name);
    return same >= 0 ? same : next++;
  });
}
