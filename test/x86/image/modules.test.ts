/** Which modules an image has: the drivers, and what they say that they need. */
import { describe, expect, it } from "vitest";
import { dependenciesOf, driversAmong, modulesDep } from "../../../src/x86/image/modules.ts";

/** As much of a module as is looked at. */
const module = (depends: string): Uint8Array =>
  Buffer.from(`\x7fELF..license=GPL\0depends=${depends}\0retpoline=Y\0name=x\0`);

const MODULES = new Map([
  ["8139too", module("mii")],
  ["mii", module("")],
  ["8390", module("")],
  ["ne2k-pci", module("8390")],
  ["other", module("mii")],
]);

describe("modules", () => {
  it("say what they need", () => {
    expect(dependenciesOf(module("mii,crc_ccitt"))).toEqual(["mii", "crc-ccitt"]);
    expect(dependenciesOf(module(""))).toEqual([]);
    expect(dependenciesOf(Buffer.from("\x7fELF"))).toEqual([]);
  });

  it("of an image are the drivers with all that they need", () => {
    const drivers = driversAmong(MODULES);
    expect([...drivers.keys()]).toEqual(["8139too", "8390", "mii", "ne2k-pci"]);
    expect(modulesDep(drivers)).toBe("8139too.ko: mii.ko\n8390.ko:\nmii.ko:\nne2k-pci.ko: 8390.ko\n");
  });

  it("need what they need in turn", () => {
    const deep = new Map([...MODULES, ["8390", module("deeper")], ["deeper", module("")]]);
    expect([...driversAmong(deep).keys()]).toContain("deeper");
  });

  it("that are not there are named, with who needs them", () => {
    const without = new Map([...MODULES].filter(([name]) => name !== "mii"));
    expect(() => driversAmong(without)).toThrow("no module mii, which 8139too needs");
    expect(() => driversAmong(new Map())).toThrow("no module 8139too, which the image needs");
  });
});
