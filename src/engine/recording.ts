/**
 * What a run on threads must remember so that it can be run again on one thread: for each actor the order in which things
 * reached it, and the answers it got from outside (the clock, the room in a ring). What the messages said is not kept: the
 * actors say it again.
 */
import { invariant, VpioError } from "../base/errors.ts";
import type { Address } from "../protocol/address.ts";

/** What an actor lived through. */
export type LogEvent =
  /** The next message of `from` arrived. */
  | { readonly kind: "deliver"; readonly from: Address }
  /** It did `count` pieces of its own work. */
  | { readonly kind: "steps"; readonly count: number }
  | { readonly kind: "timer"; readonly id: number }
  /** The engine told it that the run comes to its end. */
  | { readonly kind: "hush" };

const DELIVER = 0;
const STEPS = 1;
const TIMER = 2;
const HUSH = 3;

/** One actor's log as plain data. */
export interface ActorLog {
  /** Pairs of an event's code and its argument. */
  readonly events: readonly number[];
  /** Answers from outside, in the order of the questions. */
  readonly values: readonly number[];
}

export class LogWriter {
  readonly #events: number[] = [];
  readonly #values: number[] = [];

  deliver(from: Address): void {
    this.#events.push(DELIVER, from);
  }

  step(): void {
    const last = this.#events.length - 2;
    if (this.#events[last] === STEPS) this.#events[last + 1] = (this.#events[last + 1] ?? 0) + 1;
    else this.#events.push(STEPS, 1);
  }

  timer(id: number): void {
    this.#events.push(TIMER, id);
  }

  hush(): void {
    this.#events.push(HUSH, 0);
  }

  /** Keeps an answer, and gives it back. */
  value(answer: number): number {
    this.#values.push(answer);
    return answer;
  }

  log(): ActorLog {
    return { events: this.#events, values: this.#values };
  }
}

export class LogReader {
  readonly #name: string;
  readonly #log: ActorLog;
  #event = 0;
  #value = 0;

  constructor(name: string, log: ActorLog) {
    this.#name = name;
    this.#log = log;
  }

  /** What comes next; undefined at the end. */
  get next(): LogEvent | undefined {
    const code = this.#log.events[this.#event];
    const argument = this.#log.events[this.#event + 1];
    if (code === undefined || argument === undefined) return undefined;
    switch (code) {
      case DELIVER:
        return { kind: "deliver", from: argument as Address };
      case STEPS:
        return { kind: "steps", count: argument };
      case TIMER:
        return { kind: "timer", id: argument };
      default:
        invariant(code === HUSH, `a log holds no event ${code}`);
        return { kind: "hush" };
    }
  }

  advance(): void {
    this.#event += 2;
  }

  /** The answer to the next question. Throws DIVERGED when the run asked less. */
  value(): number {
    const answer = this.#log.values[this.#value++];
    if (answer === undefined)
      throw new VpioError("DIVERGED", `${this.#name} asks more than it did when it was recorded`);
    return answer;
  }

  /** Questions that were asked in the recorded run and not again. */
  get unasked(): number {
    return this.#log.values.length - this.#value;
  }
}
