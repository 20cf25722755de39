/**
 * What sometimes happens, counted: a campaign in which none of it ever did has proven little. A witness like the oracles,
 * that accuses nobody.
 */
import type { CardId, GuestId } from "../base/ids.ts";
import { cardOf, guestOf } from "../protocol/address.ts";
import type { Scene, Witness } from "./oracles/oracle.ts";

export const SIGHTINGS = {
  handoffs: "the card went from one guest to another",
  midStream: "a handoff while the guest that lost the card had frames to send",
  blocked: "a guest without the card was blocked",
  fenced: "an operation was refused for its epoch",
  fencedOff: "an owner that did not answer a revoke was fenced off",
  watchdogs: "the watchdog took the card away",
  interrupts: "a guest was interrupted",
  received: "a frame reached a guest",
} as const;
export type Sighting = keyof typeof SIGHTINGS;
export type Sightings = Readonly<Record<Sighting, number>>;

export const noSightings = (): Record<Sighting, number> => ({
  handoffs: 0,
  midStream: 0,
  blocked: 0,
  fenced: 0,
  fencedOff: 0,
  watchdogs: 0,
  interrupts: 0,
  received: 0,
});

/** Adds what `scene` sees to `seen`. */
export function sightingsOf(scene: Scene, seen: Record<Sighting, number>): Witness {
  const last = new Map<CardId, GuestId>();
  const holders = new Map<CardId, GuestId>();
  /** Below the card's own ports an exit needs no card. */
  const portOf = (card: CardId): number => scene.run.scenario.cards[card]?.port ?? 0;
  const unsent = (guest: GuestId): boolean => {
    const software = scene.run.guests[guest]?.snapshot().software;
    return software?.workload.finished === false && software.workload.sentFrames > 0;
  };
  return {
    sent: (from, to, message) => {
      switch (message.type) {
        case "exit":
          if (message.port >= portOf(cardOf(to)) && holders.get(cardOf(to)) !== guestOf(from)) seen.blocked++;
          return;
        case "fenced":
          seen.fenced++;
          return;
        case "fence":
          if (message.epoch === 0 && message.drain === 0) seen.fencedOff++;
          return;
        case "injectIrq":
          seen.interrupts += message.level;
          return;
        default:
          return;
      }
    },
    handoff: (card, { what, guest }) => {
      if (what === "granted") {
        const before = last.get(card);
        if (before !== undefined && before !== guest) {
          seen.handoffs++;
          if (unsent(before)) seen.midStream++;
        }
        last.set(card, guest);
        holders.set(card, guest);
      } else holders.delete(card);
    },
    stopped: (_guest, { register }) => {
      if (register === "watchdog") seen.watchdogs++;
    },
    frame: ({ at, direction }) => {
      if (at.kind === "guest" && direction === "in") seen.received++;
    },
  };
}
