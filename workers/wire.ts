/** The wire's worker: the Ethernet segment and its peers. */
import { buildWire } from "../src/engine/wire-worker.ts";
import { workerOf } from "../src/engine/wiring.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import { WIRE } from "../src/protocol/address.ts";

await hostWorker(workerOf(WIRE), async ({ brief: { scenario }, mailroom }) =>
  buildWire(scenario, mailroom.portsFor(WIRE)),
);
