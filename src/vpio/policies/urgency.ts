/** What all policies share: whose want comes first, and how long a mere listener waits. */
import { earliest } from "../../base/earliest.ts";
import { NS_PER_MS } from "../../base/units.ts";
import type { Ledger, Want } from "../ledger.ts";

/** A listener that has waited so long counts as much as a blocked guest: a busy card does not starve receivers. */
export const LISTENER_PATIENCE_NS = 20 * NS_PER_MS;
/** An owner keeps the card at least so long when the others only listen. */
export const LISTENING_QUANTUM_NS = 5 * NS_PER_MS;
/** An owner that uses the card keeps it at least so long, and at least for what a handoff takes: else it only changes hands. */
export const HOLD_NS = 500_000;
/** An owner that has not been seen at the card for so long is idle. */
export const IDLE_NS = 200_000;

/** When an owner may be asked to go for the sake of an urgent want. */
export function yieldAtNs(ledger: Ledger): number {
  const holdNs = Math.max(HOLD_NS, ledger.handoffNs);
  return Math.min(ledger.grantedAtNs + holdNs, idleAtNs(ledger));
}

/** From when on the owner counts as idle. Where handoffs are slow, so is its coming back. */
export const idleAtNs = (ledger: Ledger): number => ledger.usedAtNs + Math.max(IDLE_NS, ledger.handoffNs / 2);

export const isUrgent = (want: Want, nowNs: number): boolean =>
  want.reason !== "listening" || nowNs - want.sinceNs >= LISTENER_PATIENCE_NS;

/** The wants that count now: the urgent ones, or all of them when none is. Oldest first. */
export function candidates(ledger: Ledger, nowNs: number): readonly Want[] {
  const urgent = ledger.wants.filter((want) => isUrgent(want, nowNs));
  return urgent.length > 0 ? urgent : ledger.wants;
}

/** When the next listener will lose its patience; undefined when none has any to lose. */
export function nextUrgencyNs(ledger: Ledger, nowNs: number): number | undefined {
  const calm = ledger.wants.filter((want) => !isUrgent(want, nowNs));
  return earliest(...calm.map((want) => want.sinceNs + LISTENER_PATIENCE_NS));
}
