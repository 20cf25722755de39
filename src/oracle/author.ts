/**
 * Writes programs of steps: each step is done to our own card at once, so that what comes next can depend on the
 * answer, as a driver's next step does. Steps that a fence forbids are left out.
 */
import type { Width } from "../hardware/cpu.ts";
import type { OracleCard } from "./cards.ts";
import type { Excuse, Ground } from "./rules.ts";
import { SiliconCard } from "./silicon-card.ts";
import { inStep, outStep, type Payload, type Step } from "./step.ts";
import type { Trace } from "./trace.ts";

/** A program that has been written. */
export interface Script {
  readonly card: OracleCard;
  readonly steps: readonly Step[];
  /** What our card answered. */
  readonly trace: Trace;
  /** By step: what is not to be compared. */
  readonly excuses: ReadonlyMap<number, readonly Excuse[]>;
  /** By step: what it touches. */
  readonly names: readonly string[];
  /** The first step behind the prologue, and the first of the epilogue. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** By fence: steps left out. */
  readonly refusals: ReadonlyMap<string, number>;
}

export class Author {
  readonly card: OracleCard;
  readonly steps: Step[] = [];
  readonly #pilot: SiliconCard;
  readonly #ground: Ground;
  readonly #excuses = new Map<number, readonly Excuse[]>();
  readonly #names: string[] = [];
  readonly #refusals = new Map<string, number>();

  readonly #opened: string | undefined;

  /** `opened`: a fence that lets steps through, to see that it is needed. */
  constructor(card: OracleCard, opened?: string) {
    this.card = card;
    this.#opened = opened;
    this.#pilot = new SiliconCard(card.makeSilicon);
    this.#ground = card.makeGround(this.#pilot);
  }

  /** Does the step, unless a fence forbids it; answers its value, 0 for a step that has none or was left out. */
  step(step: Step): number {
    const fence = this.#ground.refusal(step);
    if (fence !== undefined && fence !== this.#opened) {
      this.#refusals.set(fence, (this.#refusals.get(fence) ?? 0) + 1);
      return 0;
    }
    const excuses = this.#ground.excuses(step);
    if (excuses.length > 0) this.#excuses.set(this.steps.length, excuses);
    this.#names.push(this.#ground.nameOf(step));
    this.steps.push(step);
    const value = this.#pilot.step(step);
    this.#ground.done(step, this.#pilot.outcome);
    return value;
  }

  in(offset: number, width: Width): number {
    return this.step(inStep(offset, width));
  }

  out(offset: number, width: Width, value: number): void {
    this.step(outStep(offset, width, value));
  }

  store(address: number, payload: Payload): void {
    this.step({ kind: "store", address, payload });
  }

  /** The bytes as our card's memory has them. */
  load(address: number, bytes: number): Uint8Array {
    this.step({ kind: "load", address, bytes });
    return this.#pilot.memory(address, bytes);
  }

  frame(payload: Payload): void {
    this.step({ kind: "frame", payload });
  }

  finish(bodyStart: number, bodyEnd: number): Script {
    return {
      card: this.card,
      steps: this.steps,
      trace: this.#pilot.trace,
      excuses: this.#excuses,
      names: this.#names,
      bodyStart,
      bodyEnd,
      refusals: this.#refusals,
    };
  }
}

/** A whole program: the card brought into a known state, what `body` does, and everything looked at in the end. */
export function write(card: OracleCard, body: (author: Author) => void, opened?: string): Script {
  const author = new Author(card, opened);
  card.prologue(author);
  const bodyStart = author.steps.length;
  body(author);
  const bodyEnd = author.steps.length;
  card.epilogue(author);
  return author.finish(bodyStart, bodyEnd);
}

/** A program for a card that nothing has been done to: neither prologue nor epilogue. */
export function writeFromPowerOn(card: OracleCard, body: (author: Author) => void): Script {
  const author = new Author(card);
  body(author);
  return author.finish(0, author.steps.length);
}

/** The same body again, or some of it. */
export function rewrite(card: OracleCard, body: readonly Step[], opened?: string): Script {
  const again = (author: Author): void => {
    for (const step of body) author.step(step);
  };
  return write(card, again, opened);
}
