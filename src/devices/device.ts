/** All that vpio must know of a kind of card: what each row of the catalogue holds, and what a plug-in exports. */

import type { Width } from "../hardware/cpu.ts";
import type { PciIdentity } from "../hardware/pci.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import type { MakeAttack } from "./attack.ts";
import type { DriverEnvironment, NetDriver } from "./driver.ts";
import type { ModelDefinition } from "./model.ts";
import type { RegisterMap } from "./register-map.ts";

/** What a scenario calls it: a name of the catalogue, or one that its `plugins` declare. */
export type CardKind = string;

/** Drivers of the Linux kernel, each for the card that it knows. */
export const LINUX_DRIVERS = ["8139too", "ne2k-pci"] as const;
export type LinuxDriver = (typeof LINUX_DRIVERS)[number];

export interface Device {
  readonly pci: PciIdentity;
  /** The card itself; `mac`: the address in its EEPROM or PROM. */
  readonly makeSilicon: (slot: Slot, mac: Uint8Array) => Silicon;
  /** A kernel's driver for it. */
  readonly makeDriver: (environment: DriverEnvironment) => NetDriver;
  /** What the DMM knows of it. */
  readonly model: ModelDefinition;
  /** Names for its ports, in traces. */
  readonly registerMap: RegisterMap;
  /** What can be told of the card by looking at it. */
  readonly outside: Outside;
  /** How a hostile guest makes it reach beyond its memory, or never come to rest. Undefined: nobody knows. */
  readonly makeAttack?: MakeAttack;
}

/** A card of the catalogue's own says also what a scenario must know before anything runs. */
export interface BuiltInDevice extends Device {
  /** What it is, in a line. */
  readonly description: string;
  /** The rate of its link, where it has one only: whatever the wire's. */
  readonly linkBitsPerS?: number;
  /** What Linux drives it with. Undefined: nothing that is known here. */
  readonly linuxDriver?: LinuxDriver;
}

/**
 * What somebody who looks at the card itself can tell: by registers whose reading changes nothing, and without asking its
 * model. The judges of `vpio stress` hold the VMM to it.
 */
export interface Outside {
  /** What keeps the card from being reusable; undefined when nothing does. */
  busyWith(silicon: Silicon): string | undefined;
  /**
   * Of a read at `offset`, the bits that follow from what the guest itself has done: neither frames nor time change them.
   * They must read as on a card of the guest's own.
   */
  stableBits(silicon: Silicon, offset: number, width: Width): number;
  /** Registers that guests read from the card itself whatever the model serves, and that stay as they are. */
  readonly passing: readonly { readonly offset: number; readonly bytes: Width }[];
}
