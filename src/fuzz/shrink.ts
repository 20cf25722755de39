/** Finds a short list that still fails, by leaving items out (Zeller and Hildebrandt 2002, "ddmin", without subsets). */

/** Tries before what is found is taken as short enough. */
const TRIES_MAX = 3000;

/**
 * `fails(items)` must be true. Answers a list in the same order that fails too and, within `TRIES_MAX`, from which no
 * single item can be left out.
 */
export function shrink<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  let tries = 0;
  for (let chunk = Math.ceil(kept.length / 2); chunk >= 1; ) {
    const before = kept.length;
    for (let at = 0; at < kept.length && tries < TRIES_MAX; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + chunk)];
      tries++;
      if (fails(without)) kept = without;
      else at += chunk;
    }
    if (tries >= TRIES_MAX || (chunk === 1 && kept.length === before)) break;
    chunk = kept.length < before ? Math.min(chunk, Math.max(1, kept.length)) : Math.floor(chunk / 2);
  }
  return kept;
}
