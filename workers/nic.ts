/** A NIC's worker: one card. */
import { workerData } from "node:worker_threads";
import { invariant } from "../src/base/errors.ts";
import type { WorkerBrief } from "../src/engine/control.ts";
import { buildNic } from "../src/engine/nic-worker.ts";
import { devicesOf } from "../src/engine/plugin-device.ts";
import { workerOf } from "../src/engine/wiring.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import { nicAddress } from "../src/protocol/address.ts";

const { part } = workerData as WorkerBrief;
invariant(part.kind === "nic", "a NIC's worker gets a card");
const address = nicAddress(part.card);

await hostWorker(workerOf(address), async ({ brief: { scenario, layout, plugins }, mailroom, onFrame }) => {
  const devices = devicesOf(plugins);
  const ports = mailroom.portsFor(address);
  const nic = buildNic({ scenario, devices, layout, card: part.card, ports, onFrame });
  return { actors: [nic.actor], begin: () => undefined, snapshot: () => nic.snapshot() };
});
