/** Every statechart of vpio, by the name under which `vpio export` knows it: a new actor is one row here, a new card has its own. */
import type { AnyStateMachine } from "xstate";
import { arbiterMachine } from "../../../actors/arbiter.ts";
import { guestMachine } from "../../../actors/guest.ts";
import { linuxMachine } from "../../../actors/linux.ts";
import { nicMachine } from "../../../actors/nic.ts";
import { passthroughMachine } from "../../../actors/passthrough.ts";
import { uplinkMachine } from "../../../actors/uplink.ts";
import { vnicMachine } from "../../../actors/vnic.ts";
import { lineMachine } from "../../../actors/wire.ts";
import { BUILT_IN_KINDS, type BuiltInKind, DEVICES } from "../../devices/catalogue.ts";

const ACTOR_NAMES = ["guest", "linux", "nic", "arbiter", "wire", "uplink", "passthrough", "vnic"] as const;
type ActorName = (typeof ACTOR_NAMES)[number];

export const MACHINE_NAMES = [...ACTOR_NAMES, ...BUILT_IN_KINDS];
export type MachineName = ActorName | BuiltInKind;

export interface CatalogueRow {
  readonly machine: AnyStateMachine;
  readonly kind: "actor" | "device model";
  readonly what: string;
}

const ACTORS: Readonly<Record<ActorName, CatalogueRow>> = {
  guest: { machine: guestMachine, kind: "actor", what: "a guest VM: its processor and its hold on the card" },
  linux: { machine: linuxMachine, kind: "actor", what: "a guest that runs Linux: how far it has come" },
  nic: { machine: nicMachine, kind: "actor", what: "a card: the fence before the silicon, and the PHY" },
  arbiter: { machine: arbiterMachine, kind: "actor", what: "mode vpio: the handoff protocol of one card" },
  wire: { machine: lineMachine, kind: "actor", what: "one direction of one link of the segment" },
  uplink: { machine: uplinkMachine, kind: "actor", what: "a link from the segment to the outside" },
  passthrough: {
    machine: passthroughMachine,
    kind: "actor",
    what: "mode passthrough: one guest has the card",
  },
  vnic: { machine: vnicMachine, kind: "actor", what: "mode vnic: the VMM's own driver has the card" },
};

const modelOf = (kind: BuiltInKind): CatalogueRow => ({
  machine: DEVICES[kind].model.automaton.machine,
  kind: "device model",
  what: `what the DMM knows of an ${kind.toUpperCase()}`,
});

export const MACHINES: Readonly<Record<MachineName, CatalogueRow>> = {
  ...ACTORS,
  ...(Object.fromEntries(BUILT_IN_KINDS.map((kind) => [kind, modelOf(kind)])) as Record<
    BuiltInKind,
    CatalogueRow
  >),
};

export const isMachineName = (name: string): name is MachineName =>
  MACHINE_NAMES.some((known) => known === name);
