/** Every card vpio knows: a new device is one folder beside this file and one row here. */
import type { PciIdentity } from "../hardware/pci.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import type { DriverEnvironment, NetDriver } from "./driver.ts";
import type { ModelDefinition } from "./model.ts";
import { Ne2000Driver } from "./ne2000/driver.ts";
import { ne2000Model } from "./ne2000/model.ts";
import { Ne2000 } from "./ne2000/silicon.ts";
import { Rtl8139Driver } from "./rtl8139/driver.ts";
import { rtl8139Model } from "./rtl8139/model.ts";
import { Rtl8139 } from "./rtl8139/silicon.ts";

export type CardKind = "rtl8139" | "ne2000";

export interface Device {
  readonly pci: PciIdentity;
  readonly makeSilicon: (slot: Slot, mac: Uint8Array) => Silicon;
  readonly makeDriver: (environment: DriverEnvironment) => NetDriver;
  readonly model: ModelDefinition;
}

export const DEVICES: Readonly<Record<CardKind, Device>> = {
  rtl8139: {
    pci: { vendor: 0x10ec, device: 0x8139, revision: 0x10, ioBytes: 256 },
    makeSilicon: (slot, mac) => new Rtl8139(slot, { mac }),
    makeDriver: (environment) => new Rtl8139Driver(environment),
    model: rtl8139Model,
  },
  ne2000: {
    pci: { vendor: 0x10ec, device: 0x8029, revision: 0, ioBytes: 256 },
    makeSilicon: (slot, mac) => new Ne2000(slot, { mac }),
    makeDriver: (environment) => new Ne2000Driver(environment),
    model: ne2000Model,
  },
};
