/** What an exploration says of each property. */
import type { Exploration } from "./explorer.ts";
import { SAFETY, type SafetyProperty } from "./turn.ts";

export interface Verdict {
  readonly property: string;
  readonly what: string;
  readonly verdict: "holds" | "violated" | "unknown";
}

/** Situations that must occur, or the checks would be empty: (role, event) of some statechart. */
export const SOMETIMES: Readonly<Record<string, readonly [role: string, event: string]>> = {
  "an owner gives the card back when asked": ["arbiter", "REVOKED"],
  "an owner is fenced off": ["arbiter", "REVOKE_TIMEOUT"],
  "the watchdog takes the card": ["arbiter", "WATCHDOG"],
  "a stale operation is refused": ["nic", "STALE_IO"],
  "the fence waits for posted writes": ["nic", "DRAINED"],
};

/** One verdict for each safety property: a violated one says nothing of the others. */
export function safetyVerdicts({ verdict, counterexample }: Exploration): readonly Verdict[] {
  return Object.entries(SAFETY).map(([property, what]) => {
    if (counterexample?.property === (property as SafetyProperty))
      return { property, what, verdict: "violated" };
    return { property, what, verdict: verdict === "holds" ? "holds" : "unknown" };
  });
}

/** Which of SOMETIMES have occurred, given what the explorations met. */
export function occurrences(coverage: Iterable<string>): ReadonlyMap<string, boolean> {
  const met = new Set<string>();
  for (const entry of coverage) {
    const [role, , event] = entry.split("|");
    met.add(`${role}|${event}`);
  }
  return new Map(
    Object.entries(SOMETIMES).map(([name, [role, event]]) => [name, met.has(`${role}|${event}`)]),
  );
}
