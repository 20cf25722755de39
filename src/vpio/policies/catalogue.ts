/** Every handoff policy, by the name scenarios use: a new policy is one file and one row. */
import type { Policy } from "../ledger.ts";
import { fairShare } from "./fair-share.ts";
import { fifo } from "./fifo.ts";
import { roundRobin } from "./round-robin.ts";

/** What a scenario says about a policy. */
export type PolicyChoice =
  | { readonly kind: "fifo" }
  | { readonly kind: "round-robin"; readonly quantumNs: number }
  | { readonly kind: "fair-share"; readonly quantumNs: number };

export function makePolicy(choice: PolicyChoice): Policy {
  switch (choice.kind) {
    case "fifo":
      return fifo();
    case "round-robin":
      return roundRobin(choice.quantumNs);
    case "fair-share":
      return fairShare(choice.quantumNs);
  }
}
