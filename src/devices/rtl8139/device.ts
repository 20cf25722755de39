/** The RTL8139's row of the catalogue. */
import type { BuiltInDevice } from "../device.ts";
import { rtl8139Attack } from "./attack.ts";
import { Rtl8139Driver } from "./driver.ts";
import { rtl8139Model } from "./model.ts";
import { rtl8139Outside } from "./outside.ts";
import { rtl8139Registers } from "./register-map.ts";
import { Rtl8139 } from "./silicon.ts";

export const rtl8139: BuiltInDevice = {
  description: "Realtek RTL8139: masters the bus, four transmit descriptors, one receive ring",
  linuxDriver: "8139too",
  pci: { vendor: 0x10ec, device: 0x8139, revision: 0x10, ioBytes: 256 },
  makeSilicon: (slot, mac) => new Rtl8139(slot, { mac }),
  makeDriver: (environment) => new Rtl8139Driver(environment),
  model: rtl8139Model,
  registerMap: rtl8139Registers,
  outside: rtl8139Outside,
  makeAttack: rtl8139Attack,
};
