/**
 * Property 5, at the borders that a user can see. Out: what a kernel hands to its driver leaves the card once, unmodified
 * and in order. In: a driver hands up only frames for its own guest, each of which the card has stored while the guest
 * owned it, once and in order; what it leaves out it says itself that it has lost.
 */

import type { CardId } from "../../base/ids.ts";
import { type GuestId, guestId } from "../../base/ids.ts";
import type { CapturedFrame } from "../../engine/report.ts";
import { padFrame } from "../../ethernet/host.ts";
import { isMulticast, MAC_BYTES, macKey } from "../../ethernet/mac.ts";
import { guestAddress, nicAddress } from "../../protocol/address.ts";
import type { Guest } from "../../scenario/scenario.ts";
import { equalBytes, hexOf } from "./frame-text.ts";
import { hasFinished, isBare, ownerOf } from "./ledger.ts";
import type { Ending, Incident, Oracle, Scene, Witness } from "./oracle.ts";

interface Kept {
  readonly frame: Uint8Array;
  readonly incident: Incident;
}

/** The frames of one guest. */
interface Traffic {
  /** Handed to the driver, and not left yet. */
  readonly handed: Kept[];
  /** The one that has left last. */
  last: Kept | undefined;
  /** Stored by the card, and not handed up yet. */
  readonly stored: Kept[];
}

class Frames {
  readonly #scene: Scene;
  readonly #traffic: ReadonlyMap<GuestId, Traffic>;
  readonly #byMac: ReadonlyMap<number, GuestId>;
  readonly #tracksStored: boolean;

  constructor(scene: Scene) {
    this.#scene = scene;
    const { guests, mode } = scene.run.scenario;
    const kernels = guests.filter(({ workload }) => !isBare(workload.kind));
    this.#traffic = new Map(kernels.map(({ id }) => [id, { handed: [], last: undefined, stored: [] }]));
    this.#byMac = new Map(kernels.map(({ id, mac }) => [macKey(mac), id]));
    this.#tracksStored = mode === "vpio";
  }

  readonly frame = ({ at, direction, bytes, outcome }: CapturedFrame): void => {
    if (at.kind === "guest") {
      if (direction === "out") this.#hand(at.guest, bytes);
      else this.#arrives(at.guest, bytes);
    } else if (direction === "out") this.#leaves(at.card, bytes);
    else if (outcome === "stored") this.#store(at.card, bytes);
  };

  readonly over = (ending: Ending): void => {
    if (ending !== "complete") return;
    for (const [guest, { frame, incident }] of this.#unsent())
      this.#scene.accuse(`${this.#guest(guest)}'s frame never left: ${hexOf(frame)}`, incident);
  };

  /** In vnic a driver is done with a frame when its virtual card is: the VMM may still have it. */
  readonly awaits = (): boolean => this.#scene.run.scenario.mode === "vnic" && this.#unsent().length > 0;

  /** The oldest frame of each guest that should have left it. */
  #unsent(): readonly (readonly [GuestId, Kept])[] {
    // A driver that has missed an interrupt may wait for ever with what it has queued.
    if (this.#scene.struck("irq-lost") > 0) return [];
    return [...this.#traffic].flatMap(
      ([
        guest,
        {
          handed: [first],
        },
      ]) =>
        first === undefined || !hasFinished(this.#scene.run, guest) || this.#scene.hasLostContext(guest)
          ? []
          : [[guest, first] as const],
    );
  }

  #hand(guest: GuestId, bytes: Uint8Array): void {
    const incident = this.#scene.incident(`${this.#guest(guest)} handed the frame to its driver`);
    this.#traffic.get(guest)?.handed.push({ frame: padFrame(bytes), incident });
  }

  #leaves(card: CardId, bytes: Uint8Array): void {
    const guest = this.#replayerOf(card, bytes) ?? this.#byMac.get(macKey(bytes, MAC_BYTES));
    const traffic = guest === undefined ? undefined : this.#traffic.get(guest);
    if (guest === undefined || traffic === undefined) return this.#unknownSender(card, bytes);
    // A driver that has lost its context sends what is where its frames should be.
    if (this.#scene.hasLostContext(guest)) return;
    const { handed, last } = traffic;
    const at = handed.findIndex(({ frame }) => equalBytes(frame, bytes));
    if (at === 0) {
      traffic.last = handed.shift();
      return;
    }
    const [next] = handed;
    const sends = `${this.#card(card)} sends ${hexOf(bytes)} of ${this.#guest(guest)}`;
    if (at > 0) this.#scene.accuse(`${sends} before an earlier one`, next?.incident);
    else if (last !== undefined && equalBytes(last.frame, bytes))
      this.#scene.accuse(`${sends} again`, last.incident);
    else this.#scene.accuse(`${sends}, which it has not handed over so`, next?.incident);
  }

  /** Who has handed over a frame out of a capture, in which anybody may be the sender. */
  #replayerOf(card: CardId, bytes: Uint8Array): GuestId | undefined {
    return this.#guestsOf(card).find(
      ({ id, workload }) =>
        workload.kind === "replay" &&
        this.#traffic.get(id)?.handed.some(({ frame }) => equalBytes(frame, bytes)),
    )?.id;
  }

  #unknownSender(card: CardId, bytes: Uint8Array): void {
    const guests = this.#guestsOf(card);
    if (guests.some(({ workload }) => isBare(workload.kind))) return;
    // Where a driver's frames should be may be anything, zeros among them.
    if (guests.some(({ id }) => this.#scene.hasLostContext(id))) return;
    this.#scene.accuse(`${this.#card(card)} sends ${hexOf(bytes)}, of no guest of its own`);
  }

  #guestsOf(card: CardId): readonly Guest[] {
    return this.#scene.run.scenario.guests.filter((guest) => guest.card === card);
  }

  #store(card: CardId, bytes: Uint8Array): void {
    const owner = this.#tracksStored ? ownerOf(this.#scene, card) : undefined;
    const traffic = owner === undefined ? undefined : this.#traffic.get(owner);
    if (owner === undefined || traffic === undefined) return;
    const incident = this.#scene.incident(`${this.#card(card)} stored the frame for ${this.#guest(owner)}`);
    traffic.stored.push({ frame: bytes, incident });
  }

  #arrives(guest: GuestId, bytes: Uint8Array): void {
    const traffic = this.#traffic.get(guest);
    if (traffic === undefined) return;
    const mac = this.#scene.run.scenario.guests[guest]?.mac;
    if (!isMulticast(bytes) && mac !== undefined && macKey(bytes) !== macKey(mac))
      this.#scene.accuse(`${this.#guest(guest)} is given ${hexOf(bytes)}, which is for somebody else`);
    // A driver that has lost its context reads what it takes for its ring.
    if (!this.#tracksStored || this.#scene.hasLostContext(guest)) return;
    const at = traffic.stored.findIndex(({ frame }) => equalBytes(frame, bytes));
    const [next] = traffic.stored;
    if (at < 0)
      this.#scene.accuse(
        `${this.#guest(guest)} is given ${hexOf(bytes)}, which its card has not stored for it`,
      );
    else if (at > 0 && !this.#driverHasLost(guest))
      this.#scene.accuse(
        `${this.#guest(guest)} is given ${hexOf(bytes)} and not what came before it`,
        next?.incident,
      );
    traffic.stored.splice(0, at + 1);
  }

  /** Drivers recover from overflows and damaged rings by losing what is there, and count it. */
  #driverHasLost(guest: GuestId): boolean {
    const driver = this.#scene.run.guests[guest]?.snapshot().software?.driver;
    return driver === undefined || driver.overflows > 0 || driver.receiveErrors > 0;
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guestId(guest)));
  }

  #card(card: CardId): string {
    return this.#scene.nameOf(nicAddress(card));
  }
}

export const frames: Oracle = {
  name: "frames",
  property: 5,
  watch(scene): Witness {
    const oracle = new Frames(scene);
    return {
      frame: oracle.frame,
      over: oracle.over,
      awaits: oracle.awaits,
    };
  },
};
