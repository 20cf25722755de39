/** Which of the known names was probably meant. */

const LISTED_NAMES = 16;
/** More than any scenario that can run has; a bound for files that cannot. */
const COMPARED_NAMES = 256;
/** Beyond this a name is no slip of the finger. */
const MAX_DISTANCE = 2;

/** Levenshtein's distance: the insertions, deletions and substitutions that turn one text into the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const substituted = (row[j] as number) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** The nearest of `known`, case aside; undefined when none is within two slips and half of the name. */
export function closest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(MAX_DISTANCE, Math.floor(name.length / 2)) + 1;
  for (const candidate of known.slice(0, COMPARED_NAMES)) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const slips = distance(name.toLowerCase(), candidate.toLowerCase());
    if (slips < bestDistance) [best, bestDistance] = [candidate, slips];
  }
  return best;
}

/** At most 40 characters of `text`, in quotes, without line breaks. */
export function quote(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return `'${line.length > 40 ? `${line.slice(0, 39)}…` : line}'`;
}

/** "a, b, c", and how many more there are. */
export function list(names: readonly string[]): string {
  const more = names.length - LISTED_NAMES;
  const listed = names.slice(0, LISTED_NAMES).join(", ");
  return more > 0 ? `${listed} and ${more} more` : listed;
}

/** "unknown key 'memry', did you mean 'memory'? expected one of ..." */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  const expected = known.length === 0 ? "expected none" : `expected one of ${list(known)}`;
  const question = meant === undefined ? "" : `did you mean ${quote(meant)}? `;
  return `unknown ${what} ${quote(name)}, ${question}${expected}`;
}
