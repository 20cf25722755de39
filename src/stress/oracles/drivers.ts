/**
 * Property 4, as a driver sees it. A card of the guest's own never damages its ring and sends what it is told
 * to send: a kernel's driver counts no error but for frames that the card itself has counted as missed.
 */
import type { CardId, GuestId } from "../../base/ids.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import { guestAddress, nicAddress } from "../../protocol/address.ts";
import { ownerOf } from "./ledger.ts";
import type { Incident, Oracle, Scene, Witness } from "./oracle.ts";

class Drivers {
  readonly #scene: Scene;
  /**
   * Guests whose card has had no place for a frame: an NE2000's driver counts that with its receive errors.
   */
  readonly #missed = new Set<GuestId>();
  /** Guests that have met an error of their own. */
  readonly #excused = new Set<GuestId>();
  readonly #changed = new Map<GuestId, Incident>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly received = (card: CardId, outcome: ReceiveOutcome): void => {
    const owner = ownerOf(this.#scene, card);
    if (owner !== undefined && outcome !== "stored" && outcome !== "filtered") this.#missed.add(owner);
  };

  readonly excuse = (guest: GuestId): void => void this.#excused.add(guest);

  readonly handedOver = (card: CardId, what: "granted" | "released" | "wedged", guest: GuestId): void => {
    if (what === "released") this.#ask(guest);
    const name = this.#scene.nameOf(nicAddress(card));
    this.#changed.set(guest, this.#scene.incident(`${this.#guest(guest)} was ${what} ${name}`));
  };

  readonly over = (): void => {
    for (const { id } of this.#scene.run.scenario.guests) this.#ask(id);
  };

  #ask(guest: GuestId): void {
    const driver = this.#scene.run.guests[guest]?.snapshot().software?.driver;
    if (driver === undefined || this.#excused.has(guest) || this.#scene.hasLostContext(guest)) return;
    const errors = driver.transmitErrors + (this.#missed.has(guest) ? 0 : driver.receiveErrors);
    if (errors === 0) return;
    const what = errors === 1 ? "an error" : `${errors} errors`;
    this.#scene.accuse(
      `${this.#guest(guest)}'s driver meets ${what} that no card of its own would show`,
      this.#changed.get(guest),
    );
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
  }
}

export const drivers: Oracle = {
  name: "drivers",
  property: 4,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const oracle = new Drivers(scene);
    return {
      received: (card, _frame, outcome) => oracle.received(card, outcome),
      handoff: (card, { what, guest }) => oracle.handedOver(card, what, guest),
      stopped: oracle.excuse,
      over: oracle.over,
    };
  },
};
