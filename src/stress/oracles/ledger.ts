/** What several oracles and the trial ask of a run. */
import { ArbiterActor } from "../../../actors/arbiter-body.ts";
import type { CardId, GuestId } from "../../base/ids.ts";
import type { WatchedRun } from "../../engine/watched-run.ts";
import { guestAddress } from "../../protocol/address.ts";
import type { WorkloadKind } from "../../scenario/scenario.ts";
import type { Scene } from "./oracle.ts";

/** Who owns a card by the VMM's own ledger. Undefined: nobody; and always in the other modes than vpio. */
export function ownerOf({ run }: Scene, card: CardId): GuestId | undefined {
  const arbiter = run.arbiters.actors[card];
  return arbiter instanceof ArbiterActor ? arbiter.owner : undefined;
}

/** Where a guest stands with the VMM of its card; undefined in the other modes than vpio. */
export function standingOf(
  { run }: Scene,
  guest: GuestId,
): { readonly state: string; readonly owns: boolean; readonly isNoted: boolean } | undefined {
  const arbiter = run.arbiters.actors[run.scenario.guests[guest]?.card ?? -1];
  if (!(arbiter instanceof ArbiterActor)) return undefined;
  return {
    state: arbiter.stateName,
    owns: arbiter.owner === guest,
    isNoted: arbiter.hasNoted(guest),
  };
}

/** Guests whose kernel is there, and for which the wire holds frames: software without a kernel may never take any. */
export function guestsWithFramesHeld(run: WatchedRun): readonly GuestId[] {
  return [...run.wire.snapshot().cards.values()].flatMap(({ guests }) =>
    guests.flatMap(({ id, heldFrames }) =>
      heldFrames > 0 && isThere(run, id) && !isBare(run.scenario.guests[id]?.workload.kind) ? [id] : [],
    ),
  );
}

/** True while a guest has neither ended, nor crashed, nor died. */
export const isThere = (run: WatchedRun, guest: GuestId): boolean =>
  run.deathOf(guestAddress(guest)) === undefined && run.guests[guest]?.snapshot().status.kind === "running";

/** Software without a kernel: it may use all of its memory without saying so, and send what it likes. */
export const isBare = (kind: WorkloadKind | undefined): boolean => kind === "program" || kind === "hostile";

/** True when a guest that is there has done all that it had to do: what it has sent must have left. */
export const hasFinished = (run: WatchedRun, guest: GuestId): boolean =>
  isThere(run, guest) && run.guests[guest]?.snapshot().software?.workload.finished === true;
