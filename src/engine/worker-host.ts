/** The frame around the actors of one worker: mail, clock, loop and control plane. */
import { parentPort, workerData } from "node:worker_threads";
import { expose } from "comlink";

import { VpioError } from "../base/errors.ts";
import type { Actor } from "../machine/actor.ts";
import { RunClock } from "./clock.ts";
import type { BuildOutcome, WorkerBrief, WorkerControl } from "./control.ts";
import { nodeEndpoint } from "./endpoint.ts";
import { Mailroom } from "./mailroom.ts";
import type { CapturedFrame } from "./report.ts";
import type { WorkerName } from "./wiring.ts";
import { runWorker } from "./worker-loop.ts";

/** What a worker's entry builds from its brief. */
export interface Hosted<Part> {
  readonly actors: readonly Actor[];
  /** Called once, when the run begins. */
  begin(): void;
  /** Begins nothing new by itself, where it would. */
  readonly hush?: () => void;
  /** Asking must change nothing: a recorded run is not asked again. */
  snapshot(nowNs: number): Part;
}

export interface Host {
  readonly brief: WorkerBrief;
  readonly mailroom: Mailroom;
  /** Undefined when nothing is captured. */
  readonly onFrame: ((frame: CapturedFrame) => void) | undefined;
}

/** Builds the worker's part and serves the control plane until the worker is stopped. */
export async function hostWorker<Part>(
  name: WorkerName,
  build: (host: Host) => Promise<Hosted<Part>>,
): Promise<void> {
  if (parentPort === null) throw new VpioError("INTERNAL", `worker ${name} runs in a worker thread`);
  const brief = workerData as WorkerBrief;
  let clock: RunClock | undefined;
  const nowNs = (): number => clock?.nowNs() ?? 0;
  const mailroom = new Mailroom(name, brief.wiring, nowNs, brief.record);
  let frames: CapturedFrame[] = [];
  const onFrame = brief.capture ? (frame: CapturedFrame) => void frames.push(frame) : undefined;
  let stopping = false;
  const built = build({ brief, mailroom, onFrame });
  const control: WorkerControl<Part> = {
    ready: () => built.then((): BuildOutcome => ({ kind: "built" }), buildFailure),
    start: async (beganNs) => {
      const { actors, begin } = await built;
      clock = new RunClock(beganNs);
      for (const actor of actors) mailroom.addActor(actor);
      begin();
      // A failure of the loop must end the worker, not this call.
      runWorker(mailroom, actors, nowNs, () => stopping).catch((error) => setImmediate(() => fail(error)));
    },
    snapshot: async () => ({ part: (await built).snapshot(nowNs()), ...mailroom.counters }),
    takeFrames: async () => {
      const taken = frames;
      frames = [];
      return taken;
    },
    takeLogs: async () => mailroom.logs,
    hush: async () => {
      const { actors, hush } = await built;
      if (hush === undefined) return;
      for (const { address } of actors) mailroom.logOf(address)?.hush();
      hush();
    },
    stop: async () => {
      stopping = true;
    },
  };
  expose(control, nodeEndpoint(parentPort));
}

function buildFailure(error: unknown): BuildOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code: error instanceof VpioError ? error.code : "INTERNAL", message };
}

function fail(error: unknown): never {
  throw error;
}
