/** All actors of a scenario, for engines that run them on one thread. */
import { invariant } from "../base/errors.ts";
import type { Devices } from "../devices/catalogue.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, guestAddress, nicAddress, WIRE } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type BuiltArbiters, buildArbiters } from "./arbiter-worker.ts";
import { type BuiltGuest, buildGuest } from "./guest-worker.ts";
import type { HostLayout } from "./layout.ts";
import type { Loaded } from "./loaded.ts";
import { type BuiltNic, buildNic } from "./nic-worker.ts";
import type { Taps } from "./taps.ts";
import { type BuiltWire, buildWire } from "./wire-worker.ts";

export interface Cast {
  readonly devices: Devices;
  readonly guests: readonly BuiltGuest[];
  readonly nics: readonly BuiltNic[];
  readonly arbiters: BuiltArbiters;
  readonly wire: BuiltWire;
}

export function buildCast(
  scenario: Scenario,
  layout: HostLayout,
  { workloads, devices }: Loaded,
  portsFor: (address: Address) => Ports,
  taps: Taps = {},
): Cast {
  return {
    devices,
    guests: scenario.guests.map(({ id }) => {
      const ports = portsFor(guestAddress(id));
      const workload = workloads[id];
      invariant(workload !== undefined, `guest ${id} has a workload`);
      return buildGuest({ scenario, devices, layout, guest: id, workload, ports, ...taps });
    }),
    nics: scenario.cards.map(({ id }) =>
      buildNic({ scenario, devices, layout, card: id, ports: portsFor(nicAddress(id)), ...taps }),
    ),
    arbiters: buildArbiters({ scenario, devices, layout, portsFor, ...taps }),
    wire: buildWire(scenario, portsFor(WIRE)),
  };
}

export const actorsOf = ({ guests, nics, arbiters, wire }: Cast): readonly Actor[] => [
  ...guests.map(({ actor }) => actor),
  ...nics.map(({ actor }) => actor),
  ...arbiters.actors,
  ...wire.actors,
];
