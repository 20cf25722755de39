/**
 * A run for Perfetto (ui.perfetto.dev), in the trace event format of Chrome: a process for each actor, in it a track for
 * each region of its statechart with the states as slices, for a card who holds it, and one with a mark for each of its
 * moves. An arrow leads from the move that sent a message to the one that took it. Times are those of the run, virtual
 * where it was.
 */
import { NONE, type Trace } from "../../trace/trace.ts";
import { isHandoff, laneName, messageText, rankOf, type Window } from "./lanes.ts";
import { type Arrow, movesAndArrows } from "./marks.ts";
import type { Slice } from "./slices.ts";
import { tracksOf } from "./tracks.ts";

const NS_PER_US = 1000;
/** Tracks of a process: its moves, then its states. Their numbers are nobody else's: threads are told by them alone. */
const TRACKS = 100;
const MOVES_TRACK = 0;
const FIRST_STATES_TRACK = 1;

interface Event {
  /** M: a name; X: a slice; i: something at one moment; s and f: begin and end of an arrow. */
  readonly ph: "M" | "X" | "i" | "s" | "f";
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  /** The arrow ends at the slice that is there, and not at the next one. */
  readonly bp?: "e";
  /** The moment is one of its track. */
  readonly s?: "t";
  readonly args?: Readonly<Record<string, string | number>>;
}

export function perfettoOfRun(trace: Trace, window: Window): string {
  const { scenario, mode, seed, time, actors } = trace.head;
  const within = { first: window.first, last: Math.min(window.last, trace.length) };
  const processes = actors.map((actor, index) => ({
    actor,
    pid: pidOf(index),
    tracks: tracksOf(trace, index, within),
    moves: actor.address !== undefined,
  }));
  const names = processes.flatMap(({ actor, pid, tracks, moves }) => [
    meta("process_name", pid, pid, { name: laneName(actor) }),
    meta("process_sort_index", pid, pid, { sort_index: actors.length * rankOf(actor) + pid }),
    ...(moves ? [meta("thread_name", pid, tidOf(pid, MOVES_TRACK), { name: "moves" })] : []),
    ...tracks.map(({ name }, i) => meta("thread_name", pid, tidOf(pid, FIRST_STATES_TRACK + i), { name })),
  ]);
  const slices = processes.flatMap(({ pid, tracks }) =>
    tracks.flatMap((track, i) =>
      track.slices.map((slice) => sliceEvent(slice, pid, tidOf(pid, FIRST_STATES_TRACK + i))),
    ),
  );
  const timed = [...slices, ...moments(trace, within), ...moves(trace, within)];
  // The sort is stable: at one time slices begin from the outside in, and before what happens in them.
  timed.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
  const events = [...names, ...timed].map((event) => JSON.stringify(event));
  const about = JSON.stringify({
    scenario,
    mode,
    seed,
    time,
    firstMove: within.first,
    lastMove: within.last,
  });
  return `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[\n${events.join(",\n")}\n]}\n`;
}

const pidOf = (actor: number): number => actor + 1;
const tidOf = (pid: number, track: number): number => pid * TRACKS + track;
const ticksOf = (ns: number): number => Math.round(ns) / NS_PER_US;

const meta = (name: string, pid: number, tid: number, args: NonNullable<Event["args"]>): Event => ({
  ...{ ph: "M", pid, tid, name, args },
});

const sliceEvent = ({ name, beginNs, endNs }: Slice, pid: number, tid: number): Event => ({
  ...{ ph: "X", pid, tid, name, cat: "state" },
  ts: ticksOf(beginNs),
  // Of the difference, and not the difference of two fractions: those do not add up.
  dur: ticksOf(endNs - beginNs),
});

/** Handoff messages where they arrive, and what was found wrong. */
function moments(trace: Trace, { first, last }: Window): readonly Event[] {
  const events: Event[] = [];
  for (let move = first; move <= last; move++) {
    const { type, who = NONE } = trace.moveOf(move) ?? {};
    const message = trace.messageOf(move);
    if (type === undefined || message === undefined || !isHandoff(type)) continue;
    events.push(momentEvent(trace, move, who, type, { message: messageText(trace, message), move }));
  }
  for (const { kind, move, text, property } of trace.notes) {
    if (move < first || move > last) continue;
    const args = { text, move, ...(property !== undefined && { property }) };
    events.push(momentEvent(trace, move, trace.moveOf(move)?.who ?? 0, kind, args));
  }
  return events;
}

const momentEvent = (
  trace: Trace,
  move: number,
  actor: number,
  name: string,
  args: NonNullable<Event["args"]>,
): Event => ({
  ...{ ph: "i", s: "t", name, cat: "event", args },
  ...{ pid: pidOf(actor), tid: tidOf(pidOf(actor), FIRST_STATES_TRACK) },
  ts: ticksOf(trace.timeOf(move)),
});

/** Marks first: an arrow hangs on the mark that was last made at its track. */
function moves(trace: Trace, window: Window): readonly Event[] {
  return movesAndArrows(trace, window).map(({ atNs, actor, name, what }): Event => {
    const pid = pidOf(actor);
    const at = { pid, tid: tidOf(pid, MOVES_TRACK), name, ts: ticksOf(atNs) };
    if (what.kind === "mark") return { ...at, ph: "i", s: "t", cat: "move", args: what.args };
    return { ...at, ...ENDS[what.kind], cat: "message", id: what.message };
  });
}

const ENDS: Readonly<Record<Arrow["kind"], Pick<Event, "ph" | "bp">>> = {
  begin: { ph: "s" },
  end: { ph: "f", bp: "e" },
};
