/**
 * How long the arbiter waits for an owner that should go: when it polls the card, when it fences an unresponsive owner off,
 * when the watchdog takes the card away. Plain time arithmetic; all in ns of the engine's clock.
 */
import { NS_PER_MS } from "../base/units.ts";

/** How often a busy card is asked whether it has become reusable, when somebody waits for it. */
export const POLL_NS = NS_PER_MS;

/** What is due now; otherwise when to look again. */
export type Due = { readonly kind: "now" } | { readonly kind: "later"; readonly atNs: number };

export class Patience {
  readonly #watchdogNs: number;
  readonly #revokeNs: number;
  #pollAtNs: number | undefined;
  /** Since when the owner should have gone and could not. */
  #stuckSinceNs: number | undefined;
  #revokedAtNs = 0;
  #lent = false;

  constructor(watchdogNs: number, revokeNs: number) {
    this.#watchdogNs = watchdogNs;
    this.#revokeNs = revokeNs;
  }

  /** The owner may stay. One that has the card only to finish something must still go, unless it is `unwanted` by now. */
  calm(unwanted = false): void {
    if (unwanted) this.#lent = false;
    this.#pollAtNs = undefined;
    if (!this.#lent) this.#stuckSinceNs = undefined;
  }

  /** The owner should have gone, and has the card again only to finish something: the watchdog goes on counting. */
  lend(): void {
    this.#lent = true;
  }

  /** The owner has gone. */
  settle(): void {
    this.calm(true);
  }

  /** From now on the owner should go. */
  urge(nowNs: number): void {
    this.#stuckSinceNs ??= nowNs;
  }

  /** A revoke has been sent. */
  revoke(nowNs: number): void {
    this.urge(nowNs);
    this.#revokedAtNs = nowNs;
  }

  /** True when the watchdog takes the card away. */
  isOver(nowNs: number): boolean {
    return this.#stuckSinceNs !== undefined && nowNs >= this.#stuckSinceNs + this.#watchdogNs;
  }

  /** Is the answer to the revoke overdue? */
  revokeOverdue(nowNs: number): Due {
    return dueAt(this.#revokedAtNs + this.#revokeNs, nowNs);
  }

  /** Is it time to ask the card again? When it is, the next time is a period away. */
  poll(nowNs: number): Due {
    this.#pollAtNs ??= nowNs + POLL_NS;
    const due = dueAt(this.#pollAtNs, nowNs);
    if (due.kind === "now") this.#pollAtNs = undefined;
    return due;
  }
}

const dueAt = (atNs: number, nowNs: number): Due =>
  nowNs >= atNs ? { kind: "now" } : { kind: "later", atNs };
