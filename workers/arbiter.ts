/** The VMM's worker: the arbiters of all cards. */
import { buildArbiters } from "../src/engine/arbiter-worker.ts";
import { hostWorker } from "../src/engine/worker-host.ts";

await hostWorker("arbiter", async ({ brief: { scenario, layout }, mailroom }) =>
  buildArbiters(scenario, layout, (address) => mailroom.portsFor(address)),
);
