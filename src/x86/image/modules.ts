/** Kernel modules: which ones the image has, and what they need. */
import { VpioError } from "../../base/errors.ts";
import { LINUX_DRIVERS } from "../../devices/device.ts";

/** A module by its name, without ".ko". */
export type Modules = ReadonlyMap<string, Uint8Array>;

const DEPENDS = "depends=";

/** The names in the "depends=" entry of a module's ".modinfo": strings that end with a zero. */
export function dependenciesOf(module: Uint8Array): readonly string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.length);
  const at = bytes.indexOf(`\0${DEPENDS}`);
  if (at < 0) return [];
  const start = at + 1 + DEPENDS.length;
  const names = bytes.toString("latin1", start, bytes.indexOf(0, start));
  return names === "" ? [] : names.split(",").map(nameOf);
}

/** The kernel takes both for the same. */
const nameOf = (name: string): string => name.replaceAll("_", "-");

/** The drivers of the cards with all that they need, among the modules that there are. */
export function driversAmong(modules: Modules): Modules {
  const wanted = new Map<string, Uint8Array>();
  const add = (name: string, neededBy: string): void => {
    if (wanted.has(name)) return;
    const module = modules.get(name);
    if (module === undefined)
      throw new VpioError(
        "GUEST_IMAGE",
        `the kernel's package has no module ${name}, which ${neededBy} needs`,
      );
    wanted.set(name, module);
    for (const dependency of dependenciesOf(module)) add(dependency, name);
  };
  for (const driver of LINUX_DRIVERS) add(driver, "the image");
  return new Map([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What modprobe reads: "8139too.ko: mii.ko". */
export function modulesDep(modules: Modules): string {
  const lines = [...modules].map(([name, module]) => {
    const needed = dependenciesOf(module).map((dependency) => ` ${dependency}.ko`);
    return `${name}.ko:${needed.join("")}\n`;
  });
  return lines.join("");
}
