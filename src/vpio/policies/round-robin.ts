/**
 * Each guest in turn, for a quantum. An owner whose quantum is over is revoked even in the middle of its transmits: they
 * complete without it. An idle owner gives way at once.
 */
import type { Phase } from "../../devices/model.ts";
import { type Decision, keep, type Ledger, type Policy, REVOKE, WAIT } from "../ledger.ts";
import { candidates, idleAtNs, isUrgent, LISTENING_QUANTUM_NS, nextUrgencyNs } from "./urgency.ts";

export function roundRobin(quantumNs: number): Policy {
  return {
    name: "round-robin",
    next(ledger, nowNs) {
      const after = ledger.previous ?? -1;
      const wants = candidates(ledger, nowNs).toSorted((a, b) => a.guest - b.guest);
      return (wants.find((want) => want.guest > after) ?? wants[0])?.guest;
    },
    decide: (ledger, phase, nowNs) => decideByQuantum(ledger, phase, nowNs, quantumNs),
  };
}

/** Revokes when the quantum is over, or earlier when the owner is idle; shared by all policies with a quantum. */
export function decideByQuantum(ledger: Ledger, phase: Phase, nowNs: number, quantumNs: number): Decision {
  if (ledger.wants.length === 0) return keep();
  const urgent = ledger.wants.some((want) => isUrgent(want, nowNs));
  const quantumOverNs = ledger.grantedAtNs + (urgent ? quantumNs : Math.max(quantumNs, LISTENING_QUANTUM_NS));
  if (nowNs >= quantumOverNs) return phase === "programming" ? WAIT : REVOKE;
  const idleNs = idleAtNs(ledger);
  if (urgent && phase === "reusable" && nowNs >= idleNs) return REVOKE;
  const againNs = urgent && nowNs < idleNs ? Math.min(idleNs, quantumOverNs) : quantumOverNs;
  return keep(Math.min(againNs, nextUrgencyNs(ledger, nowNs) ?? againNs));
}
