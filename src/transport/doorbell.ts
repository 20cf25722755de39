/**
 * How a sleeping worker learns that there is work: one doorbell a worker, rung by every producer of its inbox. Ringing
 * costs one load while the worker is awake.
 *
 * No wake-up is lost. All operations below are sequentially consistent, so they fall into one order:
 *
 *     producer                              sleeper
 *     P  store the ring's head              Q  load sequence
 *     L  load sleeping; when 1:             S  store sleeping = 1
 *     C    take it back to 0                R  re-check the inboxes
 *     B    add 1 to sequence, notify        W  wait while sequence is as in Q
 *
 * Suppose R does not see P: then S < R < P < L. If L reads 1, this producer goes on to C and B. If it reads 0, then either
 * the sleeper is awake again and re-checks before it next waits, or another producer took the 1 of S and goes on to its
 * own B. A B that follows S is after Q, so W does not begin, or ends; and what follows W looks at the inboxes again.
 * One sleep costs its producers one notify between them, because only one of them can take the 1.
 */
import { NS_PER_MS } from "../base/units.ts";
import { LINE_BYTES } from "./ring.ts";

const SLEEPING_WORD = 0;
const SEQUENCE_WORD = LINE_BYTES / 4;
const DOORBELL_BYTES = 2 * LINE_BYTES;

/** Where a doorbell lives: plain data, to send to every worker that rings it. */
export interface DoorbellSpec {
  readonly buffer: SharedArrayBuffer;
}

export const createDoorbell = (): DoorbellSpec => ({ buffer: new SharedArrayBuffer(DOORBELL_BYTES) });

/** "ready": the re-check found work. "rung": a producer woke the sleeper. "timeout": nobody did. */
export type SleepOutcome = "ready" | "rung" | "timeout";

/** One thread's handle on a doorbell. */
export class Doorbell {
  readonly #words: Int32Array;
  #notifies = 0;
  #sleeps = 0;

  constructor(spec: DoorbellSpec) {
    this.#words = new Int32Array(spec.buffer);
  }

  /** How often `ring` of this handle had to notify. */
  get notifies(): number {
    return this.#notifies;
  }

  /** How often `sleep` of this handle did go to sleep. */
  get sleeps(): number {
    return this.#sleeps;
  }

  /** Wakes the owner if it sleeps. Call it after `publish`; true when it had to notify. */
  ring(): boolean {
    if (Atomics.load(this.#words, SLEEPING_WORD) === 0) return false;
    if (Atomics.compareExchange(this.#words, SLEEPING_WORD, 1, 0) === 0) return false;
    Atomics.add(this.#words, SEQUENCE_WORD, 1);
    Atomics.notify(this.#words, SEQUENCE_WORD);
    this.#notifies++;
    return true;
  }

  /**
   * Sleeps until rung, at most `timeoutNs`; does not sleep at all when `ready()`, asked once, is true. Only the owner of
   * the doorbell sleeps on it. A bell may be late: after "rung", check for work and expect to find none.
   */
  sleep(ready: () => boolean, timeoutNs: number): SleepOutcome {
    const sequence = this.#lieDown();
    let outcome: SleepOutcome = "ready";
    if (!ready()) {
      this.#sleeps++;
      const ended = Atomics.wait(this.#words, SEQUENCE_WORD, sequence, timeoutNs / NS_PER_MS);
      outcome = ended === "timed-out" ? "timeout" : "rung";
    }
    this.#getUp();
    return outcome;
  }

  /** The same for an owner whose event loop must turn meanwhile: only the caller waits. */
  async doze(ready: () => boolean, timeoutNs: number): Promise<SleepOutcome> {
    const sequence = this.#lieDown();
    let outcome: SleepOutcome = "ready";
    if (!ready()) {
      this.#sleeps++;
      const { value } = Atomics.waitAsync(this.#words, SEQUENCE_WORD, sequence, timeoutNs / NS_PER_MS);
      outcome = (await value) === "timed-out" ? "timeout" : "rung";
    }
    this.#getUp();
    return outcome;
  }

  /** Steps Q and S. */
  #lieDown(): number {
    const sequence = Atomics.load(this.#words, SEQUENCE_WORD);
    Atomics.store(this.#words, SLEEPING_WORD, 1);
    return sequence;
  }

  #getUp(): void {
    Atomics.store(this.#words, SLEEPING_WORD, 0);
  }
}
