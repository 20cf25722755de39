/** From the code of a plug-in to its card; and what must be in it. */
import { runInThisContext } from "node:vm";
import { VpioError } from "../base/errors.ts";
import { BUILT_IN, type Devices } from "../devices/catalogue.ts";
import type { CardKind, Device } from "../devices/device.ts";

/** A plug-in as it goes from thread to thread. */
export interface PluginCode {
  readonly kind: CardKind;
  /** As the scenario names it. */
  readonly file: string;
  /** A CommonJS module without imports. */
  readonly code: string;
}

/** The cards that are built in, and those of the plug-ins. Throws a PLUGIN error when one holds no card. */
export const devicesOf = (plugins: readonly PluginCode[]): Devices =>
  new Map([...BUILT_IN, ...plugins.map((plugin) => [plugin.kind, deviceIn(plugin)] as const)]);

function deviceIn(plugin: PluginCode): Device {
  const device = defaultExportOf(plugin);
  const wrong = problemOf(device);
  if (wrong !== undefined) throw new VpioError("PLUGIN", `${plugin.file}: ${wrong}`);
  return device as Device;
}

function defaultExportOf({ file, code }: PluginCode): unknown {
  const module: { exports: { readonly default?: unknown } } = { exports: {} };
  try {
    const run = runInThisContext(`(function (module, exports) {${code}\n})`, { filename: file });
    run(module, module.exports);
  } catch (error) {
    throw new VpioError("PLUGIN", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return module.exports.default;
}

interface Part {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}

const isWhole = (value: unknown, high: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= high;

const ID: Part = { what: "a whole number up to 0xfffe", holds: (value) => isWhole(value, 0xfffe) };
const BYTE: Part = { what: "a whole number up to 0xff", holds: (value) => isWhole(value, 0xff) };
const WINDOW: Part = {
  what: "a power of two from 4 to 256",
  holds: (value) => [4, 8, 16, 32, 64, 128, 256].some((bytes) => bytes === value),
};
const METHOD: Part = { what: "a function", holds: (value) => typeof value === "function" };
const LIST: Part = { what: "a list", holds: Array.isArray };
const OBJECT: Part = { what: "an object", holds: (value) => typeof value === "object" && value !== null };

/** What can be seen of a `Device` without running it. */
const PARTS: Readonly<Record<string, Part>> = {
  "pci.vendor": ID,
  "pci.device": ID,
  "pci.revision": BYTE,
  "pci.ioBytes": WINDOW,
  makeSilicon: METHOD,
  makeDriver: METHOD,
  "model.automaton": OBJECT,
  "model.context": LIST,
  "model.registerAt": METHOD,
  "model.registerName": METHOD,
  "model.initModel": METHOD,
  "model.resetCard": METHOD,
  "registerMap.registers": LIST,
  "outside.busyWith": METHOD,
  "outside.stableBits": METHOD,
  "outside.passing": LIST,
};

/** What of it is not as it should be: found and expected. */
function problemOf(device: unknown): string | undefined {
  const expected = "expected a card: a Device of vpio/device";
  if (device === undefined) return `found no default export, ${expected}`;
  if (!OBJECT.holds(device)) return `found ${shown(device)} as default export, ${expected}`;
  for (const [path, { what, holds }] of Object.entries(PARTS)) {
    const value = partOf(device, path);
    if (holds(value)) continue;
    return value === undefined
      ? `found no ${path}, expected ${what}`
      : `found ${shown(value)} as ${path}, expected ${what}`;
  }
  const attack = partOf(device, "makeAttack");
  if (attack === undefined || METHOD.holds(attack)) return undefined;
  return `found ${shown(attack)} as makeAttack, expected a function, or none`;
}

/** Own or inherited; undefined when there is nothing at the end of `path`. */
const partOf = (device: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((whole, key) => (whole as Readonly<Record<string, unknown>> | undefined)?.[key], device);

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}
