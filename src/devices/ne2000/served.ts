/**
 * What the VMM shows a guest in place of the card's own: statuses and counts that the card had when the guest
 * gave it up, and that cannot be written back. Each is served until the card has a newer one.
 */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { ISR, OFFSET, RSR, TSR } from "./registers.ts";

/** Statuses that the next frame replaces. */
export const STATUSES = ["TSR", "NCR", "RSR", "CLDA0", "CLDA1"] as const;
export type Status = (typeof STATUSES)[number];
export const TALLIES = ["CNTR0", "CNTR1", "CNTR2"] as const;
export type Tally = (typeof TALLIES)[number];
/** Reads of FIFO after which it begins again. */
export const FIFO_BYTES = 8;
/** A tally counter raises ISR.CNT when it gets here, and stops there. */
const TALLY_HALF = 0x80;
const TALLY_MAX = 0xc0;

/** As it is read from the card, in the order of STATUSES and TALLIES. */
export interface Observed {
  readonly statuses: readonly number[];
  readonly tallies: readonly number[];
  /** All that it holds, from the next byte on. */
  readonly fifo: readonly number[];
}

export const POWER_ON_OBSERVED: Observed = {
  statuses: [TSR.ALWAYS, 0, 0, 0, 0],
  tallies: [0, 0, 0],
  fifo: new Array<number>(FIFO_BYTES).fill(0),
};

export class Served implements Inspectable {
  readonly #statuses = new Map<Status, number>();
  readonly #tallies = TALLIES.map(() => 0);
  #fifo: readonly number[] | undefined;
  #fifoNext = 0;

  constructor() {
    this.keep(POWER_ON_OBSERVED);
  }

  inspect(): Innards {
    return {
      statuses: this.#statuses,
      tallies: this.#tallies,
      fifo: this.#fifo,
      fifoNext: this.#fifoNext,
    };
  }

  /** The card is given up: what is not served yet is from now on. */
  keep({ statuses, tallies, fifo }: Observed): void {
    for (const [i, name] of STATUSES.entries()) {
      if (!this.#statuses.has(name)) this.#statuses.set(name, statuses[i] ?? 0);
    }
    this.count(tallies);
    this.#fifo ??= fifo;
  }

  get counts(): boolean {
    return this.#tallies.some((count) => count > 0);
  }

  /** Ports whose reads must exit: of the tallies all, for the VMM may be reading them when the guest does. */
  get ports(): readonly number[] {
    const tallies = this.counts ? TALLIES : [];
    const fifo = this.#fifo === undefined ? [] : (["FIFO"] as const);
    return [...this.#statuses.keys(), ...tallies, ...fifo].map((name) => OFFSET[name]);
  }

  /** `monitors`: RCR.MON, which RSR.DIS follows. Undefined when the card has a newer one. */
  status(name: Status, monitors: boolean): number | undefined {
    const status = this.#statuses.get(name);
    if (status === undefined || name !== "RSR") return status;
    return (status & ~RSR.DIS) | (monitors ? RSR.DIS : 0);
  }

  serve(name: Status, value: number): void {
    this.#statuses.set(name, value);
  }

  /** The next byte of the FIFO; undefined when it is the card's own. */
  readFifo(): number | undefined {
    if (this.#fifo === undefined) return undefined;
    const byte = this.#fifo[this.#fifoNext];
    this.#fifoNext = (this.#fifoNext + 1) % FIFO_BYTES;
    return byte;
  }

  /** What the card has counted since is added; true when a counter has come to its half. */
  count(counts: readonly number[]): boolean {
    let half = false;
    for (const [i, more] of counts.entries()) {
      const before = this.#tallies[i] ?? 0;
      const after = Math.min(TALLY_MAX, before + more);
      this.#tallies[i] = after;
      half ||= before < TALLY_HALF && after >= TALLY_HALF;
    }
    return half;
  }

  /** Reading a counter clears it. `count`: what the card's own has to add. */
  takeTally(name: Tally, count: number): number {
    const index = TALLIES.indexOf(name);
    const value = Math.min(TALLY_MAX, (this.#tallies[index] ?? 0) + count);
    this.#tallies[index] = 0;
    return value;
  }

  /** A transmission has begun: the card has statuses of its own again. */
  transmits(): void {
    this.#drop(["TSR", "NCR", "CLDA0", "CLDA1"]);
  }

  /** A frame has gone round in loopback. */
  loopsBack(): void {
    this.#fifo = undefined;
    this.#fifoNext = 0;
    this.#drop(["RSR"]);
  }

  /** Interrupt status tells of frames that came in, or did not. True when anything was served. */
  receives(events: number): boolean {
    if ((events & ISR.PRX) !== 0) return this.#drop(["RSR", "CLDA0", "CLDA1"]);
    return (events & ISR.RXE) !== 0 && this.#drop(["RSR"]);
  }

  #drop(names: readonly Status[]): boolean {
    return names.filter((name) => this.#statuses.delete(name)).length > 0;
  }
}
