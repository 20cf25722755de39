/** What every handoff policy must do: the conformance suite of `Policy`. */
import { describe, expect, it } from "vitest";
import { type GuestId, guestId } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import { NS_PER_MS, NS_PER_S, NS_PER_US } from "../../src/base/units.ts";
import type { Phase } from "../../src/devices/model.ts";
import {
  grant,
  granted,
  type Ledger,
  newLedger,
  type Policy,
  release,
  used,
  want,
} from "../../src/vpio/ledger.ts";
import {
  HOLD_NS,
  IDLE_NS,
  LISTENER_PATIENCE_NS,
  LISTENING_QUANTUM_NS,
} from "../../src/vpio/policies/urgency.ts";

/** Tests that a policy cannot pass, each with the reason. */
export type Skips = Readonly<Record<string, string>>;

/** For policies that have one. */
export const QUANTUM_NS = 2 * NS_PER_MS;
const [A, B] = [guestId(0), guestId(1)];

export const owned = (guest: GuestId, atNs: number): Ledger =>
  granted(grant(newLedger(), guest, atNs), 0, atNs);

export function describePolicy(policy: Policy, skips: Skips = {}): void {
  const test = (name: string, body: () => void): void => {
    const reason = skips[name];
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, body);
  };

  describe(`policy ${policy.name}`, () => {
    test("lets an owner keep a card that nobody else wants, for ever", () => {
      for (const phase of ["reusable", "completing", "programming"] as const) {
        expect(policy.decide(owned(A, 0), phase, NS_PER_S)).toEqual({ kind: "keep", untilNs: undefined });
      }
      expect(policy.next(newLedger(), 0)).toBeUndefined();
    });

    test("takes the card from an idle owner for a blocked guest", () => {
      const ledger = want(owned(A, 0), B, "blocked", 10);
      expect(policy.decide(ledger, "reusable", IDLE_NS - 1).kind).toBe("keep");
      expect(policy.decide(ledger, "reusable", IDLE_NS)).toEqual({ kind: "revoke" });
    });

    test("gives a mere listener the card only after a listening quantum, or when its patience is over", () => {
      const listener = want(owned(A, 0), B, "listening", 0);
      const busy = used(listener, LISTENING_QUANTUM_NS - 1);
      expect(policy.decide(listener, "reusable", LISTENING_QUANTUM_NS - 1).kind).toBe("keep");
      expect(policy.decide(listener, "reusable", LISTENING_QUANTUM_NS).kind).toBe("revoke");
      expect(
        policy.decide(used(busy, LISTENER_PATIENCE_NS), "reusable", LISTENER_PATIENCE_NS + HOLD_NS).kind,
      ).toBe("revoke");
    });

    test("prefers the blocked to listeners, until those have lost their patience", () => {
      const ledger = want(want(newLedger(), A, "listening", 0), B, "blocked", LISTENER_PATIENCE_NS - 5);
      expect(policy.next(ledger, LISTENER_PATIENCE_NS - 1)).toBe(B);
      expect(policy.next(ledger, LISTENER_PATIENCE_NS)).toBe(A);
    });

    test("waits for an owner in the middle of something only it can finish", () => {
      const ledger = want(owned(A, 0), B, "blocked", 0);
      expect(policy.decide(ledger, "programming", QUANTUM_NS)).toEqual({ kind: "wait" });
    });

    test("grants each of bursty guests, hogs and listeners the card again and again", () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        for (const count of live(policy, CROWD, new Map(), seed).grants) expect(count).toBeGreaterThan(10);
      }
    });

    test("grants each want within a bounded time", () => {
      const turnNs = Math.max(QUANTUM_NS, LISTENING_QUANTUM_NS) + HANDOFF_NS + USE_NS;
      // Patience, then everybody else twice: once those before it in line, once those that grew impatient meanwhile.
      const boundNs = LISTENER_PATIENCE_NS + 2 * CROWD.length * turnNs;
      for (let seed = 1; seed <= SEEDS; seed++) {
        expect(live(policy, CROWD, new Map(), seed).longestWaitNs).toBeLessThan(boundNs);
      }
    });
  });
}

/** A guest in a long run: how it uses the card. */
interface Habits {
  /** Uses in a row before it leaves the card alone, and for how long it does so. */
  readonly uses: number;
  readonly restNs: number;
  /** Only waits for frames; it never blocks. */
  readonly listens: boolean;
}

interface Outcome {
  readonly ledger: Ledger;
  readonly longestWaitNs: number;
  readonly grants: readonly number[];
  readonly endNs: number;
}

const USE_NS = 50 * NS_PER_US;
const HANDOFF_NS = 200 * NS_PER_US;

/** A card and its guests in virtual time; an owner's card is busy for the first half of each use. */
export function live(
  policy: Policy,
  habits: readonly Habits[],
  weights: Map<GuestId, number>,
  seed: number,
): Outcome {
  const prng = new Prng(seed);
  const endNs = 4 * NS_PER_S;
  let nowNs = 0;
  let ledger = newLedger(weights);
  let longestWaitNs = 0;
  const grants = habits.map(() => 0);
  const left = habits.map(({ uses }) => uses);
  const nextUseNs = habits.map(({ listens }) => (listens ? Number.POSITIVE_INFINITY : prng.below(NS_PER_MS)));
  const blocks = (): void => {
    for (const [i, { listens }] of habits.entries()) {
      const guest = guestId(i);
      if (guest === ledger.owner) continue;
      if (listens) ledger = want(ledger, guest, "listening", nowNs);
      else if ((nextUseNs[i] as number) <= nowNs) ledger = want(ledger, guest, "blocked", nowNs);
    }
  };
  const takeOwnersUses = (i: number): Phase => {
    const next = nextUseNs[i] as number;
    if (next > nowNs) return nowNs < ledger.usedAtNs + USE_NS / 2 ? "completing" : "reusable";
    ledger = used(ledger, nowNs);
    left[i] = (left[i] as number) - 1;
    const rests = left[i] === 0;
    if (rests) left[i] = (habits[i] as Habits).uses;
    nextUseNs[i] = nowNs + USE_NS + (rests ? prng.below((habits[i] as Habits).restNs + 1) : 0);
    return "completing";
  };
  while (nowNs < endNs) {
    blocks();
    if (ledger.owner === undefined) {
      const next = policy.next(ledger, nowNs);
      if (next === undefined) {
        nowNs = Math.min(...nextUseNs, endNs);
        continue;
      }
      const sinceNs = ledger.wants.find(({ guest }) => guest === next)?.sinceNs ?? nowNs;
      ledger = grant(ledger, next, nowNs);
      nowNs += HANDOFF_NS / 2;
      ledger = granted(ledger, HANDOFF_NS, nowNs);
      longestWaitNs = Math.max(longestWaitNs, nowNs - sinceNs);
      grants[next] = (grants[next] as number) + 1;
      nextUseNs[next] = Math.max(
        nextUseNs[next] as number,
        (habits[next] as Habits).listens ? Number.POSITIVE_INFINITY : nowNs,
      );
      continue;
    }
    const phase = takeOwnersUses(ledger.owner);
    const decision = policy.decide(ledger, phase, nowNs);
    if (decision.kind === "revoke") {
      // Who loses the card amid its work is back in line before the card has been saved and reset.
      ledger = release(ledger, nowNs);
      nowNs += HANDOFF_NS / 2;
      continue;
    }
    const askAgainNs = decision.kind === "keep" ? (decision.untilNs ?? endNs) : nowNs + USE_NS / 4;
    // To be asked again at once would be a loop without end where time stands still meanwhile.
    if (askAgainNs <= nowNs)
      throw new Error(`${policy.name} at ${nowNs}: asks to be asked again at ${askAgainNs}`);
    nowNs = Math.min(askAgainNs, ...nextUseNs.filter((atNs) => atNs > nowNs), nowNs + USE_NS / 2);
  }
  return { ledger, longestWaitNs, grants, endNs };
}

/** A guest that always wants the card. */
export const HOG: Habits = { uses: 1_000_000, restNs: 0, listens: false };
const BURSTY: Habits = { uses: 8, restNs: 3 * NS_PER_MS, listens: false };
const LISTENER: Habits = { uses: 1, restNs: 0, listens: true };
const CROWD = [HOG, BURSTY, LISTENER, HOG, BURSTY, LISTENER];
const SEEDS = 5;
