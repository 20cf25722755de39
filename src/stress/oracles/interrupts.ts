/**
 * Property 6. A guest is told of an interrupt only while the card is its own; no interrupt of a card waits
 * for long while its VMM has nothing else to do; and a guest does not sleep over frames that its card has
 * stored.
 */

import type { CardId, GuestId } from "../../base/ids.ts";
import { NS_PER_MS } from "../../base/units.ts";
import { arbiterAddress, cardOf, guestAddress, guestOf, nicAddress, roleOf } from "../../protocol/address.ts";
import { ownerOf } from "./ledger.ts";
import type { Incident, Oracle, Scene, Witness } from "./oracle.ts";

/** A VMM that attends to nothing for so long has lost the interrupt. */
const LOST_AFTER_NS = 5 * NS_PER_MS;

class Interrupts {
  readonly #scene: Scene;
  /** Since when the line of a card is high. */
  readonly #raised = new Map<CardId, Incident>();
  readonly #handoffs = new Map<CardId, Incident>();
  /** The interrupt line of each guest, as it was last told. */
  readonly #lines = new Map<GuestId, number>();
  /**
   * Frames that a card has stored for a guest, and its driver has not handed up; from the guest's first frame
   * on, for a driver that is being opened acknowledges whatever there is.
   */
  readonly #unread = new Map<GuestId, Incident[]>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly line = (card: CardId, level: number): void => {
    if (level === 0) this.#raised.delete(card);
    else if (!this.#raised.has(card))
      this.#raised.set(card, this.#scene.incident(`${this.#card(card)} raised its line`));
  };

  readonly stored = (card: CardId): void => {
    const owner = ownerOf(this.#scene, card);
    if (owner === undefined) return;
    const incident = this.#scene.incident(`${this.#card(card)} stored a frame for ${this.#guest(owner)}`);
    this.#unread.get(owner)?.push(incident);
  };

  /** A frame has crossed the border of the guest's kernel and its driver. */
  readonly passed = (guest: GuestId, direction: "in" | "out"): void => {
    const unread = this.#unread.get(guest);
    if (unread === undefined) this.#unread.set(guest, []);
    else if (direction === "in") unread.shift();
  };

  readonly injected = (card: CardId, guest: GuestId, level: number): void => {
    this.#lines.set(guest, level);
    if (level === 0) return;
    const owner = ownerOf(this.#scene, card);
    if (owner === undefined || owner === guest) return;
    const [name, holder] = [guest, owner].map((id) => this.#scene.nameOf(guestAddress(id)));
    this.#scene.accuse(
      `${name} is given an interrupt of ${this.#card(card)}, which is ${holder}'s`,
      this.#handoffs.get(card),
    );
  };

  readonly handedOver = (card: CardId, what: string, guest: GuestId): void => {
    if (what === "wedged") this.#unread.get(guest)?.splice(0);
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

  /** The guests were stopped: the card's owner may not have come to its interrupt, but it has been told of it. */
  readonly stopped = (card: CardId): void => {
    const owner = ownerOf(this.#scene, card);
    const isTold = owner !== undefined && this.#lines.get(owner) === 1;
    const underWay = this.#scene.run.engine.underWay(nicAddress(card), arbiterAddress(card));
    if (!isTold && underWay === 0 && this.#scene.struck("irq-late") === 0) this.look(card, true);
  };

  /** The run is over: whoever sleeps has nothing to read. */
  readonly over = (): void => {
    if (this.#scene.struck("irq-lost") > 0 || this.#scene.struck("irq-late") > 0) return;
    for (const { id, card } of this.#scene.run.scenario.guests) {
      const [first] = this.#unread.get(id) ?? [];
      if (first === undefined || this.#lines.get(id) === 1 || this.#isDead(card)) continue;
      // A driver that has lost its context may have its interrupts off, and not know.
      if (this.#scene.hasLostContext(id)) continue;
      const { stateName, software } = this.#scene.run.guests[id]?.snapshot() ?? {};
      if (stateName?.includes("halted") !== true || software?.driver?.overflows !== 0) continue;
      if (!this.#isSettled(card, id)) continue;
      this.#scene.accuse(`${this.#guest(id)} sleeps and is not told of a frame in its ring`, first);
    }
  };

  /** All that the card had to say to its VMM about the guest has been said. */
  #isSettled(card: CardId, guest: GuestId): boolean {
    const state = this.#scene.run.arbiters.actors[card]?.stateName;
    const owner = ownerOf(this.#scene, card);
    return owner !== guest || (state === "owned.watching" && !this.#raised.has(card));
  }

  #isDead(card: CardId): boolean {
    return this.#scene.run.deathOf(nicAddress(card)) !== undefined;
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
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
        if (message.type === "injectIrq") oracle.injected(cardOf(from), guestOf(to), message.level);
      },
      frame: ({ at, direction, outcome }) => {
        if (at.kind === "guest") oracle.passed(at.guest, direction);
        else if (outcome === "stored") oracle.stored(at.card);
      },
      ends: (move) => {
        if (!scene.run.engine.isTimed || move.kind !== "timer") return;
        if (roleOf(move.actor) === "arbiter") oracle.look(cardOf(move.actor), false);
      },
      handoff: (card, { what, guest }) => oracle.handedOver(card, what, guest),
      over: (ending) => {
        for (const { id } of scene.run.scenario.cards) {
          if (ending === "quiet") oracle.look(id, true);
          if (ending === "stopped") oracle.stopped(id);
        }
        oracle.over();
      },
    };
  },
};
