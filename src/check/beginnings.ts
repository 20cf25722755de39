/** Where a run can begin. */
import { Canonical, ordersWithin } from "./canonical.ts";
import { ARBITER, blockOf, type Handoff } from "./handoff.ts";
import { Pieces } from "./pieces.ts";

/** Where guests take turns each may come first; the round is that of their names unless told. */
export function beginnings(system: Handoff, round?: readonly number[]): readonly Int32Array[] {
  const first = system.initial();
  const arbiter = system.arbiter(first);
  const turns = round ?? arbiter.turns;
  if (arbiter.turns.length === 0) return [first];
  return turns.map((_, i) => {
    const state = first.slice();
    const rotated = [...turns.slice(i), ...turns.slice(0, i)];
    state[ARBITER] = system.arbiters.named.id({ ...arbiter, turns: rotated });
    return state;
  });
}

/**
 * For a search that knows the first `fixed` guests by name: what not all guests do (transmit, fail) and the order of the round
 * are dealt out in every way that makes a difference. As neither ever changes, nothing that is reached from one of these
 * beginnings is reached from another; of one they are the beginnings of one search.
 */
export function deals(system: Handoff, fixed: number): readonly (readonly Int32Array[])[] {
  const canonical = new Canonical(system, new Pieces(system), fixed);
  const found = new Map<string, readonly Int32Array[]>();
  const orders = ordersWithin(new Array<number>(system.bounds.guests).fill(0));
  for (const round of orders.filter(([first]) => first === 0)) {
    for (const places of orders) {
      const states = beginnings(system, round).map((state) => withPlaces(system, state, places));
      found.set(
        states
          .map((words) => canonical.of(words).join())
          .toSorted()
          .join(" "),
        states,
      );
    }
  }
  return [...found.values()];
}

/** With guest g at place `places[g]`, while the channels are empty and the card is nobody's. */
function withPlaces(system: Handoff, state: Int32Array, places: readonly number[]): Int32Array {
  const moved = state.slice();
  moved[ARBITER] = system.arbiters.named.withGuests(state[ARBITER] ?? 0, places);
  for (const [guest, place] of places.entries())
    moved.set(state.subarray(blockOf(guest), blockOf(guest + 1)), blockOf(place));
  return moved;
}
