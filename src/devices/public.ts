/** What a card out of tree is made of: "vpio/device", as docs/plugins.md tells it. */

export type { Mac } from "../ethernet/mac.ts";
export * from "../hardware/cpu.ts";
export type { Innards, Inspectable } from "../hardware/inspection.ts";
export { littleEndian, putLittleEndian } from "../hardware/little-endian.ts";
export { GuestMemory } from "../hardware/memory.ts";
export type { PciIdentity } from "../hardware/pci.ts";
export type { ReceiveOutcome, Silicon, Slot } from "../hardware/silicon.ts";
export { Automaton } from "../machine/automaton.ts";
export type { Attack, AttackMachine, CardAttack, MakeAttack } from "./attack.ts";
export type { Device, Outside } from "./device.ts";
export { type DriverCounters, type DriverEnvironment, type NetDriver, newCounters } from "./driver.ts";
export { type Direction, HookedList } from "./hooked-list.ts";
export * from "./model.ts";
export { ne2000 } from "./ne2000/device.ts";
export type { MappedRegister, Paging, RegisterMap, RegisterPlace } from "./register-map.ts";
export { rtl8139 } from "./rtl8139/device.ts";
