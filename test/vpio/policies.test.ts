/** When the card changes hands and to whom: each policy by its decisions, and in long runs of virtual time. */
import { describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import { NS_PER_US } from "../../src/base/units.ts";
import { POLICY_KINDS } from "../../src/scenario/schema.ts";
import { heldBy, type Ledger, newLedger, type Policy, used, want } from "../../src/vpio/ledger.ts";
import { makePolicy, type PolicyChoice } from "../../src/vpio/policies/catalogue.ts";
import { HOLD_NS, IDLE_NS } from "../../src/vpio/policies/urgency.ts";
import { describePolicy, HOG, live, owned, QUANTUM_NS, type Skips } from "../support/policy-suite.ts";

const CHOICES = POLICY_KINDS.map(
  (kind): PolicyChoice => (kind === "fifo" ? { kind } : { kind, quantumNs: QUANTUM_NS }),
);
const [A, B, C] = [guestId(0), guestId(1), guestId(2)];

const SKIPS: Readonly<Partial<Record<PolicyChoice["kind"], Skips>>> = {
  "fair-share": {
    "grants each want within a bounded time": "it first makes up for what others have had less of before",
  },
};

for (const choice of CHOICES) describePolicy(makePolicy(choice), SKIPS[choice.kind]);

describe("what tells the policies apart", () => {
  const wants = want(
    want(want({ ...newLedger(), previous: B }, C, "blocked", 3), A, "frame", 2),
    B,
    "blocked",
    1,
  );

  it("fifo: the longest wait first; round-robin: the next number; fair share: who has had least for its weight", () => {
    const heldNs = new Map([
      [A, 300],
      [B, 100],
      [C, 200],
    ]);
    const held: Ledger = { ...wants, heldNs };
    const [fifo, roundRobin, fairShare] = CHOICES.map(makePolicy) as [Policy, Policy, Policy];
    expect(fifo.next(held, 10)).toBe(B);
    expect(roundRobin.next(held, 10)).toBe(C);
    expect(roundRobin.next({ ...held, previous: C }, 10)).toBe(A);
    expect(fairShare.next(held, 10)).toBe(B);
    expect(fairShare.next({ ...held, weights: new Map([[A, 4]]) }, 10)).toBe(A);
  });

  it("only fifo has no preemption: it waits for transmits where the others revoke", () => {
    const ledger = used(want(owned(A, 0), B, "blocked", 0), QUANTUM_NS);
    const kinds = CHOICES.map((choice) => makePolicy(choice).decide(ledger, "completing", QUANTUM_NS).kind);
    expect(kinds).toEqual(["wait", "revoke", "revoke"]);
  });

  it("an owner that uses the card keeps it for the quantum, under fifo for what a handoff takes", () => {
    const ledger = used(want(owned(A, 0), B, "blocked", 0), 400 * NS_PER_US);
    const until = CHOICES.map((choice) => makePolicy(choice).decide(ledger, "reusable", 450 * NS_PER_US));
    expect(until).toEqual([
      { kind: "keep", untilNs: HOLD_NS },
      { kind: "keep", untilNs: 400 * NS_PER_US + IDLE_NS },
      { kind: "keep", untilNs: 400 * NS_PER_US + IDLE_NS },
    ]);
  });
});

describe("fair share", () => {
  it.each([[[1, 1, 1]], [[1, 2, 4]], [[10, 1, 1]]])(
    "of guests that always want the card comes near their weights %j",
    (weights) => {
      const byGuest = new Map(weights.map((weight, i) => [guestId(i), weight]));
      const policy = makePolicy({ kind: "fair-share", quantumNs: QUANTUM_NS });
      const { ledger, endNs } = live(
        policy,
        weights.map(() => HOG),
        byGuest,
        3,
      );
      const held = weights.map((_, i) => heldBy(ledger, guestId(i), endNs));
      const total = held.reduce((sum, ns) => sum + ns);
      const weightSum = weights.reduce((sum, weight) => sum + weight);
      for (const [i, weight] of weights.entries()) {
        expect(Math.abs((held[i] as number) / total - weight / weightSum)).toBeLessThan(0.02);
      }
    },
  );

  it("under round-robin is equal for guests that always want the card", () => {
    const policy = makePolicy({ kind: "round-robin", quantumNs: QUANTUM_NS });
    const { grants } = live(policy, [HOG, HOG, HOG, HOG], new Map(), 4);
    expect(Math.max(...grants) - Math.min(...grants)).toBeLessThanOrEqual(1);
  });
});
