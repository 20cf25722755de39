/**
 * What happened in a run, move by move: append-only columns of numbers, with the few things that come again and again
 * (moves, steps of statecharts, sets of choices) in tables beside them. Whoever reads it, in this process or in a browser,
 * builds the same indices while it grows. Moves count from 1; 0 is what was before the first.
 */
import { MESSAGES, type MessageType } from "../protocol/messages.ts";
import { Column, F64, I32, U8, U32 } from "./column.ts";
import type { TraceHead } from "./head.ts";
import { Table } from "./table.ts";

/** A move as the scheduler sees it; `who` and `from` are indices into `head.actors`. */
export interface TraceMove {
  readonly kind: "deliver" | "step" | "timer";
  readonly who: number;
  /** Of a message. */
  readonly from: number;
  readonly type: MessageType | undefined;
  /** Of a timer. */
  readonly timer: number;
  /** As a replay names it. */
  readonly text: string;
}

/** A step of a statechart; `event` is "" where only the change was seen. */
export interface ChartStep {
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

/** A pair of actors, by indices into `head.actors`. */
export interface TraceChannel {
  readonly from: number;
  readonly to: number;
}

/** What somebody said about a move: a property that broke, a request that the VMM stopped, a fault. */
export interface TraceNote {
  readonly kind: "violation" | "stopped" | "fault";
  readonly move: number;
  readonly text: string;
  /** The property of the design that does not hold. */
  readonly property: string | undefined;
  /** The earlier event that has allowed it. */
  readonly because: { readonly move: number; readonly text: string } | undefined;
  readonly guest: number | undefined;
}

export const PHASES = [
  "free",
  "restoring",
  "reusable",
  "busy",
  "revoking",
  "saving",
  "resetting",
  "lost",
] as const;
/** How a card stands with its owner. */
export type CardPhase = (typeof PHASES)[number];

/** Nobody, in columns of guests. */
export const NONE = -1;

export const MESSAGE_TYPES = Object.keys(MESSAGES) as readonly MessageType[];

/** A message as it was sent; `words`: where its fields begin. */
export interface SentMessage {
  readonly move: number;
  readonly channel: number;
  readonly type: number;
  readonly words: number;
}

/** How a card stands from a move on. */
export interface Hold {
  readonly move: number;
  readonly card: number;
  /** Whose it is by the VMM's ledger; whose operations the card takes. */
  readonly owner: number;
  readonly holder: number;
  readonly phase: CardPhase;
}

export class Trace {
  readonly head: TraceHead;

  readonly moveTable = new Table<TraceMove>(({ text }) => text);
  readonly stepTable = new Table<ChartStep>(({ from, event, to }) => `${from}|${event}|${to}`);
  readonly channelTable = new Table<TraceChannel>(({ from, to }) => `${from} ${to}`);
  /** Sets of moves, by indices into `moveTable`: what was possible when one was chosen. */
  readonly choiceTable = new Table<readonly number[]>((set) => set.join());
  readonly notes: TraceNote[] = [];

  /** By move, from 1: row 0 is move 1. */
  readonly atNs = new Column(F64);
  readonly moves = new Column(U32);
  /** Index into `choiceTable` and one; 0: not kept. */
  readonly choices = new Column(U32);
  /** The message that was delivered and one; 0: none. */
  readonly delivered = new Column(U32);

  readonly sentBy = new Column(U32);
  readonly channels = new Column(U32);
  readonly types = new Column(U8);
  readonly bodies = new Column(U32);
  readonly words = new Column(U32);

  readonly stepMoves = new Column(U32);
  readonly stepActors = new Column(U32);
  readonly steps = new Column(U32);

  readonly holdMoves = new Column(U32);
  readonly holdCards = new Column(U32);
  readonly holdOwners = new Column(I32);
  readonly holdHolders = new Column(I32);
  readonly holdPhases = new Column(U8);

  /** The move that delivered each message; 0: none yet. Not sent along: it follows from the rest. */
  readonly deliveredBy = new Column(U32);
  /** By actor: rows of its steps, and the moves it made. */
  readonly stepRows: readonly Column[];
  readonly actorMoves: readonly Column[];
  /** By card: rows of its holds. */
  readonly holdRows: readonly Column[];

  constructor(head: TraceHead) {
    this.head = head;
    this.stepRows = head.actors.map(() => new Column(U32));
    this.actorMoves = head.actors.map(() => new Column(U32));
    this.holdRows = head.cards.map(() => new Column(U32));
  }

  /** Moves so far. */
  get length(): number {
    return this.moves.length;
  }

  /** Time after a move; 0 before the first. */
  timeOf(move: number): number {
    return this.atNs.at(move - 1);
  }

  /** The last move that was over at that time. */
  moveAt(ns: number): number {
    return this.atNs.countUpTo(ns);
  }

  move(atNs: number, what: number, choices: number, delivered: number): void {
    this.atNs.push(atNs);
    this.moves.push(what);
    this.choices.push(choices);
    this.delivered.push(delivered);
    const move = this.moves.length;
    if (delivered > 0) this.deliveredBy.set(delivered - 1, move);
    this.actorMoves[this.moveTable.get(what)?.who ?? NONE]?.push(move);
  }

  /** The fields of the message are in `words`, from `body` on. */
  message(sentBy: number, channel: number, type: number, body: number): void {
    this.sentBy.push(sentBy);
    this.channels.push(channel);
    this.types.push(type);
    this.bodies.push(body);
    this.deliveredBy.push(0);
  }

  step(move: number, actor: number, step: number): void {
    this.stepRows[actor]?.push(this.steps.length);
    this.stepMoves.push(move);
    this.stepActors.push(actor);
    this.steps.push(step);
  }

  hold(move: number, card: number, owner: number, holder: number, phase: number): void {
    this.holdRows[card]?.push(this.holdMoves.length);
    this.holdMoves.push(move);
    this.holdCards.push(card);
    this.holdOwners.push(owner);
    this.holdHolders.push(holder);
    this.holdPhases.push(phase);
  }

  /** What a move was; undefined of 0 and of moves to come. */
  moveOf(move: number): TraceMove | undefined {
    return move >= 1 && move <= this.length ? this.moveTable.get(this.moves.at(move - 1)) : undefined;
  }

  /** The index of the message that a move delivered. */
  messageOf(move: number): number | undefined {
    const delivered = this.delivered.at(move - 1);
    return delivered === 0 ? undefined : delivered - 1;
  }

  /** All that was possible at a move, the one that was made among it; empty when it was not kept. */
  choicesAt(move: number): readonly TraceMove[] {
    const set = this.choices.at(move - 1);
    const ids = set === 0 ? [] : (this.choiceTable.get(set - 1) ?? []);
    return ids.flatMap((id) => this.moveTable.get(id) ?? []);
  }
}
