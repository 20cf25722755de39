/** One worker thread as the supervisor sees it: its control plane, and how it came to its end. */
import { Worker } from "node:worker_threads";
import { wrap } from "comlink";
import { VpioError } from "../base/errors.ts";
import { NS_PER_MS, NS_PER_S } from "../base/units.ts";
import type { OwnMemory } from "../hardware/memory.ts";
import type { Address } from "../protocol/address.ts";
import type { FaultKind } from "../transport/fault-plan.ts";
import {
  isConsoleOutput,
  isLastWords,
  type LastWords,
  type WorkerBrief,
  type WorkerControl,
  type WorkerSnapshot,
} from "./control.ts";
import { nodeEndpoint } from "./endpoint.ts";
import type { ActorLog } from "./recording.ts";
import type { CapturedFrame } from "./report.ts";
import { packageRoot } from "./root.ts";

/** A worker that does not answer for so long is stuck in its own code, and is ended. */
const ANSWER_MS = (5 * NS_PER_S) / NS_PER_MS;
/** Building one (it reads captures and programs) may take longer. */
const READY_MS = (30 * NS_PER_S) / NS_PER_MS;

export interface SupervisedOptions {
  readonly name: string;
  readonly brief: WorkerBrief;
  /** Called once, when the worker dies without being asked to. */
  readonly onFailure: (error: Error) => void;
  /** Takes what its console shows. */
  readonly onConsole: (bytes: Uint8Array) => void;
  /** For so long it may well wait for others, and not answer. */
  readonly patienceMs: number;
}

export class SupervisedWorker<Part> {
  readonly name: string;
  readonly #worker: Worker;
  readonly #control: WorkerControl<Part>;
  readonly #onFailure: (error: Error) => void;
  readonly #answerMs: number;
  readonly #death: Promise<undefined>;
  #failure: Error | undefined;
  /** Why its thread is being ended. */
  #doom: Error | undefined;
  #terminated = false;
  #memory: OwnMemory | undefined;
  #last: WorkerSnapshot<Part> | undefined;
  #lastWords: LastWords<Part> | undefined;

  constructor({ name, brief, onFailure, onConsole, patienceMs }: SupervisedOptions) {
    this.name = name;
    this.#answerMs = ANSWER_MS + patienceMs;
    this.#onFailure = onFailure;
    this.#worker = new Worker(`${packageRoot()}/dist/workers/${brief.part.kind}.js`, {
      workerData: brief,
      name,
    });
    this.#control = wrap<WorkerControl<Part>>(nodeEndpoint(this.#worker)) as unknown as WorkerControl<Part>;
    this.#worker.on("message", (said: unknown) => {
      if (isConsoleOutput(said)) onConsole(said.console);
      if (!isLastWords<Part>(said)) return;
      this.#lastWords = said;
      void this.#end(new Error("a fault has killed it"));
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#death = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#fail(this.#doom ?? new Error(`its worker ended with code ${code}`));
        resolve(undefined);
      });
    });
  }

  /** Why it died; undefined while it is alive. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The fault that killed it, if one did. */
  get fault(): FaultKind | undefined {
    return this.#failure && this.#lastWords?.fault;
  }

  /** True when it died and what is known of it is from some time before. */
  get isUnheard(): boolean {
    return this.#failure !== undefined && this.#lastWords === undefined;
  }

  /** Waits until it is built; false when that failed. */
  async ready(): Promise<boolean> {
    const outcome = await this.#ask(() => this.#control.ready(), READY_MS);
    if (outcome?.kind === "failed") this.#fail(new VpioError(outcome.code, outcome.message));
    if (outcome?.kind !== "built") return false;
    this.#memory = outcome.memory;
    return true;
  }

  /** The memory that it has made itself, once it is built; undefined when it has none of its own. */
  get memory(): OwnMemory | undefined {
    return this.#memory;
  }

  /** See `WorkerControl.type`. */
  async type(bytes: Uint8Array): Promise<void> {
    await this.#ask(() => this.#control.type(bytes), this.#answerMs);
  }

  async start(beganNs: bigint): Promise<void> {
    await this.#ask(() => this.#control.start(beganNs), this.#answerMs);
  }

  /** The state of things; the last one known when the worker is dead. */
  async snapshot(): Promise<WorkerSnapshot<Part> | undefined> {
    this.#last = (await this.#ask(() => this.#control.snapshot(), this.#answerMs)) ?? this.#last;
    return this.#lastWords?.snapshot ?? this.#last;
  }

  async takeFrames(): Promise<readonly CapturedFrame[]> {
    const answer = await this.#ask(() => this.#control.takeFrames(), this.#answerMs);
    if (answer !== undefined || this.#lastWords === undefined) return answer ?? [];
    const { frames } = this.#lastWords;
    this.#lastWords = { ...this.#lastWords, frames: [] };
    return frames;
  }

  /** What was recorded; undefined when the worker is dead. */
  async takeLogs(): Promise<ReadonlyMap<Address, ActorLog> | undefined> {
    return await this.#ask(() => this.#control.takeLogs(), this.#answerMs);
  }

  /** See `WorkerControl.hush`. */
  async hush(): Promise<void> {
    await this.#ask(() => this.#control.hush(), this.#answerMs);
  }

  /** Ends the loop; the control plane goes on answering. */
  async stop(): Promise<void> {
    await this.#ask(() => this.#control.stop(), this.#answerMs);
  }

  async terminate(): Promise<void> {
    this.#terminated = true;
    await this.#worker.terminate();
  }

  /** Ends the thread as a crash would: in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#end(new Error("its worker was killed"));
  }

  /** Only the end itself counts as its failure: until then it may still be writing. */
  async #end(why: Error): Promise<void> {
    this.#doom ??= why;
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    if (this.#terminated || this.#failure !== undefined) return;
    this.#failure = error;
    this.#onFailure(error);
  }

  /** The answer; undefined when the worker is dead, dies meanwhile, or must be killed because it does not answer. */
  async #ask<T>(question: () => Promise<T>, timeoutMs: number): Promise<T | undefined> {
    if (this.#failure !== undefined) return undefined;
    const timer = setTimeout(() => void this.#end(new Error("its worker does not answer")), timeoutMs);
    try {
      return await Promise.race([question(), this.#death]);
    } catch (error) {
      await this.#end(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
