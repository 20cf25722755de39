/**
 * A card that the guest has for itself, without a VMM: it gets the same accesses, and the same happens to it.
 */
import type { Access } from "../../devices/model.ts";
import { HostMemory } from "../../hardware/memory.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import { CheckSlot, type Clock } from "./slot.ts";
import type { CardInSight, Specimen } from "./specimen.ts";

/** What happens to a card beside accesses. */
export type CardEvent =
  | { readonly kind: "frame"; readonly frame: Uint8Array }
  | { readonly kind: "sent" }
  /** The clock, which is not the card's, has gone on. */
  | { readonly kind: "pass" };

export type CardDeed = { readonly kind: "access"; readonly access: Access } | CardEvent;

/** A read's value, or what became of a frame; nothing to tell of other deeds. */
export type DeedResult = number | ReceiveOutcome | undefined;

export class PrivateCard {
  readonly card: CardInSight;
  readonly slot: CheckSlot;
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly #specimen: Specimen;
  readonly #clock: Clock;
  readonly #mac: Uint8Array;
  readonly #past: { readonly deed: CardDeed; readonly atNs: number }[] = [];

  constructor(specimen: Specimen, mac: Uint8Array, clock: Clock) {
    this.#specimen = specimen;
    this.#clock = clock;
    this.#mac = mac;
    this.memory = new Uint8Array(specimen.guestBytes);
    this.slot = new CheckSlot(new HostMemory(this.memory.buffer), clock);
    this.card = specimen.insert(this.slot, mac);
  }

  do(deed: CardDeed): DeedResult {
    this.#past.push({ deed, atNs: this.#clock.nowNs });
    const { silicon } = this.card;
    switch (deed.kind) {
      case "access": {
        const { port, width, direction, value } = deed.access;
        const answer = direction === "read" ? silicon.readPort(port, width) : undefined;
        if (direction === "write") silicon.writePort(port, width, value);
        this.card.note(deed.access);
        return answer;
      }
      case "frame":
        return silicon.receive(deed.frame);
      case "sent":
        return void (this.slot.phyBusy && this.slot.leave(silicon));
      case "pass":
        return void this.slot.expire(silicon);
    }
  }

  /** Another card with the same past. */
  again(): PrivateCard {
    const { nowNs } = this.#clock;
    this.#clock.nowNs = 0;
    const other = new PrivateCard(this.#specimen, this.#mac, this.#clock);
    for (const { deed, atNs } of this.#past) {
      this.#clock.nowNs = atNs;
      other.do(deed);
    }
    this.#clock.nowNs = nowNs;
    other.slot.takeSent();
    return other;
  }

  /** All that its future depends on. */
  inspect(): unknown {
    const { line, phyBusy, wakeNs } = this.slot;
    return [this.card.silicon.inspect(), line, phyBusy, wakeNs, this.card.halfProgrammed];
  }
}
