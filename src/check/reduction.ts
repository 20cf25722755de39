/**
 * Partial-order reduction: in many states one delivery may be taken alone, as every order of it with the rest leads to the
 * same (an ample set). It must
 * - commute with all that can happen before it: nobody else touches what it reads and writes, and nothing that does can
 *   become possible before it is taken;
 * - not be seen by a property;
 * - not be put first for ever, which would leave the rest out. Each such delivery takes a message out of a channel to or
 *   from a guest; what it may put there (a refusal) only such a delivery takes out in turn. So no cycle is made of them
 *   alone, and on every cycle there is a state with all of its steps.
 *
 * Messages that arrive at once never pile up: how much a channel holds is not seen in a reduced search.
 */
import { ARBITER_TO_GUEST, blockOf, GUEST_TO_NIC, type Handoff, NIC_TO_GUEST, TO_NIC } from "./handoff.ts";

/** The word of a channel whose delivery may be taken alone; -1: there is none. */
export function loneDelivery(system: Handoff, state: Int32Array): number {
  for (let guest = 0; guest < system.bounds.guests; guest++) {
    const block = blockOf(guest);
    const toNic = state[block + GUEST_TO_NIC] ?? 0;
    const fromNic = state[block + NIC_TO_GUEST] ?? 0;
    const fromArbiter = state[block + ARBITER_TO_GUEST] ?? 0;
    if (toNic + fromNic + fromArbiter === 0) continue;
    if (toNic !== 0 && isRefusedForGood(system, state, toNic)) return block + GUEST_TO_NIC;
    if (toNic !== 0) continue;
    const { over, blocked, mayDie } = system.standing(state[block] ?? 0);
    if (fromNic !== 0 && over) return block + NIC_TO_GUEST;
    if (fromNic !== 0 || fromArbiter === 0) continue;
    if (over) return block + ARBITER_TO_GUEST;
    // A guest that waits, with nothing between it and the card: only the arbiter can reach it.
    if (blocked && (!mayDie || isSilent(system, state, guest))) return block + ARBITER_TO_GUEST;
  }
  return -1;
}

/** A worker that may die commutes with what it receives, unless it answers. */
function isSilent(system: Handoff, state: Int32Array, guest: number): boolean {
  const outcomes = system.outcomesOf(state, blockOf(guest) + ARBITER_TO_GUEST, "arbiter", guest);
  return outcomes.every(({ sent }) => sent.length === 0);
}

/** The oldest message to the NIC is refused, and no fence that is under way would let it through. */
function isRefusedForGood(system: Handoff, state: Int32Array, channel: number): boolean {
  const { epoch, fence, dead } = system.nic(state);
  if (dead || system.bounds.cardLoss) return false;
  const io = system.channels.messages.item(system.channels.head(channel));
  if (io.type !== "io" || io.epoch === epoch || io.epoch === system.arbiter(state).epoch) return false;
  if (fence !== null && fence.epoch === io.epoch) return false;
  return !system
    .channel(state, TO_NIC)
    .some((message) => message.type === "fence" && message.epoch === io.epoch);
}
