/** The VMM's worker: the arbiters of all cards. */
import { buildArbiters } from "../src/engine/arbiter-worker.ts";
import { devicesOf } from "../src/engine/plugin-device.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import type { Address } from "../src/protocol/address.ts";

await hostWorker("arbiter", async ({ brief: { scenario, layout, plugins }, mailroom }) => {
  const portsFor = (address: Address) => mailroom.portsFor(address);
  return buildArbiters({ scenario, devices: devicesOf(plugins), layout, portsFor });
});
