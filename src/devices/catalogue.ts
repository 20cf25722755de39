/** Every card vpio knows: a new device is one folder beside this file and one row here. */
import { VpioError } from "../base/errors.ts";
import type { BuiltInDevice, CardKind, Device } from "./device.ts";
import { ne2000 } from "./ne2000/device.ts";
import { rtl8139 } from "./rtl8139/device.ts";

export const DEVICES = { rtl8139, ne2000 } as const satisfies Readonly<Record<CardKind, BuiltInDevice>>;

export type BuiltInKind = keyof typeof DEVICES;
export const BUILT_IN_KINDS = Object.keys(DEVICES) as [BuiltInKind, ...BuiltInKind[]];

export const isBuiltIn = (kind: CardKind): kind is BuiltInKind => Object.hasOwn(DEVICES, kind);

/** Undefined: the card is a plug-in's. */
export const builtIn = (kind: CardKind): BuiltInDevice | undefined =>
  isBuiltIn(kind) ? DEVICES[kind] : undefined;

/** The cards that a run can have: those of the catalogue, and what its scenario plugs in. */
export type Devices = ReadonlyMap<CardKind, Device>;

export const BUILT_IN: Devices = new Map<CardKind, Device>(Object.entries(DEVICES));

/** Throws when nobody has loaded the plug-in that the card is of. */
export function deviceOf(devices: Devices, kind: CardKind): Device {
  const device = devices.get(kind);
  if (device === undefined)
    throw new VpioError("INTERNAL", `the plug-in with the card ${kind} is not loaded`);
  return device;
}
