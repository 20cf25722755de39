/** A worker that cannot be built says why when it is asked, however late that is. */
import { Worker } from "node:worker_threads";
import { wrap } from "comlink";
import { expect, it } from "vitest";
import { uplinkId } from "../../src/base/ids.ts";
import type { WorkerBrief, WorkerControl } from "../../src/engine/control.ts";
import { nodeEndpoint } from "../../src/engine/endpoint.ts";
import { layOutHost } from "../../src/engine/layout.ts";
import { packageRoot } from "../../src/engine/root.ts";
import { wireUp } from "../../src/engine/wiring.ts";
import { ListeningPartner } from "../support/partner.ts";
import { scenarioOf } from "../support/seeded.ts";

it("a build that has failed long before anybody asks does not end the worker", async () => {
  const taken = await ListeningPartner.listen();
  const scenario = scenarioOf(`
name: taken
wire: { uplinks: [{ kind: qemu, name: lab, listen: "127.0.0.1:${taken.port}" }] }
cards: [{ name: rtl0, kind: rtl8139 }]
guests: [{ name: alice, workload: { kind: receive } }]
`);
  const workerData: WorkerBrief = {
    ...{ part: { kind: "uplink", uplink: uplinkId(0) }, scenario, plugins: [] },
    ...{ layout: layOutHost(scenario), wiring: wireUp(scenario) },
    ...{ capture: false, record: false, faults: undefined },
  };
  const worker = new Worker(`${packageRoot()}/dist/workers/uplink.js`, { workerData });
  try {
    const control = wrap<WorkerControl<unknown>>(nodeEndpoint(worker)) as unknown as WorkerControl<unknown>;
    // It answers, so it has begun to build; and the failure comes within the turns of its event loop between two answers.
    for (let asked = 0; asked < 50; asked++) await control.takeFrames();
    await expect(control.ready()).resolves.toMatchObject({ kind: "failed", code: "USAGE" });
  } finally {
    await worker.terminate();
    taken.close();
  }
});
