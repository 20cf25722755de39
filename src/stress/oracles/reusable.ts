/**
 * Property 2. When the VMM begins to save the device context the card must be quiet: nothing at the PHY, nothing queued,
 * no remote DMA under way, the receiver disarmed; and until the next context is being restored it stays so. Read from the
 * card itself, through registers whose reading changes nothing.
 */
import type { CardId } from "../../base/ids.ts";
import { deviceOf } from "../../devices/catalogue.ts";
import { type Address, cardOf, nicAddress, roleOf } from "../../protocol/address.ts";
import { ownerOf } from "./ledger.ts";
import type { Incident, Oracle, Scene, Witness } from "./oracle.ts";

class Reusable {
  readonly #scene: Scene;
  /** The state of each card's arbiter after its last move. */
  readonly #states = new Map<CardId, string>();
  readonly #saving = new Map<CardId, Incident>();
  readonly #revoked = new Map<CardId, Incident>();
  /** Cards that were taken by force while a frame was at the PHY: a reset does not call it back. */
  readonly #leftAtPhy = new Set<CardId>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly sent = (to: Address, card: CardId): void => {
    const name = this.#scene.nameOf(to);
    this.#revoked.set(card, this.#scene.incident(`${name} was told to give ${this.#card(card)} back`));
  };

  /** An arbiter has moved. */
  readonly moved = (card: CardId): void => {
    const state = this.#scene.run.arbiters.actors[card]?.stateName ?? "";
    const before = this.#states.get(card);
    this.#states.set(card, state);
    if (state === before || state !== "saving") return;
    this.#saving.set(card, this.#scene.incident(`the VMM began to save ${this.#card(card)}`));
    const { scenario, nics, devices } = this.#scene.run;
    const kind = scenario.cards[card]?.kind;
    const silicon = nics[card]?.actor.silicon;
    if (kind === undefined || silicon === undefined) return;
    const sends = this.#sends(card) && !this.#leftAtPhy.has(card);
    const busy = sends ? "a frame at its PHY" : deviceOf(devices, kind).outside.busyWith(silicon);
    if (busy === undefined) return;
    this.#scene.accuse(`the VMM saves ${this.#card(card)} with ${busy}`, this.#revoked.get(card));
  };

  readonly wedged = (card: CardId): void => {
    if (this.#sends(card)) this.#leftAtPhy.add(card);
  };

  readonly frameLeft = (card: CardId): void => void this.#leftAtPhy.delete(card);

  readonly stored = (card: CardId): void => {
    const state = this.#states.get(card) ?? "";
    const isOver = state === "free" || (state === "resetting" && ownerOf(this.#scene, card) === undefined);
    if (state !== "saving" && !isOver) return;
    this.#scene.accuse(
      `${this.#card(card)} stores a frame while its VMM is ${state}: nobody will find it`,
      this.#saving.get(card),
    );
  };

  #sends(card: CardId): boolean {
    return this.#scene.run.nics[card]?.actor.stateName.includes("phy.sending") === true;
  }

  #card(card: CardId): string {
    return this.#scene.nameOf(nicAddress(card));
  }
}

export const reusable: Oracle = {
  name: "reusable",
  property: 2,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const oracle = new Reusable(scene);
    return {
      sent: (from, to, message) => {
        if (message.type === "revoke") oracle.sent(to, cardOf(from));
      },
      begins: (move, message) => {
        if (move.kind === "deliver" && message?.type === "frameSent") oracle.frameLeft(cardOf(move.to));
      },
      handoff: (card, { what }) => {
        if (what === "wedged") oracle.wedged(card);
      },
      ends: (move) => {
        const mover = move.kind === "deliver" ? move.to : move.actor;
        if (roleOf(mover) === "arbiter") oracle.moved(cardOf(mover));
      },
      received: (card, _frame, outcome) => {
        if (outcome === "stored") oracle.stored(card);
      },
    };
  },
};
