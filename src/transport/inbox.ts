/** All that reaches one actor: several rings, one doorbell, one wait. */
import { invariant } from "../base/errors.ts";
import type { Doorbell } from "./doorbell.ts";
import type { RingReader, RingWriter } from "./ring.ts";
import { AdaptiveWait, DEFAULT_LIMITS, type WaitOutcome } from "./wait.ts";

export interface InboxRing {
  readonly reader: RingReader;
  /** The doorbell of the thread that writes this ring: rung when it waits for room and gets some. */
  readonly producer?: Doorbell;
}

export interface InboxParts {
  readonly rings: readonly InboxRing[];
  /** The doorbell that the producers of `rings` ring. */
  readonly doorbell: Doorbell;
  /** The clock of `wait`'s deadlines, in ns. */
  readonly nowNs: () => number;
  readonly wait?: AdaptiveWait;
  /** At most so many cells a `poll`, unless it says otherwise. */
  readonly batchCells?: number;
}

/** Called with each cell; the offset and the reader's views at it are valid until it returns. */
export type CellHandler = (ringIndex: number, reader: RingReader, offset: number) => void;

export class Inbox {
  readonly #rings: readonly InboxRing[];
  readonly #doorbell: Doorbell;
  readonly #nowNs: () => number;
  readonly #wait: AdaptiveWait;
  readonly #batchCells: number;
  /** The ring whose turn it is. */
  #turn = 0;
  #handling = false;
  /** The full ring that the caller of `wait` would write to. */
  #full: RingWriter | undefined;
  readonly #ready = (): boolean => !this.isEmpty() || (this.#full?.awaitRoom() ?? false);

  constructor(parts: InboxParts) {
    this.#rings = parts.rings;
    this.#doorbell = parts.doorbell;
    this.#nowNs = parts.nowNs;
    this.#wait = parts.wait ?? new AdaptiveWait();
    this.#batchCells = parts.batchCells ?? 64;
  }

  /**
   * Hands up to `limitCells` cells to `handler`, one from each ring in turn, and releases each after the handler
   * returned; a cell whose handler throws stays. Returns how many were taken. The handler must not poll this inbox.
   */
  poll(handler: CellHandler, limitCells = this.#batchCells): number {
    invariant(!this.#handling, "an inbox is not polled from its own handler");
    this.#handling = true;
    let taken = 0;
    try {
      for (let idle = 0; taken < limitCells && idle < this.#rings.length; ) {
        if (this.#takeOne(handler)) {
          taken++;
          idle = 0;
        } else idle++;
      }
    } finally {
      this.#handling = false;
    }
    if (taken > 0) this.#tellRoom();
    return taken;
  }

  isEmpty(): boolean {
    for (const { reader } of this.#rings) if (!reader.isEmpty()) return false;
    return true;
  }

  /**
   * Waits for a cell, or for room in `full` where given: a producer that finds a ring full waits here, so that it serves
   * its own inbox meanwhile. "timeout" at `deadlineNs` of the clock, or after the longest sleep.
   */
  wait(deadlineNs?: number, full?: RingWriter): WaitOutcome {
    this.#full = full;
    return this.#wait.wait(this.#ready, deadlineNs, this.#nowNs, this.#doorbell);
  }

  /** Waits for a cell until `deadlineNs`, or for the longest sleep, while the thread's event loop turns. */
  async doze(deadlineNs: number): Promise<void> {
    const leftNs = Math.min(deadlineNs - this.#nowNs(), DEFAULT_LIMITS.maxSleepNs);
    if (leftNs > 0) await this.#doorbell.doze(() => !this.isEmpty(), leftNs);
  }

  /** Serves the ring whose turn it is, and passes the turn on. */
  #takeOne(handler: CellHandler): boolean {
    const index = this.#turn;
    const reader = this.#rings[index]?.reader;
    const offset = reader?.peek();
    this.#turn = index + 1 < this.#rings.length ? index + 1 : 0;
    if (reader === undefined || offset === undefined) return false;
    handler(index, reader, offset);
    reader.release();
    return true;
  }

  #tellRoom(): void {
    for (const { reader, producer } of this.#rings) {
      if (producer !== undefined && reader.takeRoomRequest()) producer.ring();
    }
  }
}
