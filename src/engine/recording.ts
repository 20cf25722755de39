/**
 * What a run on threads must remember so that it can be run again on one thread: for each actor the order in which things
 * reached it, and the answers it got from outside (the clock, the room in a ring). What the messages said is not kept: the
 * actors say it again.
 */
import { invariant, VpioError } from "../base/errors.ts";
import type { Address } from "../protocol/address.ts";

/** What became of the next message of a sender: it arrived, or what a fault made of it. */
export type Taking = "deliver" | "lose" | "twice" | "delay";

/** What reaches an actor without a message's being taken: an interrupt that was delayed, and those that no card raised. */
export type Extra = "late" | "raised" | "lowered";

/** What an actor lived through. */
export type LogEvent =
  | { readonly kind: Taking | Extra; readonly from: Address }
  /** It did `count` pieces of its own work. */
  | { readonly kind: "steps"; readonly count: number }
  | { readonly kind: "timer"; readonly id: number }
  /** The engine told it that the run comes to its end. */
  | { readonly kind: "hush" };

/** An event's code is its place here. */
const KINDS = [
  "deliver",
  "steps",
  "timer",
  "hush",
  "lose",
  "twice",
  "delay",
  "late",
  "raised",
  "lowered",
] as const satisfies readonly LogEvent["kind"][];
const codeOf = (kind: LogEvent["kind"]): number => KINDS.indexOf(kind);
const STEPS = codeOf("steps");

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

  reach(how: Taking | Extra, from: Address): void {
    this.#events.push(codeOf(how), from);
  }

  step(): void {
    const last = this.#events.length - 2;
    if (this.#events[last] === STEPS) this.#events[last + 1] = (this.#events[last + 1] ?? 0) + 1;
    else this.#events.push(STEPS, 1);
  }

  timer(id: number): void {
    this.#events.push(codeOf("timer"), id);
  }

  hush(): void {
    this.#events.push(codeOf("hush"), 0);
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
    const kind = KINDS[code];
    invariant(kind !== undefined, `a log holds no event ${code}`);
    switch (kind) {
      case "steps":
        return { kind, count: argument };
      case "timer":
        return { kind, id: argument };
      case "hush":
        return { kind };
      default:
        return { kind, from: argument as Address };
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
