/**
 * Guests that were fenced off without an answer and have not been heard of since. They are given the card
 * neither for what they listen to nor for frames: a guest that reads no messages would be granted and revoked
 * for ever.
 */
import type { GuestId } from "../base/ids.ts";

export class Silence {
  readonly #silent = new Set<GuestId>();
  /** Those of them for which a frame is held. */
  readonly #awaited = new Set<GuestId>();

  add(guest: GuestId): void {
    this.#silent.add(guest);
  }

  has(guest: GuestId): boolean {
    return this.#silent.has(guest);
  }

  /** A frame is held for the guest: true when it is silent, and must hear of it later. */
  keeps(guest: GuestId): boolean {
    if (this.#silent.has(guest)) this.#awaited.add(guest);
    return this.#silent.has(guest);
  }

  /** The guest is heard of. What was it before: neither, silent, or silent with a frame that is held? */
  ends(guest: GuestId): "none" | "silent" | "awaited" {
    if (!this.#silent.delete(guest)) return "none";
    return this.#awaited.delete(guest) ? "awaited" : "silent";
  }
}
