/**
 * The general-purpose timer: TCTR counts the PCI clock, and ISR.TimeOut is set whenever it reaches TimerInt.
 */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import type { Core } from "./core.ts";
import { ISR, TCTR_MHZ } from "./registers.ts";

const NS_PER_TICK_GROUP = 1000;
const TICKS_PER_TURN = 0x1_0000_0000;

export class Timer implements Inspectable {
  readonly #core: Core;
  /** When TCTR was 0, less whole turns. */
  #zeroNs = 0;
  #dueNs: number | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  inspect(): Innards {
    return { zeroNs: this.#zeroNs, dueNs: this.#dueNs };
  }

  /** TCTR now. */
  get count(): number {
    return this.#ticks() % TICKS_PER_TURN;
  }

  /** TCTR starts again from 0. */
  restart(): void {
    this.#zeroNs = this.#core.slot.nowNs();
    this.arm();
  }

  /** Aims at the next time TCTR reaches TimerInt; it never does while that is 0. */
  arm(): void {
    this.#dueNs = this.#nextNs();
    this.#core.slot.wakeAt(this.#dueNs);
  }

  /** The time asked for has come. */
  expire(): void {
    if (this.#dueNs === undefined) return;
    if (this.#core.slot.nowNs() < this.#dueNs) {
      this.#core.slot.wakeAt(this.#dueNs);
      return;
    }
    this.#core.raise(ISR.TimeOut);
    this.arm();
  }

  #ticks(): number {
    return Math.floor(((this.#core.slot.nowNs() - this.#zeroNs) * TCTR_MHZ) / NS_PER_TICK_GROUP);
  }

  #nextNs(): number | undefined {
    const target = this.#core.registers.TimerInt >>> 0;
    if (target === 0) return undefined;
    const ticks = this.#ticks();
    const turn = ticks - (ticks % TICKS_PER_TURN);
    const next = turn + target > ticks ? turn + target : turn + TICKS_PER_TURN + target;
    return this.#zeroNs + Math.ceil((next * NS_PER_TICK_GROUP) / TCTR_MHZ);
  }
}
