/**
 * The moves of a run as marks, and the messages between them as arrows. An arrow leads from mark to mark: the states of
 * two actors begin and end at other times than messages, and an arrow between those would lead from anywhere to anywhere.
 */
import { MESSAGE_TYPES, NONE, type Trace, type TraceMove } from "../../trace/trace.ts";
import type { Window } from "./lanes.ts";

/** One end of an arrow: at the mark made last before it, of the same actor at the same time. */
export interface Arrow {
  readonly kind: "begin" | "end";
  readonly message: number;
}

/** What an actor has done at one time, which may be many moves: the first of them, and how many. */
interface Mark {
  readonly kind: "mark";
  readonly args: { readonly move: number; moves: number };
}

export interface Placed {
  /** Whole nanoseconds. */
  readonly atNs: number;
  readonly actor: number;
  readonly name: string;
  readonly what: Mark | Arrow;
}

/** In the order of the moves. Arrows are of messages that were sent in the window and arrived in it. */
export function movesAndArrows(trace: Trace, { first, last }: Window): readonly Placed[] {
  const marks = new Marks(trace);
  let message = trace.sentBy.countUpTo(first - 1);
  for (let move = first; move <= last; move++) {
    const made = trace.moveOf(move);
    if (made === undefined) break;
    marks.move(made.who, move, nameOf(made));
    const taken = trace.messageOf(move);
    if (taken !== undefined && trace.sentBy.at(taken) >= first) marks.arrow("end", made.who, move, taken);
    for (; message < trace.types.length && trace.sentBy.at(message) === move; message++) {
      const by = trace.deliveredBy.at(message);
      const { from } = trace.channelTable.get(trace.channels.at(message)) ?? { from: NONE };
      if (by !== 0 && by <= last) marks.arrow("begin", from, move, message);
    }
  }
  return marks.placed;
}

const nameOf = ({ kind, type }: TraceMove): string => type ?? kind;

class Marks {
  readonly placed: Placed[] = [];
  readonly #trace: Trace;
  /** The last mark of each actor. */
  readonly #last = new Map<number, { readonly atNs: number; readonly mark: Mark }>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  move(actor: number, move: number, name: string): void {
    this.#markAt(actor, move, name).args.moves++;
  }

  /** Whoever puts a message under way without a move of its own, as faults do, gets a mark as well. */
  arrow(kind: Arrow["kind"], actor: number, move: number, message: number): void {
    const name = MESSAGE_TYPES[this.#trace.types.at(message)] ?? "";
    this.#markAt(actor, move, name);
    this.placed.push({ atNs: this.#nsOf(move), actor, name, what: { kind, message } });
  }

  #markAt(actor: number, move: number, name: string): Mark {
    const atNs = this.#nsOf(move);
    const last = this.#last.get(actor);
    if (last?.atNs === atNs) return last.mark;
    const mark: Mark = { kind: "mark", args: { move, moves: 0 } };
    this.#last.set(actor, { atNs, mark });
    this.placed.push({ atNs, actor, name, what: mark });
    return mark;
  }

  #nsOf(move: number): number {
    return Math.round(this.#trace.timeOf(move));
  }
}
