/** All actors of a scenario, for engines that run them on one thread. */
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, guestAddress, nicAddress, WIRE } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import { type BuiltArbiters, buildArbiters } from "./arbiter-worker.ts";
import { type BuiltGuest, buildGuest } from "./guest-worker.ts";
import type { HostLayout } from "./layout.ts";
import { type BuiltNic, buildNic } from "./nic-worker.ts";
import type { Taps } from "./taps.ts";
import { type BuiltWire, buildWire } from "./wire-worker.ts";

export interface Cast {
  readonly guests: readonly BuiltGuest[];
  readonly nics: readonly BuiltNic[];
  readonly arbiters: BuiltArbiters;
  readonly wire: BuiltWire;
}

/** `workloads`: by guest id, with their files loaded. */
export function buildCast(
  scenario: Scenario,
  layout: HostLayout,
  workloads: readonly Workload[],
  portsFor: (address: Address) => Ports,
  taps: Taps = {},
): Cast {
  return {
    guests: scenario.guests.map(({ id }) => {
      const ports = portsFor(guestAddress(id));
      return buildGuest({ scenario, layout, guest: id, workload: workloads[id] as Workload, ports, ...taps });
    }),
    nics: scenario.cards.map(({ id }) =>
      buildNic({ scenario, layout, card: id, ports: portsFor(nicAddress(id)), ...taps }),
    ),
    arbiters: buildArbiters(scenario, layout, portsFor, taps),
    wire: buildWire(scenario, portsFor(WIRE)),
  };
}

export const actorsOf = ({ guests, nics, arbiters, wire }: Cast): readonly Actor[] => [
  ...guests.map(({ actor }) => actor),
  ...nics.map(({ actor }) => actor),
  ...arbiters.actors,
  ...wire.actors,
];
