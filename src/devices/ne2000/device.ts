/** The NE2000's row of the catalogue. */
import type { BuiltInDevice } from "../device.ts";
import { ne2000Attack } from "./attack.ts";
import { Ne2000Driver } from "./driver.ts";
import { ne2000Model } from "./model.ts";
import { ne2000Outside } from "./outside.ts";
import { ne2000Registers } from "./register-map.ts";
import { Ne2000 } from "./silicon.ts";

export const ne2000: BuiltInDevice = {
  description: "Realtek RTL8029AS, an NE2000: frames go through its data port",
  linuxDriver: "ne2k-pci",
  // The DP8390 of an NE2000 is a controller for Ethernet of 10 Mbit/s.
  linkBitsPerS: 10_000_000,
  pci: { vendor: 0x10ec, device: 0x8029, revision: 0, ioBytes: 256 },
  makeSilicon: (slot, mac) => new Ne2000(slot, { mac }),
  makeDriver: (environment) => new Ne2000Driver(environment),
  model: ne2000Model,
  registerMap: ne2000Registers,
  outside: ne2000Outside,
  makeAttack: ne2000Attack,
};
