/**
 * Who moves next on the seeded engine. At every port operation, message delivery and timer the engine lists the moves
 * that are possible, and a scheduler picks one: all that is not decided by the actors themselves is decided here.
 */
import { type Address, addressName } from "../protocol/address.ts";
import type { MessageType } from "../protocol/messages.ts";

export type Move =
  /** The oldest message between two actors arrives. */
  | { readonly kind: "deliver"; readonly from: Address; readonly to: Address; readonly type: MessageType }
  /** An actor does a piece of its own work: a guest its next operation. */
  | { readonly kind: "step"; readonly actor: Address }
  /** A timer that has run out is noticed. */
  | { readonly kind: "timer"; readonly actor: Address; readonly id: number };

export interface Scheduler {
  readonly name: string;
  /**
   * An index into `moves`, which are at least one, always listed in the same order. The list is the engine's own and is
   * only valid during the call.
   */
  choose(moves: readonly Move[]): number;
}

/** The actor that a move belongs to: the one that does something. */
export function moverOf(move: Move): Address {
  return move.kind === "deliver" ? move.to : move.actor;
}

/** What a move is, for people and for replays: equal moves have equal descriptions. */
export function describeMove(move: Move): string {
  switch (move.kind) {
    case "deliver":
      return `${addressName(move.to)} receives ${move.type} from ${addressName(move.from)}`;
    case "step":
      return `${addressName(move.actor)} steps`;
    case "timer":
      return `${addressName(move.actor)} timer ${move.id}`;
  }
}
