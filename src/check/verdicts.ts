/** What an exploration says of each property. */
import type { Exploration } from "./explorer.ts";
import { LIVENESS, type LivenessFinding } from "./liveness.ts";
import { SAFETY, type SafetyProperty } from "./turn.ts";

export interface Verdict {
  readonly property: string;
  readonly what: string;
  readonly verdict: "holds" | "violated" | "unknown";
}

/** A reduced search takes some messages at once, so that channels hold less (src/check/reduction.ts). */
const HIDDEN_BY_REDUCTION: SafetyProperty = "bounded channels";

/** Situations that must occur, or the checks would be empty: (role, event) of some statechart. */
export const SOMETIMES: Readonly<Record<string, readonly [role: string, event: string]>> = {
  "an owner gives the card back when asked": ["arbiter", "REVOKED"],
  "an owner is fenced off": ["arbiter", "REVOKE_TIMEOUT"],
  "the watchdog takes the card": ["arbiter", "WATCHDOG"],
  "a stale operation is refused": ["nic", "STALE_IO"],
  "the fence waits for posted writes": ["nic", "DRAINED"],
};

/** One verdict for each safety property: a violated one says nothing of the others, and a reduced search not of all. */
export function safetyVerdicts(
  { verdict, counterexample }: Exploration,
  reduced = false,
): readonly Verdict[] {
  return Object.entries(SAFETY).map(([property, what]) => {
    if (counterexample?.property === (property as SafetyProperty))
      return { property, what, verdict: "violated" };
    const seen = verdict === "holds" && !(reduced && property === HIDDEN_BY_REDUCTION);
    return { property, what, verdict: seen ? "holds" : "unknown" };
  });
}

export function livenessVerdict(finding: LivenessFinding | undefined): Verdict {
  const verdict = finding === undefined || finding.verdict === "inconclusive" ? "unknown" : finding.verdict;
  return { property: "answered", what: LIVENESS.answered, verdict };
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
