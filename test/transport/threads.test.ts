/** The transport between two real threads. Each test ends by count; a peer that waits too long fails by itself. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { createDoorbell } from "../../src/transport/doorbell.ts";
import { createRing } from "../../src/transport/ring.ts";
import type { WaitLimits } from "../../src/transport/wait.ts";
import type { PeerJob, PeerReport } from "./peer.worker.ts";

let bundle = "";

beforeAll(async () => {
  const built = await build({
    entryPoints: [new URL("./peer.worker.ts", import.meta.url).pathname],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
  });
  bundle = built.outputFiles[0]?.text ?? "";
});

async function runPeer(job: PeerJob): Promise<PeerReport> {
  const worker = new Worker(bundle, { eval: true, workerData: job });
  const [report] = (await once(worker, "message")) as [PeerReport];
  return report;
}

interface Match {
  readonly roles: readonly [PeerJob["role"], PeerJob["role"]];
  readonly count: number;
  readonly cells: number;
  readonly limits: Partial<WaitLimits>;
}

/** Two workers, a ring each way. */
async function play({ roles, count, cells, limits }: Match): Promise<readonly PeerReport[]> {
  const [there, back] = [createRing({ cells, cellBytes: 64 }), createRing({ cells, cellBytes: 64 })];
  const [one, two] = [createDoorbell(), createDoorbell()];
  const common = { count, limits };
  return Promise.all([
    runPeer({ ...common, role: roles[0], seed: 1, incoming: back, outgoing: there, own: one, peer: two }),
    runPeer({ ...common, role: roles[1], seed: 2, incoming: there, outgoing: back, own: two, peer: one }),
  ]);
}

/** Never spin, and sleep so long that a lost wake-up cannot hide behind the next timeout. */
const SLEEP_ONLY: Partial<WaitLimits> = { capSpins: 0, maxSleepNs: 20e9 };

describe("two threads", () => {
  it("exchange 200,000 cells each way without loss or reordering", async () => {
    const reports = await play({ roles: ["exchange", "exchange"], count: 200_000, cells: 64, limits: {} });
    for (const report of reports) {
      expect(report.disorder).toBeUndefined();
      expect(report.received).toBe(200_000);
    }
  });

  it("lose no wake-up while each sleeps for the other's cell", async () => {
    const reports = await play({ roles: ["serve", "return"], count: 20_000, cells: 4, limits: SLEEP_ONLY });
    for (const report of reports) {
      expect(report).toMatchObject({ received: 20_000, disorder: undefined, timeouts: 0 });
      expect(report.sleeps).toBeGreaterThan(0);
      expect(report.notifies).toBeGreaterThan(0);
    }
  });

  it("lose no wake-up while each sleeps for room in a tiny ring", async () => {
    const reports = await play({
      roles: ["exchange", "exchange"],
      count: 20_000,
      cells: 2,
      limits: SLEEP_ONLY,
    });
    for (const report of reports) {
      expect(report).toMatchObject({ received: 20_000, disorder: undefined, timeouts: 0 });
      expect(report.sleeps).toBeGreaterThan(0);
    }
  });
});
