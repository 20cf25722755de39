/** Where a run can begin. */
import { ARBITER, blockOf, type Handoff } from "./handoff.ts";

/** Where guests take turns each may come first. */
export function beginnings(system: Handoff): readonly Int32Array[] {
  const first = system.initial();
  const arbiter = system.arbiter(first);
  const { turns } = arbiter;
  if (turns.length === 0) return [first];
  return turns.map((_, i) => {
    const state = first.slice();
    const rotated = [...turns.slice(i), ...turns.slice(0, i)];
    state[ARBITER] = system.arbiters.named.id({ ...arbiter, turns: rotated });
    return state;
  });
}

/**
 * For a search that knows one guest from the others: what not all of them do (transmit, fail), and the order of the round, are
 * dealt out to them in every way.
 */
export function everyBeginning(system: Handoff): readonly Int32Array[] {
  const guests = Array.from({ length: system.bounds.guests }, (_, guest) => guest);
  return permutations(guests).flatMap((places) =>
    beginnings(system).map((state) => withPlaces(system, state, places)),
  );
}

/** With guest g at place `places[g]`, while the channels are empty and the card is nobody's. */
function withPlaces(system: Handoff, state: Int32Array, places: readonly number[]): Int32Array {
  const moved = state.slice();
  moved[ARBITER] = system.arbiters.named.withGuests(state[ARBITER] ?? 0, places);
  for (const [guest, place] of places.entries())
    moved.set(state.subarray(blockOf(guest), blockOf(guest + 1)), blockOf(place));
  return moved;
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
