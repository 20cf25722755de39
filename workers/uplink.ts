/** An uplink's worker: one link to the outside, with its socket. */
import { workerData } from "node:worker_threads";
import { invariant } from "../src/base/errors.ts";
import type { WorkerBrief } from "../src/engine/control.ts";
import { buildUplink } from "../src/engine/uplink-worker.ts";
import { workerOf } from "../src/engine/wiring.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import { runBesideSockets } from "../src/engine/worker-loop.ts";
import { uplinkAddress } from "../src/protocol/address.ts";

const { part, scenario } = workerData as WorkerBrief;
invariant(part.kind === "uplink", "an uplink's worker gets an uplink");
const uplink = scenario.wire.uplinks[part.uplink];
invariant(uplink !== undefined, `there is an uplink ${part.uplink}`);
const address = uplinkAddress(part.uplink);

await hostWorker(
  workerOf(address),
  async ({ mailroom }) => {
    const { actor, begin, hush, end, snapshot } = await buildUplink(uplink, mailroom.portsFor(address));
    return { actors: [actor], begin, hush, end, snapshot };
  },
  runBesideSockets,
);
