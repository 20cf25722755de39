/**
 * The policies (src/vpio/policies) without the time: who may be next, and what may be asked of an owner when its time is
 * over. What is left open is open for the explorer too, so whatever a policy does with its times is among what is explored.
 */
import type { Phase } from "../devices/model.ts";
import type { PolicyKind } from "../scenario/schema.ts";

/** Those that ship, and `any`: whoever, whenever. */
export type PolicyName = PolicyKind | "any";

export interface AbstractPolicy {
  /** Who is next: whoever has waited longest; whose turn it is, in a circle; or anybody who waits. */
  readonly next: "longest" | "turn" | "anybody";
  /** Whether the order in which guests have begun to wait is remembered. */
  readonly ordered: boolean;
  /** An owner whose transmits are under way may keep the card when it should go, or may lose it. */
  readonly keepsBusyOwner: boolean;
  readonly revokesBusyOwner: boolean;
  /** Whoever waits is chosen in the end: a fair share that does not grow is the least one at last. */
  readonly fair: boolean;
}

export const POLICIES: Readonly<Record<PolicyName, AbstractPolicy>> = {
  fifo: { next: "longest", ordered: true, keepsBusyOwner: true, revokesBusyOwner: false, fair: false },
  "round-robin": {
    next: "turn",
    ordered: false,
    keepsBusyOwner: false,
    revokesBusyOwner: true,
    fair: false,
  },
  "fair-share": {
    next: "anybody",
    ordered: false,
    keepsBusyOwner: false,
    revokesBusyOwner: true,
    fair: true,
  },
  any: { next: "anybody", ordered: true, keepsBusyOwner: true, revokesBusyOwner: true, fair: false },
};

/** What may become of an owner in that phase that should go: revoked, or waited for; each is possible. */
export function fatesOf(policy: PolicyName, phase: Phase): readonly ("revoke" | "wait")[] {
  switch (phase) {
    case "reusable":
      return ["revoke"];
    case "programming":
      return ["wait"];
    case "completing": {
      const { keepsBusyOwner, revokesBusyOwner } = POLICIES[policy];
      return [...(revokesBusyOwner ? ["revoke" as const] : []), ...(keepsBusyOwner ? ["wait" as const] : [])];
    }
  }
}
