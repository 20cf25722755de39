/** What a scenario names by file, brought in before anything is built. */
import { VpioError } from "../base/errors.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import { bundlePlugins } from "./plugin-bundle.ts";
import { devicesOf } from "./plugin-device.ts";
import { loadWorkload } from "./workload-files.ts";

export interface Loaded {
  /** Of each guest, by id. */
  readonly workloads: readonly Workload[];
  readonly devices: Devices;
}

/** `devices`: when they have been loaded before. Throws CAPTURE, PROGRAM and PLUGIN errors that name the file. */
export async function loadFilesOf(scenario: Scenario, devices?: Devices): Promise<Loaded> {
  return {
    devices: devices ?? (await loadDevices(scenario)),
    workloads: await Promise.all(scenario.guests.map(({ workload }) => loadWorkload(workload))),
  };
}

/** Throws a PLUGIN error when a file holds no card, or not the card that the scenario wants. */
export async function loadDevices(scenario: Scenario): Promise<Devices> {
  const devices = devicesOf(await bundlePlugins(scenario.plugins));
  checkDevices(scenario, devices);
  return devices;
}

/** Throws a PLUGIN error when a guest attacks with a card that has no attacks. */
export function checkDevices({ guests, cards, plugins }: Scenario, devices: Devices): void {
  for (const { name, workload, card } of guests) {
    if (workload.kind !== "hostile" || workload.attack === "touch-unheld") continue;
    const kind = cards[card]?.kind;
    if (kind === undefined || deviceOf(devices, kind).makeAttack !== undefined) continue;
    const file = plugins.find((plugin) => plugin.kind === kind)?.file ?? kind;
    throw new VpioError(
      "PLUGIN",
      `${file}: found no makeAttack, expected one, for ${name}'s attack ${workload.attack}`,
    );
  }
}
