/** The clock of a run on threads: nanoseconds since its begin, the same on every thread. */
import { NS_PER_MS } from "../base/units.ts";

/** Nanoseconds of the machine's monotonic clock; agrees between the threads of a process. */
export const monotonicNs = (): bigint => process.hrtime.bigint();

export class RunClock {
  /** What `performance.now` of this thread shows at the run's begin, in ns. */
  readonly #originNs: number;

  /** `beganNs`: the monotonic clock at the run's begin. */
  constructor(beganNs: bigint) {
    const sinceBegin = Number(monotonicNs() - beganNs);
    this.#originNs = performance.now() * NS_PER_MS - sinceBegin;
  }

  /** Whole nanoseconds since the begin. */
  readonly nowNs = (): number => Math.round(performance.now() * NS_PER_MS - this.#originNs);
}
