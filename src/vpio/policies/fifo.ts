/**
 * First come, first served, as in the paper: the card changes hands as soon as the model says reusable and somebody is
 * blocked (but an owner in mid-use keeps it for the cost of a handoff). There is no preemption: an owner that never lets
 * the card become reusable keeps it until the watchdog.
 */
import { keep, type Policy, REVOKE, WAIT } from "../ledger.ts";
import { candidates, isUrgent, LISTENING_QUANTUM_NS, nextUrgencyNs, yieldAtNs } from "./urgency.ts";

export function fifo(): Policy {
  return {
    name: "fifo",
    next: (ledger, nowNs) => candidates(ledger, nowNs).toSorted((a, b) => a.sinceNs - b.sinceNs)[0]?.guest,
    decide(ledger, phase, nowNs) {
      if (ledger.wants.length === 0) return keep();
      const due = phase === "reusable" ? REVOKE : WAIT;
      if (ledger.wants.some((want) => isUrgent(want, nowNs))) {
        const dueNs = yieldAtNs(ledger);
        return nowNs >= dueNs ? due : keep(dueNs);
      }
      const dueNs = Math.max(ledger.grantedAtNs, ledger.usedAtNs) + LISTENING_QUANTUM_NS;
      return nowNs >= dueNs ? due : keep(Math.min(dueNs, nextUrgencyNs(ledger, nowNs) ?? dueNs));
    },
  };
}
