/**
 * What an endless run must do to be one that can happen. Each step carries marks (bits) that say what kind of step it is;
 * what a run must do is said of the marks of the steps that it takes, and of those that it could take.
 *
 * Nothing is asked of guests: they may compute for ever, or not at all. What is asked is that
 * - messages arrive: a channel that is never empty again is read again (weak fairness of every channel);
 * - time passes: a deadline that the arbiter could notice again and again is noticed, unless the ownership that it is
 *   about ends before (strong fairness, as deadlines stand until then);
 * - a policy that is fair to all who wait is so: whoever could be chosen again and again is chosen.
 */
import type { ArbiterEvent } from "../../actors/arbiter.ts";
import {
  ARBITER_TO_GUEST,
  BLOCK,
  GUEST_TO_ARBITER,
  GUEST_TO_NIC,
  type Handoff,
  NIC_TO_GUEST,
  type Step,
  TO_ARBITER,
  TO_NIC,
} from "./handoff.ts";
import type { Pieces } from "./pieces.ts";
import { POLICIES } from "./policies.ts";
import type { Peer } from "./turn.ts";

/** Channels of the watched guest, and those of all others: for these it is enough when any of their kind is read. */
const OWN_CHANNELS = 2;
const OTHER_CHANNELS = OWN_CHANNELS + BLOCK - 1;
const CHANNELS = OTHER_CHANNELS + BLOCK - 1;

const DEADLINES: readonly ArbiterEvent[] = ["REVOKE", "REVOKE_TIMEOUT", "NOT_QUIET", "WATCHDOG"];
const DEADLINE = CHANNELS;
/** A guest is granted the card anew; the watched guest could have been chosen; it was chosen. */
const GRANTED = 1 << (DEADLINE + DEADLINES.length);
const ELIGIBLE = GRANTED << 1;
const CHOSEN = GRANTED << 2;

/** All marks fit into so many bits. */
export const MARK_BITS = DEADLINE + DEADLINES.length + 3;

/** A run in which steps with a mark of `when` are possible again and again takes one of `meets` again and again. */
export interface Demand {
  readonly when: number;
  readonly meets: number;
  /**
   * `always`: only when such a step is possible in every state. `often`: when in some. `taken`: when one is taken (then
   * `when` are other ways in which the same choice goes).
   */
  readonly how: "always" | "often" | "taken";
}

/** The guest whose requests are watched; the others are interchangeable. */
export const WATCHED = 0;

export function demandsOf({ bounds }: Handoff): readonly Demand[] {
  const channels = Array.from({ length: CHANNELS }, (_, i): Demand => {
    return { when: 1 << i, meets: 1 << i, how: "always" };
  });
  const deadlines = DEADLINES.map((_, i): Demand => {
    const mark = 1 << (DEADLINE + i);
    return { when: mark, meets: mark | GRANTED, how: "often" };
  });
  const choice: Demand = { when: ELIGIBLE, meets: CHOSEN, how: "taken" };
  return [...channels, ...deadlines, ...(POLICIES[bounds.policy].fair ? [choice] : [])];
}

export function marksOf({ actor, from, outcome }: Step): number {
  let marks = from === undefined ? 0 : 1 << channelClass(from, actor);
  for (const mark of outcome.marks) {
    if (mark.kind === "due" && DEADLINES.includes(mark.event))
      marks |= 1 << (DEADLINE + DEADLINES.indexOf(mark.event));
    if (mark.kind === "owned" && !mark.again) marks |= GRANTED;
    if (mark.kind === "chosen" && mark.among.includes(WATCHED)) marks |= ELIGIBLE;
    if (mark.kind === "chosen" && mark.guest === WATCHED) marks |= CHOSEN;
  }
  return marks;
}

function channelClass(from: Peer, to: Peer): number {
  if (from === "arbiter" && to === "nic") return TO_NIC - TO_NIC;
  if (from === "nic" && to === "arbiter") return TO_ARBITER - TO_NIC;
  const guest = typeof from === "number" ? from : Number(to);
  const channel =
    from === "arbiter"
      ? ARBITER_TO_GUEST
      : from === "nic"
        ? NIC_TO_GUEST
        : to === "nic"
          ? GUEST_TO_NIC
          : GUEST_TO_ARBITER;
  return (guest === WATCHED ? OWN_CHANNELS : OTHER_CHANNELS) + channel - 1;
}

/**
 * Of a state: the marks of the channels that hold something. It is asked of the state and not of the steps that are taken from
 * it, as a reduced search leaves steps out.
 */
export class ChannelMarks {
  readonly #pieces: Pieces;
  readonly #ofHeads: number[] = [];
  readonly #ofWatched: number[] = [];
  readonly #ofOthers: number[] = [];

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  of(state: Int32Array): number {
    const { heads, blocks } = this.#pieces;
    const head = state[0] ?? 0;
    this.#ofHeads[head] ??= bitsOf(heads.words(head).slice(TO_NIC), 0);
    let marks = this.#ofHeads[head];
    for (let guest = 0; guest + 1 < state.length; guest++) {
      const known = guest === WATCHED ? this.#ofWatched : this.#ofOthers;
      const first = guest === WATCHED ? OWN_CHANNELS : OTHER_CHANNELS;
      const block = state[1 + guest] ?? 0;
      known[block] ??= bitsOf(blocks.words(block).slice(GUEST_TO_NIC), first);
      marks |= known[block];
    }
    return marks;
  }
}

/** A bit for each channel that is not empty, from bit `first` on. */
const bitsOf = (channels: readonly number[], first: number): number =>
  channels.reduce((bits, channel, i) => (channel === 0 ? bits : bits | (1 << (first + i))), 0);
