/** What all policies share: whose want comes first, and how long a mere listener waits. */
import { NS_PER_MS } from "../../base/units.ts";
import type { Ledger, Want } from "../ledger.ts";

/** A listener that has waited so long counts as much as a blocked guest: a busy card does not starve receivers. */
export const LISTENER_PATIENCE_NS = 20 * NS_PER_MS;
/** An owner keeps the card at least so long when the others only listen. */
export const LISTENING_QUANTUM_NS = 5 * NS_PER_MS;
/** About what a handoff costs: an owner that uses the card keeps it at least so long, or the card would only change hands. */
export const HOLD_NS = 500_000;
/** An owner that has not been seen at the card for so long is idle. */
export const IDLE_NS = 200_000;

export const isUrgent = (want: Want, nowNs: number): boolean =>
  want.reason !== "listening" || nowNs - want.sinceNs >= LISTENER_PATIENCE_NS;

/** The wants that count now: the urgent ones, or all of them when none is. Oldest first. */
export function candidates(ledger: Ledger, nowNs: number): readonly Want[] {
  const urgent = ledger.wants.filter((want) => isUrgent(want, nowNs));
  return urgent.length > 0 ? urgent : ledger.wants;
}

/** When the first listener will have lost its patience; undefined when nobody listens. */
export function nextUrgencyNs(ledger: Ledger): number | undefined {
  const times = ledger.wants
    .filter((want) => want.reason === "listening")
    .map((want) => want.sinceNs + LISTENER_PATIENCE_NS);
  return times.length === 0 ? undefined : Math.min(...times);
}
