/** The controls: what each of them does, to the cursor or to the run behind it. */
import { nextMoveOf } from "../trace/causality.ts";
import type { Command, News } from "../trace/studio-talk.ts";
import type { TraceNote } from "../trace/trace.ts";
import { send } from "./live.ts";
import {
  awaitMove,
  canFork,
  canGoOn,
  cursor,
  divergence,
  forgetAwaitedMove,
  isFollowing,
  isPlaying,
  isRunning,
  length,
  news,
  notice,
  original,
  show,
  speed,
  trace,
} from "./store.ts";

/** A finding that the server looks for: of that kind, and how many of them there were before. */
let awaitedNote: { readonly only: TraceNote["kind"] | undefined; readonly before: number } | undefined;

const notesOf = (only: TraceNote["kind"] | undefined): readonly TraceNote[] =>
  (trace.value?.notes ?? []).filter(({ kind }) => only === undefined || kind === only);

/** Only the last step that was asked for moves the cursor, and only when nobody has put it somewhere else since. */
let stepsAsked = 0;

export function run(): void {
  if (cursor.value < length.value) {
    isPlaying.value = true;
    requestAnimationFrame(play);
    return;
  }
  void goOn({ do: "run", speed: speed.value });
}

export function pause(): void {
  isPlaying.value = false;
  if (news.value.running) void send({ do: "pause" });
  else isFollowing.value = false;
}

/** For what runs now, too. */
export function setSpeed(moves: number): void {
  speed.value = moves;
  if (news.value.running) void send({ do: "run", speed: moves });
}

export const runOrPause = (): void => (isRunning.value ? pause() : run());

/** Puts the cursor somewhere; what is running comes to rest. */
export function goTo(move: number): void {
  if (isRunning.value) pause();
  isFollowing.value = false;
  stepsAsked++;
  forgetAwaitedMove();
  show({ move: Math.max(0, Math.min(length.value, move)) });
}

/** The run that a counterexample was shrunk from has a cursor of its own from then on. */
export function goToInOriginal(move: number): void {
  const { value: before } = original;
  if (before !== undefined) show({ originalMove: Math.max(0, Math.min(before.length, move)) });
}

/** The original goes with the other again. */
export const joinRuns = (): void => show({ originalMove: undefined });

/** Both to the first move in which they differ. */
export function goToParting(): void {
  if (divergence.value === undefined) return;
  joinRuns();
  goTo(divergence.value);
}

export function step(): void {
  if (cursor.value < length.value) return goTo(cursor.value + 1);
  void stepOn({ do: "step" });
}

export function stepActor(actor: number): void {
  const next = trace.value === undefined ? undefined : nextMoveOf(trace.value, actor, cursor.value);
  if (next !== undefined) return goTo(next);
  void stepOn({ do: "stepActor", actor });
}

/** The next finding behind the cursor, of that kind; where there is none yet, the run goes on to it. */
export function nextNote(only?: TraceNote["kind"]): void {
  const notes = notesOf(only);
  const next = notes.filter(({ move }) => move > cursor.value).sort((a, b) => a.move - b.move)[0];
  if (next !== undefined) return goTo(next.move);
  awaitedNote = { only, before: notes.length };
  void goOn({ do: "seekNote", only });
}

export function previousNote(): void {
  const notes = trace.value?.notes ?? [];
  const previous = notes.filter(({ move }) => move < cursor.value).sort((a, b) => b.move - a.move)[0];
  if (previous !== undefined) goTo(previous.move);
}

/** Tries another move than the one that was made behind the cursor; at the end, that one. */
export async function fork(choice: string): Promise<void> {
  if (!canFork.value) return;
  const move = cursor.value;
  pause();
  isFollowing.value = false;
  if ((await send({ do: "fork", move, choice })) !== undefined) show({ move: move + 1 });
}

export const showBranch = (id: number): void => void send({ do: "branch", id });

/** Called when the server has said how things stand. */
export function heard({ running, over }: News): void {
  if (awaitedNote !== undefined) {
    const { only, before } = awaitedNote;
    const found = notesOf(only)[before];
    if (found !== undefined) show({ move: found.move });
    else if (over !== undefined) notice.value = `There are no more ${NAMES[only ?? "finding"]}.`;
    if (found !== undefined || over !== undefined) awaitedNote = undefined;
  }
  if (wasRunning && !running) isFollowing.value = false;
  wasRunning = running;
}

const NAMES = {
  finding: "findings",
  violation: "violations",
  stopped: "requests that were stopped",
  fault: "faults",
} as const;

let wasRunning = false;

/** The run makes more moves, and the cursor goes with it. */
async function goOn(command: Command): Promise<void> {
  if (!canGoOn.value) return sayOver();
  isFollowing.value = true;
  await send(command);
}

/** The run makes a move or a few, and the cursor goes behind them. */
async function stepOn(command: Command): Promise<void> {
  if (!canGoOn.value) return sayOver();
  const asked = ++stepsAsked;
  const moves = await send(command);
  if (moves !== undefined && asked === stepsAsked) awaitMove(moves);
}

function sayOver(): void {
  awaitedNote = undefined;
  notice.value = news.value.over ?? "There is nothing behind the last move.";
}

let lastPictureMs: number | undefined;
/** Part of a move that a slow speed still owes. */
let owed = 0;

/** One picture of the moves that are there already; behind the last one the run itself goes on. */
function play(nowMs: number): void {
  const passedMs = nowMs - (lastPictureMs ?? nowMs);
  lastPictureMs = isPlaying.value ? nowMs : undefined;
  if (!isPlaying.value) return;
  owed += speed.value === 0 ? length.value : (speed.value * passedMs) / 1000;
  const moves = Math.floor(owed);
  owed -= moves;
  if (moves > 0) show({ move: Math.min(length.value, cursor.value + moves) });
  if (cursor.value < length.value) return void requestAnimationFrame(play);
  isPlaying.value = false;
  lastPictureMs = undefined;
  owed = 0;
  if (canGoOn.value) run();
}
