/**
 * A guest's timer on a shared card. TCTR cannot be set but to 0, so after a handoff the card's own begins
 * again and the guest's goes on at an offset; TimerInt is moved by it for the card.
 */
import type { Sequence } from "../../hardware/cpu.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { readRegister, writeRegister } from "./context.ts";
import { ISR } from "./registers.ts";

/** A whole turn of TCTR, less a tick: the card cannot be told more. */
const TURN = 0xffff_ffff;

export class GuestTimer implements Inspectable {
  readonly #ioBase: number;
  /** What the guest's TCTR is ahead of the card's. */
  #offset = 0;
  /** The guest's TimerInt; while there is no offset the card has it. */
  #timerInt = 0;

  constructor(ioBase: number) {
    this.#ioBase = ioBase;
  }

  inspect(): Innards {
    return { offset: this.#offset, timerInt: this.#timerInt };
  }

  /** TCTR and TimerInt are not the card's own. */
  get moved(): boolean {
    return this.#offset !== 0;
  }

  /**
   * TimerInt for a card whose TCTR is behind. One that has been reached is reached again after a whole turn.
   */
  get cardTimerInt(): number {
    return this.#timerInt === 0 ? 0 : (this.#timerInt - this.#offset) >>> 0 || TURN;
  }

  forget(): void {
    this.#offset = 0;
    this.#timerInt = 0;
  }

  /**
   * The card is given up; `timerInt`, `ticks`, `status`: its TimerInt, TCTR and, read after that, ISR. The
   * timer may have run out after TCTR was read.
   */
  keep(timerInt: number, ticks: number, status: number): void {
    if (!this.moved) this.#timerInt = timerInt;
    this.#offset = (ticks + this.#offset) >>> 0;
    if (status & ISR.TimeOut) this.#offset = Math.max(this.#offset, this.#timerInt);
  }

  *readCount(): Sequence<number> {
    return ((yield readRegister(this.#ioBase, "TCTR")) + this.#offset) >>> 0;
  }

  *readTimerInt(): Sequence<number> {
    return this.moved ? this.#timerInt : yield readRegister(this.#ioBase, "TimerInt");
  }

  *writeTimerInt(value: number): Sequence<number> {
    this.#timerInt = value;
    return yield writeRegister(this.#ioBase, "TimerInt", this.cardTimerInt);
  }

  /**
   * The guest's TCTR begins again from 0; the card's goes on, since a write of it would not tell whether
   * TimerInt had been reached until then. Answers whether it has been, before that or since, while the card
   * was told of it.
   */
  *restart(): Sequence<boolean> {
    const before = yield readRegister(this.#ioBase, "TCTR");
    yield writeRegister(this.#ioBase, "TimerInt", 0);
    const now = yield readRegister(this.#ioBase, "TCTR");
    const reached = this.#reaches(before, now);
    this.#offset = -now >>> 0;
    yield writeRegister(this.#ioBase, "TimerInt", this.cardTimerInt);
    return this.#reaches(now, yield readRegister(this.#ioBase, "TCTR")) || reached;
  }

  /** Has the card's TCTR, from one count to another, come to its TimerInt? */
  #reaches(from: number, to: number): boolean {
    const left = (this.cardTimerInt - from) >>> 0;
    return this.#timerInt !== 0 && left > 0 && left <= (to - from) >>> 0;
  }
}
