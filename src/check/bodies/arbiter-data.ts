/** What the abstract arbiter knows, as a plain value; and its names changed. */
import type { Phase } from "../../devices/model.ts";
import { NO_EPOCH, type Renaming, type VmmSequence } from "../messages.ts";
import { POLICIES } from "../policies.ts";
import type { Bounds, Charts } from "./contract.ts";

/** The arbiter's view of one guest. */
export interface Desk {
  /** What the guest does with the card may be a transmit. */
  readonly transmits: boolean;
  /** The watchdog and the DMM may end it. */
  readonly frail: boolean;
  /** An exit of the guest waits. */
  readonly exit: boolean;
  readonly ended: boolean;
  /** The model's interrupt; the level last injected. */
  readonly interrupt: boolean;
  readonly injected: boolean;
  /** The epoch under which it was fenced off without an answer, as long as none comes; where guests receive. */
  readonly silent: number;
}

export interface ArbiterData {
  readonly state: number;
  /** -1: nobody. */
  readonly owner: number;
  readonly epoch: number;
  /** Oldest first where their order matters to the policy; else ascending. */
  readonly wants: readonly number[];
  readonly ordered: boolean;
  /** Where guests take turns: the round, from whose turn it is on. The owner that was last is the last one. */
  readonly turns: readonly number[];
  readonly desks: readonly Desk[];
  readonly line: boolean;
  readonly lineIdle: boolean;
  /** What the owner says it has issued, once it has acknowledged the revoke; -1 before. */
  readonly issued: number;
  readonly phase: Phase;
  /** What the card was asked to do and has not answered. */
  readonly awaited: VmmSequence | null;
  /** What the trap under way makes of the model. */
  readonly trapped: Phase | "fatal" | null;
  /** The owner has the card again only to finish something: the watchdog goes on. */
  readonly lent: boolean;
  /** The card is being taken from an owner that is gone, or stuck: until it has been reset it is still its own. */
  readonly taken: boolean;
  /** The present ownership ended by force: its posted writes may still be under way. */
  readonly forced: boolean;
}

const newDesk = (guest: number, { transmitters, frail }: Bounds): Desk => ({
  transmits: guest < transmitters,
  frail: guest < frail,
  exit: false,
  ended: false,
  interrupt: false,
  injected: false,
  silent: NO_EPOCH,
});

export const newArbiter = (charts: Charts, bounds: Bounds): ArbiterData => ({
  state: charts.arbiter.initial.next,
  owner: -1,
  epoch: NO_EPOCH,
  wants: [],
  ordered: POLICIES[bounds.policy].ordered,
  turns: POLICIES[bounds.policy].next === "turn" ? Array.from({ length: bounds.guests }, (_, i) => i) : [],
  desks: Array.from({ length: bounds.guests }, (_, guest) => newDesk(guest, bounds)),
  line: false,
  lineIdle: false,
  issued: -1,
  phase: "reusable",
  awaited: null,
  trapped: null,
  lent: false,
  taken: false,
  forced: false,
});

export const inOrder = (wants: readonly number[], ordered: boolean): readonly number[] =>
  ordered ? wants : wants.toSorted((a, b) => a - b);

export function renameArbiter(data: ArbiterData, to: Renaming): ArbiterData {
  const desks = [...data.desks];
  for (const [guest, desk] of data.desks.entries())
    desks[to.guest(guest)] = desk.silent === NO_EPOCH ? desk : { ...desk, silent: to.epoch(desk.silent) };
  const { epoch, owner, turns, ordered } = data;
  const wants = inOrder(data.wants.map(to.guest), ordered);
  return {
    ...data,
    owner: to.guest(owner),
    epoch: to.epoch(epoch),
    wants,
    turns: turns.map(to.guest),
    desks,
  };
}
