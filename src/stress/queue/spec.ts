/** A campaign as it lies in a queue: plain data from which any machine of the same build can run any of its ranges. */
import { VpioError } from "../../base/errors.ts";
import type { Overrides, Scenario } from "../../scenario/scenario.ts";
import { RANGE_SEEDS, rangesOf } from "../campaign.ts";
import type { SeedRange, StressBrief } from "../range.ts";

/** More ranges than these make a campaign no quicker, and its submitter slower. */
const MOST_RANGES = 2000;

export interface CampaignSpec {
  /** What the scenario is called in messages; it is not read on other machines. */
  readonly file: string;
  /** What it says. */
  readonly text: string;
  readonly overrides: Overrides;
  readonly brief: Omit<StressBrief, "scenario">;
  readonly seeds: SeedRange;
  /** Seeds of each range. */
  readonly rangeSeeds: number;
}

export const rangeSeedsOf = ({ count }: SeedRange): number =>
  Math.max(RANGE_SEEDS, Math.ceil(count / MOST_RANGES));

/** The ranges of a campaign; a range's number is its index here. */
export const specRanges = ({ seeds, rangeSeeds }: CampaignSpec): readonly SeedRange[] => [
  ...rangesOf(seeds, rangeSeeds),
];

/**
 * Only the text of a scenario travels: its captures stay behind, and no worker runs a program that it found in a queue.
 * Throws a SCENARIO error when `scenario` needs more.
 */
export function requireTravels({ file, guests }: Scenario): void {
  for (const { name, workload } of guests) {
    if (workload.kind !== "replay" && workload.kind !== "program") continue;
    throw new VpioError(
      "SCENARIO",
      `${file}: found the file '${workload.file}' of guest '${name}', expected a scenario that is all in one file: ` +
        "others do not travel to the machines of a queue; stress it without --queue",
    );
  }
}
