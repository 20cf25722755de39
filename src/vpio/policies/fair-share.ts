/**
 * Weighted fair share: the card goes to the guest that has held it least for its weight; an owner keeps it for a quantum
 * at a time.
 */
import type { GuestId } from "../../base/ids.ts";
import { heldBy, type Ledger, type Policy } from "../ledger.ts";
import { decideByQuantum } from "./round-robin.ts";
import { candidates } from "./urgency.ts";

/** Time held over weight. */
function share(ledger: Ledger, guest: GuestId, nowNs: number): number {
  return heldBy(ledger, guest, nowNs) / (ledger.weights.get(guest) ?? 1);
}

export function fairShare(quantumNs: number): Policy {
  return {
    name: "fair-share",
    next(ledger, nowNs) {
      const byShare = candidates(ledger, nowNs).toSorted(
        (a, b) => share(ledger, a.guest, nowNs) - share(ledger, b.guest, nowNs) || a.sinceNs - b.sinceNs,
      );
      return byShare[0]?.guest;
    },
    decide: (ledger, phase, nowNs) => decideByQuantum(ledger, phase, nowNs, quantumNs),
  };
}
