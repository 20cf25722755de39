/** Three guests in one world, under every policy that ships: what the test files beside this one run, each in its thread. */
import { describe, expect, it } from "vitest";
import { explore } from "../../src/check/explorer.ts";
import { Handoff } from "../../src/check/handoff.ts";
import { checkLiveness } from "../../src/check/liveness.ts";
import { boundsOf, livenessBounds, type World } from "../../src/check/worlds.ts";
import { POLICY_KINDS } from "../../src/scenario/schema.ts";

const LIMIT_MS = 300_000;

export function threeGuests(world: World): void {
  describe.each(POLICY_KINDS)(`three guests in the world ${world} under %s`, (policy) => {
    const bounds = boundsOf(world, 3, policy);

    it("violate nothing, whatever comes before what", { timeout: LIMIT_MS }, () => {
      const { verdict, counterexample, states } = explore(new Handoff(bounds), { reduce: true });
      expect(counterexample).toBeUndefined();
      expect(verdict).toBe("holds");
      expect(states).toBeGreaterThan(100_000);
    });

    it("are answered in the end", { timeout: LIMIT_MS }, () => {
      const { verdict, waiting, states } = checkLiveness(new Handoff(livenessBounds(bounds)), {
        reduce: true,
      });
      expect(verdict).toBe("holds");
      expect(waiting).toBeGreaterThan(100_000);
      expect(waiting).toBeLessThan(states);
    });
  });
}
