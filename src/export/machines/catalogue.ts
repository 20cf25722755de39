/** Every statechart of vpio, by the name under which `vpio export` knows it: a new one is one row. */
import type { AnyStateMachine } from "xstate";
import { arbiterMachine } from "../../../actors/arbiter.ts";
import { guestMachine } from "../../../actors/guest.ts";
import { linuxMachine } from "../../../actors/linux.ts";
import { nicMachine } from "../../../actors/nic.ts";
import { passthroughMachine } from "../../../actors/passthrough.ts";
import { uplinkMachine } from "../../../actors/uplink.ts";
import { vnicMachine } from "../../../actors/vnic.ts";
import { lineMachine } from "../../../actors/wire.ts";
import { ne2000Machine } from "../../devices/ne2000/statechart.ts";
import { rtl8139Machine } from "../../devices/rtl8139/statechart.ts";

export const MACHINE_NAMES = [
  ...(["guest", "linux", "nic", "arbiter", "wire", "uplink", "passthrough", "vnic"] as const),
  ...(["rtl8139", "ne2000"] as const),
];
export type MachineName = (typeof MACHINE_NAMES)[number];

export interface CatalogueRow {
  readonly machine: AnyStateMachine;
  readonly kind: "actor" | "device model";
  readonly what: string;
}

export const MACHINES: Readonly<Record<MachineName, CatalogueRow>> = {
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
  rtl8139: { machine: rtl8139Machine, kind: "device model", what: "what the DMM knows of an RTL8139" },
  ne2000: { machine: ne2000Machine, kind: "device model", what: "what the DMM knows of an NE2000" },
};

export const isMachineName = (name: string): name is MachineName =>
  MACHINE_NAMES.some((known) => known === name);
