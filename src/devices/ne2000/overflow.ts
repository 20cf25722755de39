/**
 * An overflow that outlives a handoff. A card whose ring has overflowed misses every frame until it is
 * stopped (DP8390D section 7.0), and a reset makes it forget that. So it gets a ring without room: BNRY on
 * the page behind CURR, while the guest sees the BNRY that it has written itself. ISR.RST, which the overflow
 * has set, is served until BNRY is written.
 */
import type { Sequence } from "../../hardware/cpu.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { writeRegister } from "./context.ts";
import type { Programmed } from "./programmed.ts";

export class Overflow implements Inspectable {
  readonly #ioBase: number;
  readonly #programmed: Programmed;
  /**
   * The card's CURR, which stays where it is, and the guest's BNRY; undefined while the card has the guest's.
   */
  #held: { current: number; boundary: number } | undefined;
  #reset = 0;

  constructor(ioBase: number, programmed: Programmed) {
    this.#ioBase = ioBase;
    this.#programmed = programmed;
  }

  inspect(): Innards {
    return { held: this.#held, reset: this.#reset };
  }

  /** The guest's BNRY; undefined when it is the card's. */
  get boundary(): number | undefined {
    return this.#held?.boundary;
  }

  /** ISR.RST, as far as the card does not show it. */
  get reset(): number {
    return this.#reset;
  }

  /** BNRY must exit. */
  get watches(): boolean {
    return this.#held !== undefined || this.#reset !== 0;
  }

  /** The card is about to be restored: BNRY for it. */
  hold(current: number, boundary: number): number {
    this.#held = { current, boundary };
    return this.#pageWithoutRoom(current);
  }

  /** The card has the guest's BNRY, or gets it with its context. */
  forget(): void {
    this.#held = undefined;
  }

  serveReset(reset: number): void {
    this.#reset |= reset;
  }

  /** The card was started, or reset. */
  clearReset(): void {
    this.#reset = 0;
  }

  *writeBoundary(value: number): Sequence<void> {
    if (this.#held !== undefined) this.#held.boundary = value;
    const forCard = this.#held === undefined ? value : this.#pageWithoutRoom(this.#held.current);
    yield writeRegister(this.#ioBase, "BNRY", forCard);
  }

  /**
   * The guest has written PSTART, PSTOP or, when it is told, CURR; on page 0. `cardReset`: ISR.RST, which
   * this clears.
   */
  *followRing(cardReset: number, current?: number): Sequence<void> {
    if (this.#held === undefined) return;
    this.#reset |= cardReset;
    this.#held.current = current ?? this.#held.current;
    yield* this.writeBoundary(this.#held.boundary);
  }

  /** The card has been stopped: it gets the guest's BNRY. */
  *release(): Sequence<void> {
    if (this.#held === undefined) return;
    yield writeRegister(this.#ioBase, "BNRY", this.#held.boundary);
    this.#held = undefined;
  }

  #pageWithoutRoom(current: number): number {
    const { PSTART, PSTOP } = this.#programmed.registers;
    const next = (current + 1) & 0xff;
    return next === PSTOP ? PSTART : next;
  }
}
