/** The tracks of a run: of each actor one for every region of its statechart, and of each card who holds it. */
import { holdAt, stateAt } from "../../trace/at.ts";
import type { Trace } from "../../trace/trace.ts";
import { guestName, type Window } from "./lanes.ts";
import { type Change, type Slice, slicesOf } from "./slices.ts";

export interface Track {
  readonly name: string;
  readonly slices: readonly Slice[];
}

/** Slices go on so long behind the last move, so that what happens in it happens within one. */
const REST_NS = 1;

/** Those of its statechart first. */
export function tracksOf(trace: Trace, actor: number, window: Window): readonly Track[] {
  const { role, card } = trace.head.actors[actor] ?? {};
  const own = stateTracks(trace, actor, window);
  return role === "nic" && card !== undefined ? [...own, ...holdTracks(trace, card, window)] : own;
}

function stateTracks(trace: Trace, actor: number, window: Window): readonly Track[] {
  const { chart } = trace.head.actors[actor] ?? {};
  const root = chart === undefined ? undefined : trace.head.charts[chart]?.root;
  const moves = movesIn(trace.stepRows[actor], (row) => trace.stepMoves.at(row), window);
  const states = moves.map((move) => ({ atNs: trace.timeOf(move), state: stateAt(trace, actor, move) }));
  const track = (name: string, pathOf: (state: string) => readonly string[]): Track => ({
    name,
    slices: slices(
      trace,
      window,
      states.map(({ atNs, state }) => ({ atNs, path: state === "" ? [] : pathOf(state) })),
    ),
  });
  if (root === undefined) return [track("state", (state) => [state])];
  if (root.kind !== "parallel") return [track("state", (state) => state.split("."))];
  return root.children.map(({ name }) =>
    track(name, (state) => {
      const word = state.split(" ").find((one) => one.startsWith(`${name}.`));
      return word === undefined ? [] : word.slice(name.length + 1).split(".");
    }),
  );
}

function holdTracks(trace: Trace, card: number, window: Window): readonly Track[] {
  const moves = movesIn(trace.holdRows[card], (row) => trace.holdMoves.at(row), window);
  const holds = moves.map((move) => ({ atNs: trace.timeOf(move), hold: holdAt(trace, card, move) }));
  const track = (
    name: string,
    pathOf: (hold: (typeof holds)[number]["hold"]) => readonly string[],
  ): Track => ({
    name,
    slices: slices(
      trace,
      window,
      holds.map(({ atNs, hold }) => ({ atNs, path: pathOf(hold) })),
    ),
  });
  return [
    track("owner", ({ owner, phase }) => [guestName(trace, owner), phase]),
    track("takes operations of", ({ holder }) => (holder === undefined ? [] : [guestName(trace, holder)])),
  ];
}

const slices = (trace: Trace, { last }: Window, changes: readonly Change[]): readonly Slice[] =>
  slicesOf(changes, trace.timeOf(last) + REST_NS);

/** The move before the window, for how things stood then, and those in it that have changed something. */
function movesIn(
  rows: { readonly length: number; at(i: number): number } | undefined,
  moveOf: (row: number) => number,
  { first, last }: Window,
): readonly number[] {
  const moves = new Set([first - 1]);
  for (let i = 0; i < (rows?.length ?? 0); i++) {
    const move = moveOf(rows?.at(i) ?? 0);
    if (move >= first && move <= last) moves.add(move);
  }
  return [...moves];
}
