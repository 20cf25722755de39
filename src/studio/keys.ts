/** The keys, what they do, and the words of the help on them: one table. */
import {
  goTo,
  goToInOriginal,
  goToParting,
  nextNote,
  previousNote,
  runOrPause,
  step,
  stepActor,
} from "./player.ts";
import { actorIndex, cursor, isHelpOpen, length, originalMove, show, trace, zoom } from "./store.ts";
import { MAX_ZOOM, PANELS } from "./url-state.ts";

interface Key {
  /** As the browser calls it. */
  readonly key: string;
  /** As people do. */
  readonly name: string;
  readonly what: string;
  readonly act: (event: KeyboardEvent) => void;
}

const FAR = 100;

const byShift = (event: KeyboardEvent): number => (event.shiftKey ? FAR : 1);

function otherActor(direction: 1 | -1): void {
  const { length: actors = 1 } = trace.value?.head.actors ?? [];
  show({ actor: (actorIndex.value + direction + actors) % actors });
}

export const KEYS: readonly Key[] = [
  {
    key: " ",
    name: "Space",
    what: "run, or pause; a button with the focus keeps it for itself",
    act: runOrPause,
  },
  {
    key: "ArrowRight",
    name: "→",
    what: `one move on, with Shift ${FAR}`,
    act: (event) => (event.shiftKey ? goTo(cursor.value + FAR) : step()),
  },
  {
    key: "ArrowLeft",
    name: "←",
    what: `one move back, with Shift ${FAR}`,
    act: (event) => goTo(cursor.value - byShift(event)),
  },
  { key: "Home", name: "Home", what: "before the first move", act: () => goTo(0) },
  { key: "End", name: "End", what: "behind the last move there is", act: () => goTo(length.value) },
  { key: "a", name: "a", what: "to the next move of this actor", act: () => stepActor(actorIndex.value) },
  { key: "n", name: "n", what: "to the next finding", act: () => nextNote() },
  { key: "v", name: "v", what: "to the next violation", act: () => nextNote("violation") },
  { key: "p", name: "p", what: "to the finding before", act: previousNote },
  {
    key: "m",
    name: "m",
    what: "compare with the move of the cursor",
    act: () => show({ mark: cursor.value }),
  },
  { key: "d", name: "d", what: "to where the original and the shrunk run part", act: goToParting },
  {
    key: "]",
    name: "]",
    what: "one move on in the original",
    act: () => goToInOriginal(originalMove.value + 1),
  },
  { key: "[", name: "[", what: "one move back in it", act: () => goToInOriginal(originalMove.value - 1) },
  { key: "j", name: "j", what: "the next actor large", act: () => otherActor(1) },
  { key: "k", name: "k", what: "the actor before large", act: () => otherActor(-1) },
  {
    key: "+",
    name: "+",
    what: "zoom into the timeline",
    act: () => show({ zoom: Math.min(MAX_ZOOM, zoom.value + 1) }),
  },
  {
    key: "-",
    name: "−",
    what: "zoom out of the timeline",
    act: () => show({ zoom: Math.max(0, zoom.value - 1) }),
  },
  ...PANELS.map((panel, i) => ({
    key: String(i + 1),
    name: String(i + 1),
    what: `show ${panel}`,
    act: () => show({ panel }),
  })),
  {
    key: "?",
    name: "?",
    what: "this help",
    act: () => {
      isHelpOpen.value = true;
    },
  },
];

/** Keys that a field, a list or a button wants for itself. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input, select, textarea")) return true;
  return key === " " && target.matches("button");
}

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event) || isHelpOpen.value) return;
    const known = KEYS.find(({ key }) => key === event.key);
    if (known === undefined) return;
    event.preventDefault();
    known.act(event);
  });
}
