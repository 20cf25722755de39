/**
 * Property 5, on the wire. While guests take turns the segment gives a card only frames for the guest that,
 * as far as it has been told, holds the card; and of the frames that it had for a card none is more or less
 * than it has counted.
 */
import type { CardId, GuestId } from "../../base/ids.ts";
import { guestId } from "../../base/ids.ts";
import { isMulticast, macKey } from "../../ethernet/mac.ts";
import { cardOf, guestAddress, nicAddress, roleOf, WIRE } from "../../protocol/address.ts";
import type { MessageOf } from "../../protocol/messages.ts";
import { hexOf } from "./frame-text.ts";
import type { Oracle, Scene, Witness } from "./oracle.ts";

/** Who holds a card, as far as the segment knows; undefined: nobody. */
interface Known {
  readonly now: GuestId | undefined;
  /** While it is being told of another one: what was due before that still goes to this one. */
  readonly before: GuestId | undefined;
}

class Segment {
  readonly #scene: Scene;
  readonly #known = new Map<CardId, Known>();
  readonly #byMac: ReadonlyMap<number, GuestId>;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#byMac = new Map(scene.run.scenario.guests.map(({ id, mac }) => [macKey(mac), id]));
  }

  readonly isTold = (card: CardId, { present, guest }: MessageOf<"holder">): void => {
    const now = present === 0 ? undefined : guestId(guest);
    this.#known.set(card, { now, before: this.#known.get(card)?.now });
  };

  readonly hasMoved = (): void => {
    for (const [card, { now }] of this.#known) this.#known.set(card, { now, before: now });
  };

  readonly gives = (card: CardId, bytes: Uint8Array): void => {
    const guest = isMulticast(bytes) ? undefined : this.#byMac.get(macKey(bytes));
    const { scenario } = this.#scene.run;
    if (
      guest === undefined ||
      scenario.guests[guest]?.card !== card ||
      scenario.cards[card]?.receive === "drop"
    )
      return;
    const { now, before } = this.#known.get(card) ?? {};
    if (guest === now || guest === before) return;
    const holder = now === undefined ? "nobody holds it" : `${this.#guest(now)} holds it`;
    this.#scene.accuse(
      `the wire gives ${this.#card(card)} ${hexOf(bytes)} for ${this.#guest(guest)}, and has been told that ${holder}`,
    );
  };

  readonly over = (): void => {
    for (const [card, port] of this.#scene.run.wire.snapshot().cards) {
      const had = port.offeredFrames + port.copiedFrames;
      const kept = port.guests.reduce(
        (sum, { heldFrames, holdDropped }) => sum + heldFrames + holdDropped,
        0,
      );
      const counted = port.outFrames + port.bufferDropped + port.reflectedFrames + port.queuedFrames + kept;
      if (had !== counted)
        this.#scene.accuse(`the wire had ${had} frames for ${this.#card(card)}, and accounts for ${counted}`);
    }
  };

  #card(card: CardId): string {
    return this.#scene.nameOf(nicAddress(card));
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
  }
}

export const segment: Oracle = {
  name: "segment",
  property: 5,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const oracle = new Segment(scene);
    return {
      begins: (move, message) => {
        if (move.kind === "deliver" && message?.type === "holder") oracle.isTold(cardOf(move.from), message);
      },
      sent: (from, to, message) => {
        if (from === WIRE && roleOf(to) === "nic" && message.type === "frame")
          oracle.gives(cardOf(to), message.bytes);
      },
      ends: (move) => {
        if (move.kind === "deliver" && move.to === WIRE) oracle.hasMoved();
      },
      over: oracle.over,
    };
  },
};
