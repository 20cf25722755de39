/**
 * The ownership ledger of one card: who holds it, under which epoch, who wants it and since when, and how long each guest
 * has held it. Plain data and pure functions: policies read it, checkers enumerate it.
 */
import { type Epoch, epoch, type GuestId } from "../base/ids.ts";
import type { Phase } from "../devices/model.ts";

/**
 * Why a guest wants the card: an operation of its is blocked; a frame is held for it; or it only listens (it lost the
 * card with its receiver armed).
 */
export type Reason = "blocked" | "frame" | "listening";

export interface Want {
  readonly guest: GuestId;
  readonly reason: Reason;
  readonly sinceNs: number;
}

export interface Ledger {
  readonly owner: GuestId | undefined;
  /** The owner last before the present one: round-robin goes on from it. */
  readonly previous: GuestId | undefined;
  /** The last epoch given out. */
  readonly epoch: Epoch;
  /** When the owner could first use the card. */
  readonly grantedAtNs: number;
  /** What the last handoff took, from the decision to the grant. */
  readonly handoffNs: number;
  /** When the owner last did something the VMM could see. */
  readonly usedAtNs: number;
  /** At most one for each guest, oldest first. */
  readonly wants: readonly Want[];
  /** Time each guest has held the card, without the present ownership. By guest id. */
  readonly heldNs: ReadonlyMap<GuestId, number>;
  /** Share of each guest under fair share; 1 when absent. */
  readonly weights: ReadonlyMap<GuestId, number>;
}

export function newLedger(weights: ReadonlyMap<GuestId, number> = new Map()): Ledger {
  return {
    owner: undefined,
    previous: undefined,
    epoch: epoch(0),
    grantedAtNs: 0,
    handoffNs: 0,
    usedAtNs: 0,
    wants: [],
    heldNs: new Map(),
    weights,
  };
}

const STRENGTH: Readonly<Record<Reason, number>> = { listening: 0, frame: 1, blocked: 2 };

/**
 * Adds a want, or strengthens the one the guest has: that keeps its place in time, but for a listener, who has waited for
 * an operation or a frame only since now.
 */
export function want(ledger: Ledger, guest: GuestId, reason: Reason, nowNs: number): Ledger {
  const known = ledger.wants.find((one) => one.guest === guest);
  if (known === undefined) return { ...ledger, wants: [...ledger.wants, { guest, reason, sinceNs: nowNs }] };
  if (STRENGTH[reason] <= STRENGTH[known.reason]) return ledger;
  const others = ledger.wants.filter((one) => one !== known);
  if (known.reason === "listening")
    return { ...ledger, wants: [...others, { guest, reason, sinceNs: nowNs }] };
  return { ...ledger, wants: ledger.wants.map((one) => (one === known ? { ...one, reason } : one)) };
}

/** The guest no longer wants the card (it has it, or it is gone). */
export function unwant(ledger: Ledger, guest: GuestId): Ledger {
  return { ...ledger, wants: ledger.wants.filter((one) => one.guest !== guest) };
}

/** Gives the free card to `guest` under the next epoch. */
export function grant(ledger: Ledger, guest: GuestId, nowNs: number): Ledger {
  return {
    ...unwant(ledger, guest),
    owner: guest,
    epoch: epoch(ledger.epoch + 1),
    grantedAtNs: nowNs,
    usedAtNs: nowNs,
  };
}

/** The handoff that `grant` began is over, after `handoffNs`: the owner has the card from now on. */
export function granted(ledger: Ledger, handoffNs: number, nowNs: number): Ledger {
  return { ...ledger, grantedAtNs: nowNs, usedAtNs: nowNs, handoffNs };
}

/** The owner has given the card back, or lost it. */
export function release(ledger: Ledger, nowNs: number): Ledger {
  const { owner } = ledger;
  if (owner === undefined) return ledger;
  const heldNs = new Map(ledger.heldNs).set(owner, heldBy(ledger, owner, nowNs));
  return { ...ledger, owner: undefined, previous: owner, heldNs };
}

export const used = (ledger: Ledger, nowNs: number): Ledger => ({ ...ledger, usedAtNs: nowNs });

/** All the time `guest` has held the card, up to now. */
export function heldBy(ledger: Ledger, guest: GuestId, nowNs: number): number {
  const before = ledger.heldNs.get(guest) ?? 0;
  return ledger.owner === guest ? before + Math.max(0, nowNs - ledger.grantedAtNs) : before;
}

/** What a policy decides about the present owner. */
export type Decision =
  | { readonly kind: "revoke" }
  /** It should go, but its model says that the card is busy: poll it, and let the watchdog run. */
  | { readonly kind: "wait" }
  /** Keep; ask again at that time (undefined: at the next event). */
  | { readonly kind: "keep"; readonly untilNs: number | undefined };

export const REVOKE: Decision = { kind: "revoke" };
export const WAIT: Decision = { kind: "wait" };
export const keep = (untilNs?: number): Decision => ({ kind: "keep", untilNs });

/** When a card changes hands, and to whom: pure functions of the ledger and the time. */
export interface Policy {
  readonly name: string;
  /** Who gets the free card; undefined when nobody wants it. */
  next(ledger: Ledger, nowNs: number): GuestId | undefined;
  /** May the owner keep the card? Asked after every event while somebody wants it; `phase` is its model's. */
  decide(ledger: Ledger, phase: Phase, nowNs: number): Decision;
}
