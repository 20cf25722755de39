/** What a campaign's ranges have found, each counted once, in whatever order and how often it is reported. */
import { addTallies, EMPTY_TALLY, type SeedRange, type StressTally } from "../range.ts";

/** A failing seed that was made small where it was found. */
export interface ShrunkSeed {
  readonly seed: number;
  /** Its replay file. */
  readonly replay: string;
}

/** How a range came to its end. */
export type RangeOutcome =
  | {
      readonly kind: "done";
      readonly worker: string;
      readonly tally: StressTally;
      readonly shrunk: readonly ShrunkSeed[];
    }
  /** It could not be run: a defect of vpio, or its workers died of it. */
  | { readonly kind: "broken"; readonly worker: string; readonly why: string };

export class RangeLedger {
  readonly #ranges: readonly SeedRange[];
  readonly #outcomes = new Map<number, RangeOutcome>();
  #tally = EMPTY_TALLY;

  constructor(ranges: readonly SeedRange[]) {
    this.#ranges = ranges;
  }

  /** False: the range was counted before, or is none of the campaign's. */
  count(index: number, outcome: RangeOutcome): boolean {
    if (this.#ranges[index] === undefined || this.#outcomes.has(index)) return false;
    this.#outcomes.set(index, outcome);
    if (outcome.kind === "done") this.#tally = addTallies(this.#tally, outcome.tally);
    return true;
  }

  has(index: number): boolean {
    return this.#outcomes.has(index);
  }

  /** By the numbers of their ranges. */
  get outcomes(): ReadonlyMap<number, RangeOutcome> {
    return this.#outcomes;
  }

  /** The ranges that nobody has reported yet. */
  get outstanding(): readonly number[] {
    return [...this.#ranges.keys()].filter((index) => !this.#outcomes.has(index));
  }

  get tally(): StressTally {
    return this.#tally;
  }

  /** In order of their seeds. */
  get shrunk(): readonly ShrunkSeed[] {
    return [...this.#outcomes.values()]
      .flatMap((outcome) => (outcome.kind === "done" ? outcome.shrunk : []))
      .sort((a, b) => a.seed - b.seed);
  }

  /** The first range that cannot be run. */
  get broken(): (RangeOutcome & { readonly kind: "broken"; readonly range: SeedRange }) | undefined {
    for (const [index, range] of this.#ranges.entries()) {
      const outcome = this.#outcomes.get(index);
      if (outcome?.kind === "broken") return { ...outcome, range };
    }
    return undefined;
  }
}
