/** Nondeterminism as plain code: a body asks `choose`, and is run again for every way in which it can be answered. */

/** Picks one of at least one options. */
export type Choose = <T>(options: readonly T[]) => T;

/** The results of `run` for every sequence of choices it can make, first options first. */
export function everyWay<T>(run: (choose: Choose) => T): readonly T[] {
  const results: T[] = [];
  let script: number[] = [];
  do {
    const taken: number[] = [];
    const sizes: number[] = [];
    results.push(
      run((options) => {
        const pick = script[taken.length] ?? 0;
        taken.push(pick);
        sizes.push(options.length);
        return options[pick] as (typeof options)[number];
      }),
    );
    script = nextScript(taken, sizes);
  } while (script.length > 0);
  return results;
}

/** The last choice that has another option takes it; those after it begin anew. Empty: there is none. */
function nextScript(taken: number[], sizes: readonly number[]): number[] {
  while (taken.length > 0) {
    const last = taken.length - 1;
    const pick = (taken[last] ?? 0) + 1;
    if (pick < (sizes[last] ?? 0)) return [...taken.slice(0, last), pick];
    taken.pop();
  }
  return taken;
}
