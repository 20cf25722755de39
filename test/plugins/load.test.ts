/** What is in the file of a plug-in, and what is said when it is not what it should be. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { DEVICES, deviceOf } from "../../src/devices/catalogue.ts";
import { loadDevices } from "../../src/engine/loaded.ts";
import { loadScenario } from "../../src/scenario/load.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-plugins-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const TOY = 'import { rtl8139 } from "vpio/device";\n';

/** The cards of a scenario whose plug-in has that text. */
function load(text: string, workload = "{ kind: receive }") {
  writeFileSync(join(folder, "toy.ts"), text);
  const scenario = join(folder, "toys.yaml");
  writeFileSync(
    scenario,
    `name: toys
plugins: [{ card: toy, file: toy.ts }]
cards: [{ name: toy0, kind: toy }]
guests: [{ name: mallory, workload: ${workload} }]
`,
  );
  return loadDevices(loadScenario(scenario));
}

describe("a plug-in", () => {
  it("is the default export of its file, beside the cards that are built in", async () => {
    const devices = await load(`${TOY}export default { ...rtl8139, pci: { ...rtl8139.pci, device: 7 } };`);
    expect([...devices.keys()]).toEqual(["rtl8139", "ne2000", "toy"]);
    expect(deviceOf(devices, "toy").pci).toEqual({ ...DEVICES.rtl8139.pci, device: 7 });
    expect(deviceOf(devices, "rtl8139")).toBe(DEVICES.rtl8139);
  });

  it("may have more files than one", async () => {
    writeFileSync(join(folder, "identity.ts"), "export const device: number = 9;");
    const devices = await load(
      `${TOY}import { device } from "./identity.ts";\nexport default { ...rtl8139, pci: { ...rtl8139.pci, device } };`,
    );
    expect(deviceOf(devices, "toy").pci.device).toBe(9);
  });

  it("may have what its class has inherited", async () => {
    const devices = await load(
      `${TOY}class Row {}\nObject.assign(Row.prototype, rtl8139);\nexport default new Row();`,
    );
    expect(deviceOf(devices, "toy").pci).toEqual(DEVICES.rtl8139.pci);
  });

  it("is not what another scenario finds under that name", async () => {
    await load(`${TOY}export default rtl8139;`);
    const devices = await loadDevices(loadScenario("scenarios/two-tenants.yaml"));
    expect([...devices.keys()]).toEqual(["rtl8139", "ne2000"]);
    expect(() => deviceOf(devices, "toy")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });
});

const REFUSED: readonly (readonly [what: string, text: string, message: string])[] = [
  [
    "has no default export",
    "export const card = 1;",
    "found no default export, expected a card: a Device of vpio/device",
  ],
  [
    "exports a function",
    "export default function* () {}",
    "found a function as default export, expected a card: a Device of vpio/device",
  ],
  ["has no identity", "export default {};", "found no pci.vendor, expected a whole number up to 0xfffe"],
  [
    "has an identity in letters",
    `${TOY}export default { ...rtl8139, pci: { ...rtl8139.pci, vendor: "dlink" } };`,
    'found "dlink" as pci.vendor, expected a whole number up to 0xfffe',
  ],
  [
    "has a window too large",
    `${TOY}export default { ...rtl8139, pci: { ...rtl8139.pci, ioBytes: 512 } };`,
    "found 512 as pci.ioBytes, expected a power of two from 4 to 256",
  ],
  [
    "has no card",
    `${TOY}export default { ...rtl8139, makeSilicon: undefined };`,
    "found no makeSilicon, expected a function",
  ],
  [
    "has half a model",
    `${TOY}export default { ...rtl8139, model: { ...rtl8139.model, initModel: [] } };`,
    "found a list as model.initModel, expected a function",
  ],
  [
    "cannot be looked at",
    `${TOY}export default { ...rtl8139, outside: undefined };`,
    "found no outside.busyWith, expected a function",
  ],
  [
    "has an attack that is none",
    `${TOY}export default { ...rtl8139, makeAttack: "all" };`,
    'found "all" as makeAttack, expected a function, or none',
  ],
  ["fails when it is loaded", 'throw new Error("no such toy");', "no such toy"],
  ["does not parse", "export default {", "toy.ts:1:17: Expected identifier but found end of file"],
  ["needs what is not there", '\nimport "./gone.ts";', 'toy.ts:2:8: Could not resolve "./gone.ts"'],
  ["needs the machine it runs on", 'import "node:fs";', 'toy.ts:1:8: Could not resolve "node:fs"'],
];

describe("a plug-in is refused that", () => {
  it.each(REFUSED)("%s", async (_, text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: "PLUGIN",
      exitCode: EXIT.usage,
      message: message.startsWith("toy.ts:") ? message : `toy.ts: ${message}`,
    });
  });

  it("has no attacks, when a guest is to attack with it", async () => {
    const text = `${TOY}export default { ...rtl8139, makeAttack: undefined };`;
    await expect(load(text, "{ kind: hostile, attack: never-idle }")).rejects.toMatchObject({
      code: "PLUGIN",
      message: "toy.ts: found no makeAttack, expected one, for mallory's attack never-idle",
    });
    await expect(load(text, "{ kind: hostile, attack: touch-unheld }")).resolves.toBeDefined();
  });
});
