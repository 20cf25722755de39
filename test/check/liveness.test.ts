/** Whatever a guest asks for is answered in the end: under every policy; and lassos, where it is not. */
import { describe, expect, it } from "vitest";
import { ArbiterBody } from "../../src/check/bodies/arbiter.ts";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { GuestBody } from "../../src/check/bodies/guest.ts";
import { stepRows } from "../../src/check/counterexample.ts";
import { Handoff, type Parts, REAL_PARTS } from "../../src/check/handoff.ts";
import { checkLiveness, type LivenessFinding } from "../../src/check/liveness.ts";
import type { PolicyName } from "../../src/check/policies.ts";
import { boundsOf } from "../../src/check/worlds.ts";

const small = (policy: PolicyName): Bounds => ({ ...boundsOf("order", 2, policy), passed: 0 });
const card = (policy: PolicyName): Bounds => ({ ...boundsOf("card", 2, policy), frames: false });
const failures = (policy: PolicyName): Bounds => ({ ...boundsOf("failures", 2, policy), cardLoss: false });

const found = (bounds: Bounds, reduce = false): LivenessFinding =>
  checkLiveness(new Handoff(bounds), { reduce });

describe("every request is answered in the end", () => {
  const WORLDS: readonly (readonly [string, Bounds])[] = [
    ["fifo", small("fifo")],
    ["round-robin", small("round-robin")],
    ["fair-share", small("fair-share")],
    ["fifo, three guests", boundsOf("order", 3, "fifo")],
    ["round-robin, three guests", boundsOf("order", 3, "round-robin")],
    ["fair-share, three guests", boundsOf("order", 3, "fair-share")],
    ["fifo, while a guest transmits", card("fifo")],
    ["round-robin, while a guest transmits", card("round-robin")],
    ["fair-share, while a guest transmits", card("fair-share")],
    ["fifo, while guests fail and die", failures("fifo")],
    ["round-robin, while guests fail and die", failures("round-robin")],
    ["fair-share, while guests fail and die", failures("fair-share")],
    ["fifo, while frames want the card", boundsOf("receivers", 2, "fifo")],
    ["round-robin, while frames want the card", boundsOf("receivers", 2, "round-robin")],
    ["fair-share, while frames want the card", boundsOf("receivers", 2, "fair-share")],
  ];

  it.each(WORLDS)("%s", { timeout: 120_000 }, (_name, bounds) => {
    const { verdict, waiting, states } = found(bounds);
    expect(verdict).toBe("holds");
    expect(waiting).toBeGreaterThan(100);
    expect(waiting).toBeLessThan(states);
    const reduced = found(bounds, true);
    expect(reduced.verdict).toBe("holds");
    expect(reduced.waiting).toBeGreaterThan(100);
    expect(reduced.states).toBeLessThan(0.8 * states);
  });
});

class LastComeFirst extends ArbiterBody {
  protected override candidates(wants: readonly number[]): readonly number[] {
    return wants.slice(-1);
  }
}

class NoWatchdog extends ArbiterBody {
  /** A card that is not reusable is waited for without end. */
  protected override watch(owner: number, due: boolean) {
    const event = super.watch(owner, due);
    return event === "WATCHDOG" ? "POLL" : event;
  }
}

class EndlessLoan extends ArbiterBody {
  /** As it was before a lasso showed what comes of it: the watchdog forgets an owner that gets the card back. */
  protected override grant(): void {
    this.data.lent = false;
    super.grant();
  }
}

class PartialArbiter extends ArbiterBody {
  /** Whoever transmits goes first, and a watched guest that does so is none the worse for it. */
  protected override candidates(wants: readonly number[]): readonly number[] {
    const preferred = wants.filter((guest) => this.desk(guest).transmits);
    return preferred.length > 0 ? preferred : super.candidates(wants);
  }
}

class ForgetfulGuest extends GuestBody {
  /** Once its card is taken by force, it does not see the answer to what it had asked of it. */
  protected override takeFenced(): void {}
}

const MUTANTS: readonly (readonly [what: string, bounds: Bounds, parts: Partial<Parts>])[] = [
  ["a policy that prefers whoever came last", boundsOf("order", 3, "fifo"), { Arbiter: LastComeFirst }],
  ["a policy that is not fair", small("any"), {}],
  ["a policy that prefers another guest", { ...card("fifo"), transmitters: 1 }, { Arbiter: PartialArbiter }],
  ["an arbiter without a watchdog", small("fifo"), { Arbiter: NoWatchdog }],
  ["an arbiter that lends the card again and again", card("round-robin"), { Arbiter: EndlessLoan }],
  ["a guest that does not see a refusal", boundsOf("order", 2, "fifo"), { Guest: ForgetfulGuest }],
];

describe("a lasso shows", () => {
  const SEARCHES = MUTANTS.flatMap(([what, bounds, parts]) =>
    [false, true].map((reduce) => [what, reduce, bounds, parts] as const),
  );

  it.each(SEARCHES)("%s; reduced: %s", { timeout: 120_000 }, (_what, reduce, bounds, parts) => {
    const system = new Handoff(bounds, { ...REAL_PARTS, ...parts });
    const { verdict, lasso } = checkLiveness(system, { reduce });
    expect(verdict).toBe("violated");
    if (lasso === undefined) throw new Error("a violation has a lasso");
    expect(lasso.stemSteps).toBeLessThan(lasso.trace.length);
    expect(stepRows(system, lasso)).toHaveLength(lasso.trace.length);
    // Around the cycle the watched guest waits, and what the others look like comes back.
    const looks = stepRows(system, lasso).map(([, , , arbiter, nic, guests]) =>
      [arbiter, nic, guests].join(),
    );
    const round = looks.slice(Math.max(0, lasso.stemSteps - 1));
    expect(round.every((look) => look.includes("waiting"))).toBe(true);
    if (bounds.guests === 2 && lasso.stemSteps > 0) expect(round.at(-1)).toBe(round[0]);
  });
});
