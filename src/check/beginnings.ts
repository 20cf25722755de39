/** Where a run can begin. */
import { Canonical } from "./canonical.ts";
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
  const pieces = new Pieces(system);
  const canonical = new Canonical(system, pieces, fixed);
  const representative = (words: Int32Array): string => {
    const state = new Int32Array(1 + system.bounds.guests);
    pieces.collapse(words, state);
    canonical.apply(state);
    return state.join();
  };
  const found = new Map<string, readonly Int32Array[]>();
  const orders = permutations(Array.from({ length: system.bounds.guests }, (_, guest) => guest));
  for (const round of orders.filter(([first]) => first === 0)) {
    for (const places of orders) {
      const states = beginnings(system, round).map((state) => withPlaces(system, state, places));
      found.set(states.map(representative).toSorted().join(" "), states);
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

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
