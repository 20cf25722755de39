/**
 * Guests that were fenced off without an answer and have not answered since. They are given the card neither for
 * what they listen to nor for frames: a guest that reads no messages would be granted and revoked for ever. What
 * counts is that it has acknowledged its last revoke: one that is only slow would otherwise be granted the card
 * again for each of its late answers, and fall behind further each time.
 */
import type { GuestId } from "../base/ids.ts";

export class Silence {
  /** By guest: the epoch under which it was fenced off. */
  readonly #silent = new Map<GuestId, number>();
  /** Those of them for which a frame is held. */
  readonly #awaited = new Set<GuestId>();

  add(guest: GuestId, epoch: number): void {
    this.#silent.set(guest, epoch);
  }

  has(guest: GuestId): boolean {
    return this.#silent.has(guest);
  }

  /** A frame is held for the guest: true when it is silent, and must hear of it later. */
  keeps(guest: GuestId): boolean {
    if (this.#silent.has(guest)) this.#awaited.add(guest);
    return this.#silent.has(guest);
  }

  /** The guest acknowledges the end of `epoch`. What was it before: neither, silent, or silent with a frame that is held? */
  answers(guest: GuestId, epoch: number): "none" | "silent" | "awaited" {
    if (epoch < (this.#silent.get(guest) ?? Number.POSITIVE_INFINITY)) return "none";
    this.#silent.delete(guest);
    return this.#awaited.delete(guest) ? "awaited" : "silent";
  }
}
