/** A campaign as it lies in a queue: plain data from which any machine with the same build can run any of its ranges. */
import { VpioError } from "../../base/errors.ts";
import type { ScenarioFiles } from "../../scenario/files.ts";
import { readScenario } from "../../scenario/read.ts";
import { RANGE_SEEDS, rangesOf } from "../campaign.ts";
import type { ScenarioSource, StressPlan } from "../plan.ts";
import type { SeedRange, StressBrief } from "../range.ts";

/** More ranges than these make a campaign no quicker, and its submitter slower. */
const MOST_RANGES = 2000;

export interface CampaignSpec {
  /** The parts of its plan; the scenarios are read again where they are run. */
  readonly parts: readonly {
    readonly source: ScenarioSource;
    readonly brief: Omit<StressBrief, "scenario">;
  }[];
  readonly seeds: SeedRange;
  /** Seeds of each range. */
  readonly rangeSeeds: number;
  /** Of what fails: runs to try for something smaller. */
  readonly attempts: number;
}

/** Throws a SCENARIO error when a scenario names files: they do not travel. */
export function specOf(plan: StressPlan, seeds: SeedRange, attempts: number): CampaignSpec {
  const parts = plan.map(({ source, brief: { scenario, ...brief } }) => {
    requireTravels(source, scenario);
    return { source, brief };
  });
  return { parts, seeds, rangeSeeds: Math.max(RANGE_SEEDS, Math.ceil(seeds.count / MOST_RANGES)), attempts };
}

/** The ranges of a campaign; a range's number is its index here. */
export const rangesOfSpec = ({ seeds, rangeSeeds }: CampaignSpec): readonly SeedRange[] => [
  ...rangesOf(seeds, rangeSeeds),
];

export const planOfSpec = ({ parts }: CampaignSpec): StressPlan =>
  parts.map(({ source, brief }) => ({
    source,
    brief: { ...brief, scenario: readScenario(source.text, source.file, NO_FILES, source.overrides) },
  }));

export const bailsOf = ({ parts }: CampaignSpec): boolean => parts.some(({ brief }) => brief.bail);

/** Captures stay behind, and no worker runs a program or a card that it has found in a queue. */
function requireTravels({ file }: ScenarioSource, scenario: StressBrief["scenario"]): void {
  const [needed] = filesOf(scenario);
  if (needed === undefined) return;
  throw new VpioError(
    "SCENARIO",
    `${file}: found that ${needed.who} needs the file '${needed.file}', expected a scenario that is all in one ` +
      "file: no other file travels to the machines of a queue; stress it without --queue",
  );
}

interface Needed {
  readonly who: string;
  readonly file: string;
}

const filesOf = ({ plugins, guests }: StressBrief["scenario"]): readonly Needed[] => [
  ...plugins.map(({ kind, file }) => ({ who: `the card '${kind}'`, file })),
  ...guests.flatMap(({ name, workload }) =>
    workload.kind === "replay" || workload.kind === "program"
      ? [{ who: `guest '${name}'`, file: workload.file }]
      : [],
  ),
];

const NO_FILES: ScenarioFiles = { locate: (file) => file, read: () => undefined };
