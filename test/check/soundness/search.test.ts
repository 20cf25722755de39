/** The search itself, on things whose every way is known. */
import { describe, expect, it } from "vitest";
import { search, searching } from "../../../src/check/soundness/search.ts";
import type { Breach, Subject, TakenStep } from "../../../src/check/soundness/subject.ts";

const LEFT = 0;
const RIGHT = 1;
/** Right, with a step to the left in the middle of it. */
const BOTH = 2;

/**
 * Somebody on a strip of squares, who falls off at some of them and finds others uninhabitable when looking
 * round.
 */
class Strip implements Subject {
  at = 0;
  variants: readonly number[] = [];
  taken: readonly TakenStep[] = [];
  readonly #squares: number;
  readonly #pits: readonly number[];
  readonly #dens: readonly number[];

  constructor(squares: number, pits: readonly number[] = [], dens: readonly number[] = []) {
    this.#squares = squares;
    this.#pits = pits;
    this.#dens = dens;
  }

  enabled(): readonly number[] {
    return [...(this.at > 0 ? [LEFT] : []), ...(this.at < this.#squares - 1 ? [RIGHT] : [])];
  }

  take(action: number): Breach | undefined {
    this.variants = action === RIGHT && this.at === 1 ? [BOTH] : [];
    this.at += action === LEFT ? -1 : action === RIGHT ? 1 : 10;
    this.taken = [{ what: ["left", "right", "both"][action] ?? "", state: String(this.at) }];
    return this.#pits.includes(this.at) ? { property: "checked", what: `pit ${this.at}` } : undefined;
  }

  key(): string {
    return String(this.at);
  }

  wake(): void {}

  probe(): Breach | undefined {
    this.taken = [{ what: "look", state: String(this.at) }];
    return this.#dens.includes(this.at) ? { property: "drained", what: `den ${this.at}` } : undefined;
  }
}

describe("a search", () => {
  it("goes through every state and takes every action in each, and then it holds", () => {
    const found = search(() => new Strip(6));
    expect(found).toMatchObject({ verdict: "holds", states: 12, transitions: 17, depth: 8, unexplored: 0 });
  });

  it("finds a shortest way, and says what is broken with its last step or when one looks", () => {
    const [pit] = search(() => new Strip(6, [3])).counterexamples;
    expect(pit).toEqual({
      property: "checked",
      what: "pit 3",
      steps: [1, 2, 3].map((at) => ({ what: "right", state: String(at) })),
    });
    const [den] = search(() => new Strip(6, [], [2])).counterexamples;
    expect(den?.what).toBe("den 2");
    expect(den?.steps.map(({ what }) => what)).toEqual(["right", "right", "look"]);
  });

  it("finds what is broken before anything happens", () => {
    expect(search(() => new Strip(6, [], [0])).counterexamples[0]?.steps).toEqual([
      { what: "look", state: "0" },
    ]);
  });

  it("takes an action with something in the middle for two steps", () => {
    expect(search(() => new Strip(6, [11]), { steps: 2 }).verdict).toBe("bounded");
    const { verdict, counterexamples } = search(() => new Strip(6, [11]), { steps: 3 });
    expect([verdict, counterexamples[0]?.steps.map(({ what }) => what)]).toEqual([
      "broken",
      ["right", "both"],
    ]);
  });

  it("goes on behind nothing that is broken, and finds each kind once", () => {
    const kindOf = ({ what }: Breach): string => what.split(" ")[0] ?? "";
    const { verdict, states, counterexamples } = search(() => new Strip(6, [3], [11]), { kindOf });
    expect([verdict, states]).toEqual(["broken", 3]);
    expect(counterexamples.map(({ what }) => what)).toEqual(["pit 3", "den 11"]);
  });
});

describe("a search with bounds", () => {
  it("says that there are longer ways", () => {
    expect(search(() => new Strip(6), { steps: 3 })).toMatchObject({
      verdict: "bounded",
      states: 5,
      depth: 3,
    });
  });

  it.each([
    ["memory", { memoryBytes: 1000 }],
    ["time", { seconds: 0 }],
    ["patience", { stopped: () => true }],
  ] as const)("is inconclusive when it runs out of %s, and says so", (what, options) => {
    const found = search(() => new Strip(1000), options);
    expect([found.verdict, found.ranOut]).toEqual(["inconclusive", what]);
    expect(found.unexplored).toBeGreaterThan(0);
  });

  it("can be left alone after each state", () => {
    const work = searching(() => new Strip(6));
    const seen: number[] = [];
    for (let step = work.next(); !step.done; step = work.next()) seen.push(step.value.states);
    expect(seen.length).toBeGreaterThanOrEqual(7);
  });
});
