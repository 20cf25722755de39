/** Builds the VMM's side of every card: by mode the arbiter, the passthrough VMM, or the virtual cards. */
import { ArbiterActor } from "../../actors/arbiter-body.ts";
import type { ArbiterReport } from "../../actors/arbiter-options.ts";
import { PassthroughActor } from "../../actors/passthrough-body.ts";
import type { VmmGuest, VmmOptions } from "../../actors/vmm.ts";
import { VnicActor } from "../../actors/vnic-body.ts";
import { invariant } from "../base/errors.ts";
import type { CardId } from "../base/ids.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import type { Device } from "../devices/device.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, arbiterAddress } from "../protocol/address.ts";
import type { Card, Scenario } from "../scenario/scenario.ts";
import { makePolicy } from "../vpio/policies/catalogue.ts";
import { guestMemoryOf, type HostLayout, noteWriteOf, scratchOf } from "./layout.ts";
import type { Taps } from "./taps.ts";

/** The VMM's report of each card, by card id. */
export type ArbiterSnapshot = ReadonlyMap<CardId, ArbiterReport>;

/** What all modes' actors have in common. */
interface VmmActor extends Actor {
  start(): void;
  /** `nowNs`: the time up to which ownership is counted. */
  report(nowNs: number): ArbiterReport;
}

export interface BuiltArbiters {
  readonly actors: readonly VmmActor[];
  begin(): void;
  snapshot(nowNs: number): ArbiterSnapshot;
}

export interface ArbiterParts extends Pick<Taps, "onHandoff" | "onViolation"> {
  readonly scenario: Scenario;
  readonly devices: Devices;
  readonly layout: HostLayout;
  readonly portsFor: (address: Address) => Ports;
}

export function buildArbiters(parts: ArbiterParts): BuiltArbiters {
  const { scenario, devices } = parts;
  const actors = scenario.cards.map((card) => {
    const device = deviceOf(devices, card.kind);
    return makeActor(scenario, card, device, vmmOptions(parts, card, device));
  });
  return {
    actors,
    begin: () => {
      for (const actor of actors) actor.start();
    },
    snapshot: (nowNs) =>
      new Map(scenario.cards.map(({ id }, i) => [id, (actors[i] as VmmActor).report(nowNs)])),
  };
}

function makeActor(
  scenario: Scenario,
  card: Card,
  { model, makeSilicon, makeDriver }: Device,
  options: VmmOptions,
): VmmActor {
  switch (scenario.mode) {
    case "passthrough":
      return new PassthroughActor({ ...options, model, owner: card.owner });
    case "vnic":
      return new VnicActor({ ...options, model, makeSilicon, makeDriver });
    case "vpio": {
      const { receive, watchdogNs, revokeNs } = card;
      return new ArbiterActor({
        ...options,
        model,
        policy: makePolicy(card.policy),
        receive,
        watchdogNs,
        revokeNs,
      });
    }
  }
}

function vmmOptions(
  { scenario, layout, portsFor, onHandoff, onViolation }: ArbiterParts,
  card: Card,
  { pci }: Device,
): VmmOptions {
  const guests = scenario.guests
    .filter((guest) => guest.card === card.id)
    .map(({ id, name, mac, weight }): VmmGuest => {
      const slab = layout.guests[id];
      invariant(slab !== undefined, `guest ${id} has a slab`);
      const memory = guestMemoryOf(layout, id);
      return { id, name, mac, weight, slab, memory, noteWrite: noteWriteOf(layout, id) };
    });
  return {
    card: card.id,
    cardName: card.name,
    ioBase: card.port,
    irq: card.irq,
    pci,
    guests,
    scratch: scratchOf(layout, card.id),
    failure: card.failure,
    ports: portsFor(arbiterAddress(card.id)),
    ...(onViolation !== undefined && { onViolation }),
    ...(onHandoff !== undefined && { onHandoff: (record) => onHandoff(card.id, record) }),
  };
}
