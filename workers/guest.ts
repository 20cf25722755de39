/** A guest's worker: one virtual machine. */
import { workerData } from "node:worker_threads";
import { invariant } from "../src/base/errors.ts";
import type { WorkerBrief } from "../src/engine/control.ts";
import { buildGuest } from "../src/engine/guest-worker.ts";
import { buildLinuxGuest } from "../src/engine/linux-guest.ts";
import { devicesOf } from "../src/engine/plugin-device.ts";
import { workerOf } from "../src/engine/wiring.ts";
import { hostWorker } from "../src/engine/worker-host.ts";
import { loadWorkload } from "../src/engine/workload-files.ts";
import { guestAddress } from "../src/protocol/address.ts";

const { part } = workerData as WorkerBrief;
invariant(part.kind === "guest", "a guest's worker gets a guest");
const { guest } = part;
const address = guestAddress(guest);

await hostWorker(
  workerOf(address),
  async ({ brief: { scenario, layout, plugins }, mailroom, onFrame, onConsole }) => {
    const devices = devicesOf(plugins);
    const choice = scenario.guests[guest]?.workload;
    const ports = mailroom.portsFor(address);
    const begin = (): void => undefined;
    if (choice?.kind === "linux") {
      const attend = (): void => {
        if (!mailroom.deliver()) mailroom.wait();
      };
      const linux = await buildLinuxGuest({
        scenario,
        devices,
        layout,
        guest,
        workload: choice,
        ports,
        attend,
        onConsole,
      });
      return { ...linux, actors: [linux.actor], begin };
    }
    const workload = await loadWorkload(choice);
    const { actor, snapshot } = buildGuest({ scenario, devices, layout, guest, workload, ports, onFrame });
    return { actors: [actor], begin, snapshot };
  },
);
