/** States that follow one another, as slices that nest: "owned.watching" is a slice "watching" in one of "owned". */

/** From a time on: what is active, from the outside in; nothing is an empty list. */
export interface Change {
  readonly atNs: number;
  readonly path: readonly string[];
}

export interface Slice {
  readonly name: string;
  readonly beginNs: number;
  readonly endNs: number;
  /** Slices around it. */
  readonly depth: number;
}

/** `changes`: in order of time. Times are whole nanoseconds in the slices; what is over at once has none. */
export function slicesOf(changes: readonly Change[], endNs: number): readonly Slice[] {
  const slices: Slice[] = [];
  let open: readonly Pick<Slice, "name" | "beginNs">[] = [];
  const changeTo = (path: readonly string[], atNs: number): void => {
    const same = open.findIndex(({ name }, depth) => name !== path[depth]);
    const kept = open.slice(0, same < 0 ? open.length : same);
    open.forEach(({ name, beginNs }, depth) => {
      if (depth >= kept.length && atNs > beginNs) slices.push({ name, beginNs, endNs: atNs, depth });
    });
    open = [...kept, ...path.slice(kept.length).map((name) => ({ name, beginNs: atNs }))];
  };
  for (const { path, atNs } of changes) changeTo(path, Math.round(atNs));
  changeTo([], Math.round(endNs));
  return slices.sort((a, b) => a.beginNs - b.beginNs || a.depth - b.depth);
}
