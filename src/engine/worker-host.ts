/** The frame around the actors of one worker: mail, clock, loop and control plane. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { expose } from "comlink";
import { invariant, VpioError } from "../base/errors.ts";
import type { OwnMemory } from "../hardware/memory.ts";
import type { Actor } from "../machine/actor.ts";
import type { FaultKind } from "../transport/fault-plan.ts";
import { RunClock } from "./clock.ts";
import type {
  BuildOutcome,
  ConsoleOutput,
  LastWords,
  WorkerBrief,
  WorkerControl,
  WorkerSnapshot,
} from "./control.ts";
import { nodeEndpoint } from "./endpoint.ts";
import { Mailroom } from "./mailroom.ts";
import type { CapturedFrame } from "./report.ts";
import type { WorkerName } from "./wiring.ts";
import { blockThread, WorkerFaults } from "./worker-faults.ts";
import { runWorker } from "./worker-loop.ts";

/** What a worker's entry builds from its brief. */
export interface Hosted<Part> {
  readonly actors: readonly Actor[];
  /** Called once, when the run begins. */
  begin(): void;
  /** Begins nothing new by itself, where it would. */
  readonly hush?: () => void;
  /** Memory that the part has made itself. */
  readonly memory?: OwnMemory;
  /** Types on its console. */
  readonly type?: (bytes: Uint8Array) => void;
  /** Gives back what it has from outside, once its loop is to end. */
  readonly end?: () => Promise<void>;
  /** Asking must change nothing: a recorded run is not asked again. */
  snapshot(nowNs: number): Part;
}

export interface Host {
  readonly brief: WorkerBrief;
  readonly mailroom: Mailroom;
  /** Undefined when nothing is captured. */
  readonly onFrame: ((frame: CapturedFrame) => void) | undefined;
  /** Takes what a console shows. */
  readonly onConsole: (bytes: Uint8Array) => void;
}

/** Builds the worker's part and serves the control plane until the worker is stopped. */
export async function hostWorker<Part>(
  name: WorkerName,
  build: (host: Host) => Promise<Hosted<Part>>,
  loop: typeof runWorker = runWorker,
): Promise<void> {
  const supervisor = parentPort;
  if (supervisor === null) throw new VpioError("INTERNAL", `worker ${name} runs in a worker thread`);
  const brief = workerData as WorkerBrief;
  let clock: RunClock | undefined;
  const nowNs = (): number => clock?.nowNs() ?? 0;
  let hosted: Hosted<Part> | undefined;
  let frames: CapturedFrame[] = [];
  const die = (fault: FaultKind): never => {
    invariant(hosted !== undefined, "a fault strikes who has begun");
    return dieSaying({ fault, snapshot: snapshotOf(hosted), frames }, supervisor);
  };
  const faults =
    brief.faults &&
    new WorkerFaults({ worker: name, seed: brief.scenario.seed, brief: brief.faults, nowNs, die });
  const mailroom = new Mailroom({ name, wiring: brief.wiring, nowNs, records: brief.record, faults });
  const snapshotOf = ({ snapshot }: Hosted<Part>): WorkerSnapshot<Part> => ({
    part: snapshot(nowNs()),
    ...mailroom.counters,
  });
  const onFrame = brief.capture ? (frame: CapturedFrame) => void frames.push(frame) : undefined;
  let stopping = false;
  const onConsole = (bytes: Uint8Array): void =>
    supervisor.postMessage({ console: bytes } satisfies ConsoleOutput);
  const built = build({ brief, mailroom, onFrame, onConsole });
  // It may fail before anybody asks: who asks is told, and until then it is no failure of the thread.
  built.catch(() => undefined);
  const control: WorkerControl<Part> = {
    ready: () => built.then(({ memory }): BuildOutcome => ({ kind: "built", memory }), buildFailure),
    start: async (beganNs) => {
      hosted = await built;
      const { actors, begin } = hosted;
      clock = new RunClock(beganNs);
      for (const actor of actors) mailroom.addActor(actor);
      begin();
      // A failure of the loop must end the worker, not this call.
      loop(mailroom, actors, nowNs, () => stopping).catch((error) => setImmediate(() => fail(error)));
    },
    snapshot: async () => snapshotOf(await built),
    takeFrames: async () => {
      const taken = frames;
      frames = [];
      return taken;
    },
    takeLogs: async () => mailroom.logs,
    type: async (bytes) => (await built).type?.(bytes),
    hush: async () => {
      const { actors, hush } = await built;
      if (hush === undefined) return;
      for (const { address } of actors) mailroom.logOf(address)?.hush();
      hush();
    },
    stop: async () => {
      stopping = true;
      await hosted?.end?.();
    },
  };
  expose(control, nodeEndpoint(supervisor));
}

/** From here on this thread does nothing: the supervisor hears it and ends it. */
function dieSaying(words: LastWords<unknown>, supervisor: MessagePort): never {
  supervisor.postMessage(words);
  blockThread();
  throw new VpioError("INTERNAL", `a worker outlives its ${words.fault}`);
}

function buildFailure(error: unknown): BuildOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code: error instanceof VpioError ? error.code : "INTERNAL", message };
}

function fail(error: unknown): never {
  throw error;
}
