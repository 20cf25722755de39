/** One worker thread as the supervisor sees it: its control plane, and how it came to its end. */
import { Worker } from "node:worker_threads";
import { wrap } from "comlink";
import { VpioError } from "../base/errors.ts";
import { NS_PER_MS, NS_PER_S } from "../base/units.ts";
import type { Address } from "../protocol/address.ts";
import type { WorkerBrief, WorkerControl, WorkerSnapshot } from "./control.ts";
import { nodeEndpoint } from "./endpoint.ts";
import type { ActorLog } from "./recording.ts";
import type { CapturedFrame } from "./report.ts";
import { packageRoot } from "./root.ts";

/** A worker that does not answer for so long is stuck in its own code, and is ended. */
const ANSWER_MS = (5 * NS_PER_S) / NS_PER_MS;
/** Building one (it reads captures and programs) may take longer. */
const READY_MS = (30 * NS_PER_S) / NS_PER_MS;

export class SupervisedWorker<Part> {
  readonly name: string;
  readonly #worker: Worker;
  readonly #control: WorkerControl<Part>;
  readonly #onFailure: (error: Error) => void;
  readonly #death: Promise<undefined>;
  #failure: Error | undefined;
  #terminated = false;
  #last: WorkerSnapshot<Part> | undefined;

  /** `onFailure` is called once, when the worker dies without being asked to. */
  constructor(name: string, brief: WorkerBrief, onFailure: (error: Error) => void) {
    this.name = name;
    this.#onFailure = onFailure;
    this.#worker = new Worker(`${packageRoot()}/dist/workers/${brief.part.kind}.js`, {
      workerData: brief,
      name,
    });
    this.#control = wrap<WorkerControl<Part>>(nodeEndpoint(this.#worker)) as unknown as WorkerControl<Part>;
    this.#worker.on("error", (error) => this.#fail(error));
    this.#death = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#fail(new Error(`its worker ended with code ${code}`));
        resolve(undefined);
      });
    });
  }

  /** Why it died; undefined while it is alive. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Waits until it is built; false when that failed. */
  async ready(): Promise<boolean> {
    const outcome = await this.#ask(() => this.#control.ready(), READY_MS);
    if (outcome?.kind === "failed") this.#fail(new VpioError(outcome.code, outcome.message));
    return outcome?.kind === "built";
  }

  async start(beganNs: bigint): Promise<void> {
    await this.#ask(() => this.#control.start(beganNs), ANSWER_MS);
  }

  /** The state of things; the last one known when the worker is dead. */
  async snapshot(): Promise<WorkerSnapshot<Part> | undefined> {
    this.#last = (await this.#ask(() => this.#control.snapshot(), ANSWER_MS)) ?? this.#last;
    return this.#last;
  }

  async takeFrames(): Promise<readonly CapturedFrame[]> {
    return (await this.#ask(() => this.#control.takeFrames(), ANSWER_MS)) ?? [];
  }

  /** What was recorded; undefined when the worker is dead. */
  async takeLogs(): Promise<ReadonlyMap<Address, ActorLog> | undefined> {
    return await this.#ask(() => this.#control.takeLogs(), ANSWER_MS);
  }

  /** See `WorkerControl.hush`. */
  async hush(): Promise<void> {
    await this.#ask(() => this.#control.hush(), ANSWER_MS);
  }

  /** Ends the loop; the control plane goes on answering. */
  async stop(): Promise<void> {
    await this.#ask(() => this.#control.stop(), ANSWER_MS);
  }

  async terminate(): Promise<void> {
    this.#terminated = true;
    await this.#worker.terminate();
  }

  /** Ends the thread as a crash would: in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    if (this.#terminated || this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#onFailure(this.#failure);
  }

  /** The answer; undefined when the worker is dead, dies meanwhile, or must be killed because it does not answer. */
  async #ask<T>(question: () => Promise<T>, timeoutMs: number): Promise<T | undefined> {
    if (this.#failure !== undefined) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.#fail(new Error("its worker does not answer"));
        void this.kill().then(() => resolve(undefined));
      }, timeoutMs);
    });
    try {
      return await Promise.race([question(), expiry, this.#death]);
    } catch (error) {
      this.#fail(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
