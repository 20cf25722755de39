/**
 * Property 1. The fence before a card is the truth of who owns it: it opens for one guest at a time, under an epoch that
 * was never used before; a grant says nothing else; and what reaches the silicon carries the epoch of the open fence.
 */
import type { CardId, GuestId } from "../../base/ids.ts";
import type { Move } from "../../engine/scheduler.ts";
import { type Address, cardOf, guestAddress, guestOf, nicAddress, roleOf } from "../../protocol/address.ts";
import type { Message, MessageOf } from "../../protocol/messages.ts";
import type { Incident, Oracle, Scene, Witness } from "./oracle.ts";

interface Fence {
  /** The present one; 0: closed. */
  epoch: number;
  holder: GuestId | undefined;
  opened: Incident | undefined;
  closed: Incident | undefined;
  lastEpoch: number;
  /** What the NIC has been told and not yet answered. */
  asked: MessageOf<"fence"> | undefined;
}

class Ownership {
  readonly #scene: Scene;
  readonly #fences = new Map<CardId, Fence>();
  /** The operation that is being taken by a card, from a guest. */
  #operation: MessageOf<"io"> | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly begins = (move: Move, message: Message | undefined): void => {
    // Whoever looks at the card in a later move is no operation of a guest's.
    this.#operation = undefined;
    if (message === undefined || move.kind !== "deliver" || roleOf(move.to) !== "nic") return;
    const { to } = move;
    if (message.type === "io") this.#operation = message;
    if (message.type === "fence") this.#fence(cardOf(to)).asked = message;
  };

  readonly sent = (from: Address, to: Address, message: Message): void => {
    if (message.type === "drained") this.#raised(cardOf(from), message.epoch);
    if (message.type === "grant") this.#granted(cardOf(from), guestOf(to), message.epoch);
  };

  readonly port = (card: CardId, by: Address): void => {
    const io = this.#operation;
    if (io === undefined || roleOf(by) !== "guest") return;
    this.#operation = undefined;
    const { epoch, holder, opened, closed } = this.#fence(card);
    if (io.epoch === epoch && holder === guestOf(by)) return;
    const current = holder === undefined ? "it is nobody's" : `it is ${this.#guest(holder)}'s under ${epoch}`;
    this.#scene.accuse(
      `${this.#scene.nameOf(by)}'s operation under epoch ${io.epoch} reaches ${this.#card(card)}, and ${current}`,
      holder === undefined ? closed : opened,
    );
  };

  #raised(card: CardId, epoch: number): void {
    const fence = this.#fence(card);
    const { asked } = fence;
    if (epoch === 0 || asked === undefined) {
      fence.epoch = 0;
      fence.holder = undefined;
      fence.closed = this.#scene.incident(`the fence of ${this.#card(card)} closed`);
      return;
    }
    const holder = asked.holder as GuestId;
    const name = this.#guest(holder);
    if (fence.holder !== undefined && fence.holder !== holder) {
      const open = `while it is open for ${this.#guest(fence.holder)}`;
      this.#scene.accuse(`the fence of ${this.#card(card)} opens for ${name} ${open}`, fence.opened);
    }
    if (epoch <= fence.lastEpoch) {
      const last = `after epoch ${fence.lastEpoch}`;
      this.#scene.accuse(
        `the fence of ${this.#card(card)} opens for ${name} under epoch ${epoch}, ${last}`,
        fence.opened,
      );
    }
    const opened = this.#scene.incident(
      `the fence of ${this.#card(card)} opened for ${name} under epoch ${epoch}`,
    );
    this.#fences.set(card, { ...fence, epoch, holder, opened, lastEpoch: epoch });
  }

  #granted(card: CardId, guest: GuestId, epoch: number): void {
    const fence = this.#fence(card);
    if (fence.holder === guest && fence.epoch === epoch) return;
    this.#scene.accuse(
      `${this.#card(card)} is granted to ${this.#guest(guest)} under epoch ${epoch} without an open fence`,
      fence.closed ?? fence.opened,
    );
  }

  #fence(card: CardId): Fence {
    const known = this.#fences.get(card);
    if (known !== undefined) return known;
    const none = { epoch: 0, lastEpoch: 0, holder: undefined, opened: undefined, closed: undefined };
    const fresh: Fence = { ...none, asked: undefined };
    this.#fences.set(card, fresh);
    return fresh;
  }

  #card(card: CardId): string {
    return this.#scene.nameOf(nicAddress(card));
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
  }
}

export const ownership: Oracle = {
  name: "ownership",
  property: 1,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const oracle = new Ownership(scene);
    return {
      begins: oracle.begins,
      sent: oracle.sent,
      port: oracle.port,
    };
  },
};
