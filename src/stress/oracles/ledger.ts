/** Who owns a card by the VMM's own ledger, for the oracles that take its word for it. */
import { ArbiterActor } from "../../../actors/arbiter-body.ts";
import type { CardId, GuestId } from "../../base/ids.ts";
import type { WorkloadKind } from "../../scenario/scenario.ts";
import type { Scene } from "./oracle.ts";

/** Undefined: nobody; and always in the other modes than vpio. */
export function ownerOf({ run }: Scene, card: CardId): GuestId | undefined {
  const arbiter = run.arbiters.actors[card];
  return arbiter instanceof ArbiterActor ? arbiter.owner : undefined;
}

/** Software without a kernel: it may use all of its memory without saying so, and send what it likes. */
export const isBare = (kind: WorkloadKind | undefined): boolean => kind === "program" || kind === "hostile";
