/**
 * Property 6. A guest is told of an interrupt only while the card is its own; and no interrupt of a card waits for long
 * while its VMM has nothing else to do.
 */

import type { CardId, GuestId } from "../../base/ids.ts";
import { NS_PER_MS } from "../../base/units.ts";
import { cardOf, guestAddress, guestOf, nicAddress, roleOf } from "../../protocol/address.ts";
import { ownerOf } from "./ledger.ts";
import type { Incident, Oracle, Scene, Witness } from "./oracle.ts";

/** A VMM that attends to nothing for so long has lost the interrupt. */
const LOST_AFTER_NS = 5 * NS_PER_MS;

class Interrupts {
  readonly #scene: Scene;
  /** Since when the line of a card is high. */
  readonly #raised = new Map<CardId, Incident>();
  readonly #handoffs = new Map<CardId, Incident>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly line = (card: CardId, level: number): void => {
    if (level === 0) this.#raised.delete(card);
    else if (!this.#raised.has(card))
      this.#raised.set(card, this.#scene.incident(`${this.#card(card)} raised its line`));
  };

  readonly injected = (card: CardId, guest: GuestId): void => {
    const owner = ownerOf(this.#scene, card);
    if (owner === undefined || owner === guest) return;
    const [name, holder] = [guest, owner].map((id) => this.#scene.nameOf(guestAddress(id)));
    this.#scene.accuse(
      `${name} is given an interrupt of ${this.#card(card)}, which is ${holder}'s`,
      this.#handoffs.get(card),
    );
  };

  readonly handedOver = (card: CardId, what: string, guest: GuestId): void => {
    const name = this.#scene.nameOf(guestAddress(guest));
    this.#handoffs.set(card, this.#scene.incident(`${this.#card(card)} was ${what}, ${name}`));
  };

  /** An arbiter has nothing more to do at the moment; or `quiet`: nobody has. */
  readonly look = (card: CardId, quiet: boolean): void => {
    const raised = this.#raised.get(card);
    if (raised === undefined || this.#scene.struck("irq-lost") > 0 || this.#isDead(card)) return;
    const { stateName } = this.#scene.run.arbiters.actors[card] ?? {};
    const owner = ownerOf(this.#scene, card);
    const waitedNs = this.#scene.run.engine.nowNs - raised.atNs;
    if (stateName !== "owned.watching" || owner === undefined || (!quiet && waitedNs < LOST_AFTER_NS)) return;
    const name = this.#scene.nameOf(guestAddress(owner));
    this.#scene.accuse(`an interrupt of ${this.#card(card)} for ${name} is never taken`, raised);
  };

  #isDead(card: CardId): boolean {
    return this.#scene.run.deathOf(nicAddress(card)) !== undefined;
  }

  #card(card: CardId): string {
    return this.#scene.nameOf(nicAddress(card));
  }
}

export const interrupts: Oracle = {
  name: "interrupts",
  property: 6,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const oracle = new Interrupts(scene);
    return {
      sent: (from, to, message) => {
        if (message.type === "irq") oracle.line(cardOf(from), message.level);
        if (message.type === "injectIrq" && message.level !== 0) oracle.injected(cardOf(from), guestOf(to));
      },
      ends: (move) => {
        if (move.kind === "timer" && roleOf(move.actor) === "arbiter") oracle.look(cardOf(move.actor), false);
      },
      handoff: (card, { what, guest }) => oracle.handedOver(card, what, guest),
      over: (ending) => {
        if (ending === "quiet") for (const { id } of scene.run.scenario.cards) oracle.look(id, true);
      },
    };
  },
};
