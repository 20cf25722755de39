/** What a campaign has shown: properties violated, all that it set out to see, or too little to say. */
import type { StressTally } from "./range.ts";
import { SIGHTINGS, type Sighting } from "./sightings.ts";

export type StressVerdict =
  | { readonly kind: "holds" }
  | { readonly kind: "violated" }
  /** Not all seeds were run; or something that should have happened at least once never did. */
  | { readonly kind: "inconclusive"; readonly seedsLeft: number; readonly unseen: readonly Sighting[] };

export const SIGHTING_NAMES = Object.keys(SIGHTINGS) as readonly Sighting[];

/** `asked`: seeds; `expected`: what must have happened at least once, or the campaign has proven little. */
export function verdictOf(
  { seeds, sightings, failures }: StressTally,
  asked: number,
  expected: readonly Sighting[],
): StressVerdict {
  if (failures.length > 0) return { kind: "violated" };
  const unseen = expected.filter((name) => sightings[name] === 0);
  if (seeds === asked && unseen.length === 0) return { kind: "holds" };
  return { kind: "inconclusive", seedsLeft: asked - seeds, unseen };
}
