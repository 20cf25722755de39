/** All that is checked of one world, piece by piece, so that somebody else may have the thread in between. */
import { type Exploration, Search } from "./explorer.ts";
import { Handoff } from "./handoff.ts";
import { type LivenessFinding, LivenessSearch } from "./liveness.ts";
import type { ParallelExploration } from "./parallel/explore.ts";
import type { PlannedWorld } from "./plan.ts";
import { livenessBounds } from "./worlds.ts";

export interface WorldCheckOptions {
  /** For each search. */
  readonly memoryBytes: number;
  readonly reduce: boolean;
  readonly liveness: boolean;
  /** What a search on several threads has found already. */
  readonly known?: ParallelExploration | undefined;
  /** A clock that does not go back. */
  readonly nowMs: () => number;
  /** When the check began, by that clock. */
  readonly beganMs: number;
}

export interface WorldFinding extends PlannedWorld {
  readonly system: Handoff;
  readonly reduced: boolean;
  readonly safety: Exploration;
  readonly safetyMs: number;
  /** Undefined: not asked for, or safety does not hold. */
  readonly liveness: (LivenessFinding & { readonly system: Handoff; readonly tookMs: number }) | undefined;
  /** It was stopped before it came to an end. */
  readonly stopped: boolean;
}

export class WorldCheck {
  readonly #planned: PlannedWorld;
  readonly #options: WorldCheckOptions;
  readonly #system: Handoff;
  readonly #search: Search;
  #beganMs: number;
  #safety: Exploration | undefined;
  #safetyMs = 0;
  #live: { readonly system: Handoff; readonly search: LivenessSearch } | undefined;

  constructor(planned: PlannedWorld, options: WorldCheckOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#system = new Handoff(planned.bounds);
    this.#search = new Search(this.#system, options);
    this.#beganMs = options.beganMs;
  }

  /** How far it is. */
  get progress(): { readonly doing: "safety" | "liveness"; readonly states: number; readonly depth: number } {
    if (this.#live !== undefined) return { doing: "liveness", ...this.#live.search.soFar };
    return { doing: "safety", states: this.#search.states.size, depth: this.#search.depth };
  }

  /** Looks at up to `count` more states. */
  advance(count: number): WorldFinding | undefined {
    if (this.#live !== undefined) {
      const found = this.#live.search.advance(count);
      return found && this.#finding(false, found);
    }
    const { known } = this.#options;
    for (const pair of known?.coverage ?? []) this.#system.coverage.add(pair);
    const safety = known?.exploration ?? this.#search.advance(count);
    if (safety === undefined) return undefined;
    this.#endSafety(safety);
    if (safety.verdict !== "holds" || !this.#options.liveness) return this.#finding(false);
    const system = new Handoff(livenessBounds(this.#planned.bounds));
    this.#live = { system, search: new LivenessSearch(system, this.#options) };
    return undefined;
  }

  /** What is known when it has to end now. */
  stop(): WorldFinding {
    if (this.#safety === undefined) this.#endSafety(this.#search.result("inconclusive"));
    return this.#finding(true, this.#live?.search.soFar);
  }

  #endSafety(safety: Exploration): void {
    const { nowMs } = this.#options;
    this.#safety = safety;
    this.#safetyMs = nowMs() - this.#beganMs;
    this.#beganMs = nowMs();
  }

  #finding(stopped: boolean, found?: LivenessFinding): WorldFinding {
    const safety = this.#safety ?? this.#search.result("inconclusive");
    const tookMs = this.#options.nowMs() - this.#beganMs;
    const live = this.#live;
    return {
      ...this.#planned,
      system: this.#system,
      reduced: this.#options.reduce,
      safety,
      safetyMs: this.#safetyMs,
      liveness: found && live && { ...found, system: live.system, tookMs },
      stopped,
    };
  }
}
