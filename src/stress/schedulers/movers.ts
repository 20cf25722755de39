/** The moves of a list by the actor that makes them: schedulers of actors choose an actor first. */
import { type Move, moverOf } from "../../engine/scheduler.ts";
import type { Address } from "../../protocol/address.ts";

/** The actors that can move, each once, by ascending address. */
export function moversOf(moves: readonly Move[]): readonly Address[] {
  return [...new Set(moves.map(moverOf))].sort((a, b) => a - b);
}

/** Indices of the moves of `actor`, in their order. */
export function movesOf(actor: Address, moves: readonly Move[]): readonly number[] {
  return moves.flatMap((move, i) => (moverOf(move) === actor ? [i] : []));
}

/** The first of `movers` behind `actor`, in a circle; `movers` ascend and are at least one. */
export function nextMover(actor: Address | undefined, movers: readonly Address[]): Address {
  const behind = actor === undefined ? undefined : movers.find((mover) => mover > actor);
  return behind ?? (movers[0] as Address);
}
