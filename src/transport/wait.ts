/**
 * Spin first, then sleep. A sleep across cores costs a hundred times what an answer takes, so spinning pays when the
 * peer has a core of its own; when it has not, spinning keeps it from answering. The budget of spins learns which:
 * it grows when a spin was enough, halves when it was not, and is probed now and then once it has gone.
 */
import { NS_PER_MS } from "../base/units.ts";
import type { Doorbell } from "./doorbell.ts";

/** "timeout": the deadline passed, or the longest sleep did; ask again after serving the event loop. */
export type WaitOutcome = "ready" | "timeout";

export interface WaitLimits {
  /** Spins allowed at the beginning, and in a probe. */
  readonly startSpins: number;
  /** The budget never exceeds this. 0: never spin. */
  readonly capSpins: number;
  /** The longest one wait sleeps, so that the worker's event loop is served. */
  readonly maxSleepNs: number;
}

export const DEFAULT_LIMITS: WaitLimits = {
  startSpins: 20_000,
  capSpins: 40_000,
  maxSleepNs: 10 * NS_PER_MS,
};

/** A budget below this is as good as none: every `PROBE_PERIOD`th wait tries `startSpins` instead. */
const PROBE_BELOW = 64;
const PROBE_PERIOD = 256;
/** A spin that was enough lets the budget grow to so many times its length, and some more if it was very short. */
const GROWTH_FACTOR = 8;
const GROWTH_SPINS = 200;
/** The deadline is looked at once in so many spins (a power of two): some microseconds. */
const SPINS_PER_CLOCK = 1024;

export class AdaptiveWait {
  readonly #limits: WaitLimits;
  #budget: number;
  #waits = 0;

  constructor(limits: Partial<WaitLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#budget = Math.min(this.#limits.startSpins, this.#limits.capSpins);
  }

  /** How many spins the next wait that is no probe may use. */
  get budget(): number {
    return this.#budget;
  }

  /**
   * Waits until `ready()`, which must be cheap, is true; what makes it true must ring `doorbell`. Ends with "timeout" at
   * `deadlineNs` of the clock `nowNs`, and after `maxSleepNs` asleep in any case.
   */
  wait(
    ready: () => boolean,
    deadlineNs: number | undefined,
    nowNs: () => number,
    doorbell: Doorbell,
  ): WaitOutcome {
    if (this.#spin(ready, deadlineNs, nowNs)) return "ready";
    const startNs = nowNs();
    const endNs = Math.min(startNs + this.#limits.maxSleepNs, deadlineNs ?? Number.POSITIVE_INFINITY);
    for (let leftNs = endNs - startNs; leftNs > 0; leftNs = endNs - nowNs()) {
      const outcome = doorbell.sleep(ready, leftNs);
      if (ready()) return "ready";
      if (outcome === "timeout") break;
    }
    return "timeout";
  }

  #spin(ready: () => boolean, deadlineNs: number | undefined, nowNs: () => number): boolean {
    const spins = this.#nextSpins();
    if (ready()) return true;
    for (let used = 1; used <= spins; used++) {
      if (ready()) {
        const enough = GROWTH_FACTOR * used + GROWTH_SPINS;
        this.#budget = Math.min(this.#limits.capSpins, Math.max(this.#budget, enough));
        return true;
      }
      if (used % SPINS_PER_CLOCK === 0 && deadlineNs !== undefined && nowNs() >= deadlineNs) return false;
    }
    this.#budget >>= 1;
    return false;
  }

  #nextSpins(): number {
    this.#waits++;
    const probe = this.#budget < PROBE_BELOW && this.#waits % PROBE_PERIOD === 0;
    return probe ? Math.min(this.#limits.startSpins, this.#limits.capSpins) : this.#budget;
  }
}
