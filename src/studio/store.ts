/** What the application knows: the trace, how far it is, and what is shown. One cursor for all views. */
import { batch, computed, signal } from "@preact/signals";
import { decode } from "../trace/codec.ts";
import { firstDivergence } from "../trace/divergence.ts";
import type { TraceHead } from "../trace/head.ts";
import type { News } from "../trace/studio-talk.ts";
import { Trace } from "../trace/trace.ts";
import { FIRST_SHOWN, type Shown } from "./url-state.ts";

const NO_NEWS: News = {
  source: "live",
  file: "",
  running: false,
  over: undefined,
  possible: [],
  branch: 0,
  branches: [],
};

export const trace = signal<Trace | undefined>(undefined);
/** Of a counterexample: the run before it was shrunk, whole. */
export const original = signal<Trace | undefined>(undefined);
/** Moves and notes that have come so far: whoever reads the trace reads these too, to hear of more. */
export const length = signal(0);
export const noteCount = signal(0);
export const news = signal<News>(NO_NEWS);
export const shown = signal<Shown>(FIRST_SHOWN);
/** Said to whoever looks or listens. */
export const notice = signal("");
export const isHelpOpen = signal(false);
/** Moves in a second; 0: as fast as it goes. */
export const speed = signal(100);
/** The recorded moves are being played; or the cursor keeps to the end of a run that goes on. */
export const isPlaying = signal(false);
export const isFollowing = signal(false);

/** The cursor goes there as soon as the trace is that long. */
let awaitedMove: number | undefined;

export const cursor = computed(() => Math.min(shown.value.move, length.value));
export const isRunning = computed(() => isPlaying.value || news.value.running);
/** More moves can be made than there are. */
export const canGoOn = computed(
  () =>
    (news.value.source === "live" || news.value.source === "counterexample") && news.value.over === undefined,
);
/** Another choice can be tried. */
export const canFork = computed(() => news.value.source === "live" || news.value.source === "counterexample");

/** Parts of what is shown, for those whom the rest does not concern: the cursor above all. */
export const panel = computed(() => shown.value.panel);
export const axis = computed(() => shown.value.axis);
export const zoom = computed(() => shown.value.zoom);
export const mark = computed(() => shown.value.mark);
export const filter = computed(() => shown.value.filter);
export const folded = computed(() => shown.value.folded);

/** The cursor in the original. */
export const originalMove = computed(() =>
  Math.min(shown.value.originalMove ?? cursor.value, original.value?.length ?? 0),
);
/** The first move in which the original and the run differ; undefined when they do not. */
export const divergence = computed(() => {
  void length.value;
  const { value: run } = trace;
  return original.value === undefined || run === undefined ? undefined : firstDivergence(original.value, run);
});

export const actorIndex = computed(() => {
  const { actors = [] } = trace.value?.head ?? {};
  return Math.min(shown.value.actor, Math.max(0, actors.length - 1));
});
/** The move that the cursor is compared with. */
export const compared = computed(() => mark.value ?? Math.max(0, cursor.value - 1));

export function show(change: Partial<Shown>): void {
  shown.value = { ...shown.value, ...change };
}

/** A run from its beginning: the first one, or another branch. */
export function begin(head: TraceHead): void {
  batch(() => {
    trace.value = new Trace(head);
    length.value = 0;
    noteCount.value = 0;
  });
}

/** Comes before the run itself. */
export function takeOriginal(head: TraceHead, whole: Uint8Array): void {
  const there = new Trace(head);
  decode(there, whole);
  original.value = there;
}

/** The trace has grown. */
export function grown(): void {
  const { value } = trace;
  if (value === undefined) return;
  batch(() => {
    length.value = value.length;
    noteCount.value = value.notes.length;
    if (isFollowing.value) show({ move: value.length });
    arrive();
  });
}

/** Puts the cursor behind the last of `moves` moves, which may have to come first. */
export function awaitMove(moves: number): void {
  awaitedMove = moves;
  arrive();
}

/** The cursor was put somewhere else in the meantime. */
export function forgetAwaitedMove(): void {
  awaitedMove = undefined;
}

function arrive(): void {
  if (awaitedMove === undefined || length.value < awaitedMove) return;
  show({ move: awaitedMove });
  awaitedMove = undefined;
}
