/** A guest's worker: one virtual machine. */
import { workerData } from "node:worker_threads";
import { invariant } from "../src/base/errors.ts";
import type { WorkerBrief } from "../src/engine/control.ts";
import { buildGuest } from "../src/engine/guest-worker.ts";
import { workerOf } from "../src/engine/wiring.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import { loadWorkload } from "../src/engine/workload-files.ts";
import { guestAddress } from "../src/protocol/address.ts";

const { part } = workerData as WorkerBrief;
invariant(part.kind === "guest", "a guest's worker gets a guest");
const address = guestAddress(part.guest);

await hostWorker(workerOf(address), async ({ brief: { scenario, layout }, mailroom, onFrame }) => {
  const workload = await loadWorkload(scenario.guests[part.guest]?.workload);
  const ports = mailroom.portsFor(address);
  const guest = buildGuest({ scenario, layout, guest: part.guest, workload, ports, onFrame });
  return { actors: [guest.actor], begin: () => undefined, snapshot: () => guest.snapshot() };
});
