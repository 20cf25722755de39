/** What is shown, as the part of the address behind '#': to reload it, to send it to somebody. Pure. */

export const PANELS = ["moves", "differences", "plots", "findings", "runs"] as const;
export type Panel = (typeof PANELS)[number];

export interface Shown {
  /** The cursor: how things stood after that move. */
  readonly move: number;
  /** Index of the actor that is drawn large. */
  readonly actor: number;
  readonly panel: Panel;
  /** The other move of a comparison; undefined: the one before the cursor. */
  readonly mark: number | undefined;
  /** What rows of differences must contain. */
  readonly filter: string;
  /** The timeline shows the whole, divided by two so many times. */
  readonly zoom: number;
  readonly axis: "moves" | "time";
  /** Lanes of actors that are folded. */
  readonly folded: readonly number[];
  /** Of a counterexample: the cursor in the run before it was shrunk; undefined: it goes with the other. */
  readonly originalMove: number | undefined;
}

export const FIRST_SHOWN: Shown = {
  move: 0,
  actor: 0,
  panel: "moves",
  mark: undefined,
  filter: "",
  zoom: 0,
  axis: "moves",
  folded: [],
  originalMove: undefined,
};

export const MAX_ZOOM = 24;

/** Only what differs from how it begins. */
export function toHash(shown: Shown): string {
  const query = new URLSearchParams();
  if (shown.move !== FIRST_SHOWN.move) query.set("move", String(shown.move));
  if (shown.actor !== FIRST_SHOWN.actor) query.set("actor", String(shown.actor));
  if (shown.panel !== FIRST_SHOWN.panel) query.set("panel", shown.panel);
  if (shown.mark !== undefined) query.set("mark", String(shown.mark));
  if (shown.filter !== "") query.set("filter", shown.filter);
  if (shown.zoom !== FIRST_SHOWN.zoom) query.set("zoom", String(shown.zoom));
  if (shown.axis !== FIRST_SHOWN.axis) query.set("axis", shown.axis);
  if (shown.folded.length > 0) query.set("folded", shown.folded.join("."));
  if (shown.originalMove !== undefined) query.set("original", String(shown.originalMove));
  return query.toString() === "" ? "" : `#${query}`;
}

/** What is no state of the application is taken as if it were not there. */
export function fromHash(hash: string): Shown {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const whole = (name: string): number | undefined => {
    const text = query.get(name) ?? "";
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  };
  const panel = PANELS.find((one) => one === query.get("panel"));
  const folded = (query.get("folded") ?? "").split(".").filter((text) => /^\d{1,5}$/.test(text));
  return {
    move: whole("move") ?? FIRST_SHOWN.move,
    actor: whole("actor") ?? FIRST_SHOWN.actor,
    panel: panel ?? FIRST_SHOWN.panel,
    mark: whole("mark"),
    filter: query.get("filter") ?? "",
    zoom: Math.min(MAX_ZOOM, whole("zoom") ?? FIRST_SHOWN.zoom),
    axis: query.get("axis") === "time" ? "time" : "moves",
    folded: folded.map(Number),
    originalMove: whole("original"),
  };
}
