/** What a stress campaign has found: for people, and as data. */
import { NS_PER_S } from "../base/units.ts";
import { FAULT_KINDS, FAULTS } from "../stress/fault-plan.ts";
import { PROPERTIES, type Violation } from "../stress/oracles/oracle.ts";
import { type PlanPart, partOf, type StressPlan } from "../stress/plan.ts";
import type { Failure, SeedRange, StressTally } from "../stress/range.ts";
import type { Size } from "../stress/shrink.ts";
import { SIGHTINGS } from "../stress/sightings.ts";
import { SIGHTING_NAMES, type StressVerdict } from "../stress/verdict.ts";
import { count, duration, plural, significant } from "./numbers.ts";
import { left, PLAIN, right, type Style, tableLines } from "./table.ts";

/** A failure that has been shrunk, and the file that it was written to. */
export interface Explained {
  readonly seed: number;
  readonly from: Size;
  readonly to: Size;
  readonly file: string;
}

export interface StressOutcome {
  readonly plan: StressPlan;
  readonly seeds: SeedRange;
  readonly tally: StressTally;
  readonly verdict: StressVerdict;
  readonly explained: readonly Explained[];
  /** Of the wall clock. */
  readonly elapsedNs: number;
}

/** Failures that a report describes; the others are only counted. */
const DESCRIBED = 10;

/** "duel under pct". */
export const partName = ({ brief: { scenario, scheduler } }: PlanPart): string =>
  `${scenario.name} under ${scheduler.kind}`;

export function stressReport(outcome: StressOutcome, style: Style = PLAIN): string {
  const { tally, explained, plan } = outcome;
  const blocks = [
    summaryLines(outcome),
    sightingLines(tally, style),
    strikeLines(tally, style),
    ...tally.failures.slice(0, DESCRIBED).map((failure) => failureLines(failure, plan, explained, style)),
    tally.failures.length > DESCRIBED ? [`and ${count(tally.failures.length - DESCRIBED)} more`] : [],
    [verdictLine(outcome, style)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** How many seeds a second of `elapsedNs`; 0 while no time has passed. */
export const perSecond = (value: number, elapsedNs: number): number =>
  elapsedNs === 0 ? 0 : (value * NS_PER_S) / elapsedNs;

function summaryLines({ plan, seeds, tally, elapsedNs }: StressOutcome): readonly string[] {
  const { seeds: ran, moves, cut, sightings } = tally;
  const each = (value: number): string => significant(ran === 0 ? 0 : value / ran);
  return [
    `${plural(ran, "seed")} from ${count(seeds.first)} on, over ${plan.map(partName).join(", ")}`,
    `${plural(moves, "move")}, ${each(moves)} a seed; ${plural(sightings.handoffs, "handoff")}, ${each(sightings.handoffs)} a seed`,
    `${duration(elapsedNs)}: ${significant(perSecond(ran, elapsedNs))} seeds/s, ${count(perSecond(moves, elapsedNs))} moves/s`,
    ...(cut > 0 ? [`${plural(cut, "run")} cut off before the end`] : []),
  ];
}

const sightingLines = ({ sightings }: StressTally, style: Style): readonly string[] =>
  tableLines(
    [right("seen"), left("sometimes")],
    SIGHTING_NAMES.map((name) => [
      sightings[name] === 0 ? "never" : count(sightings[name]),
      `${name}: ${SIGHTINGS[name]}`,
    ]),
    style,
  );

function strikeLines({ strikes }: StressTally, style: Style): readonly string[] {
  const struck = FAULT_KINDS.filter((kind) => strikes[kind] !== undefined);
  if (struck.length === 0) return [];
  const rows = struck.map((kind) => [count(strikes[kind] ?? 0), `${kind}: ${FAULTS[kind].what}`]);
  return tableLines([right("struck"), left("faults")], rows, style);
}

function failureLines(
  { seed, violation, moves }: Failure,
  plan: StressPlan,
  explained: readonly Explained[],
  style: Style,
): readonly string[] {
  const file = explained.find((one) => one.seed === seed);
  return [
    style.bad(`seed ${seed} of ${partName(partOf(plan, seed))} after ${plural(moves, "move")}`),
    ...violationLines(violation).map((line) => `  ${line}`),
    ...(file === undefined ? [] : [`  ${shrunkLine(file)}`, `  vpio replay ${file.file}`]),
  ];
}

const shrunkLine = ({ from, to }: Explained): string => {
  const size = ({ guests, moves, switches }: Size): string =>
    `${plural(guests, "guest")}, ${plural(moves, "move")}, ${plural(switches, "change of actor", "changes of actor")}`;
  return `shrunk from ${size(from)} to ${size(to)}`;
};

/** What happened, who did it, when, and what has allowed it. */
export function violationLines({ property, oracle, incident, because }: Violation): readonly string[] {
  const at = ({ atNs, move }: Violation["incident"]): string => `${duration(atNs)}, move ${count(move)}`;
  return [
    `property ${property} (${PROPERTIES[property]}), by the oracle "${oracle}":`,
    `${incident.what} (${at(incident)})`,
    ...(because === undefined ? [] : [`after ${because.what} (${at(because)})`]),
  ];
}

function verdictLine({ verdict, tally, seeds }: StressOutcome, style: Style): string {
  switch (verdict.kind) {
    case "holds":
      return style.good("All properties hold.");
    case "violated":
      return style.bad(`VIOLATED by ${plural(tally.failures.length, "seed")}.`);
    case "inconclusive": {
      const why = [
        ...(verdict.seedsLeft > 0
          ? [`${count(verdict.seedsLeft)} of ${plural(seeds.count, "seed")} were not run`]
          : []),
        ...(verdict.unseen.length > 0 ? [`never seen: ${verdict.unseen.join(", ")}`] : []),
      ];
      return style.bad(`Inconclusive: nothing was violated, but ${why.join("; ")}.`);
    }
  }
}

/** The same as plain data, for --json. */
export function jsonStress({ plan, seeds, tally, verdict, explained, elapsedNs }: StressOutcome): unknown {
  const { failures, ...counts } = tally;
  return {
    version: 1,
    parts: plan.map(({ source, brief: { scenario, scheduler, faults } }) => ({
      scenario: scenario.name,
      file: source.file,
      scheduler,
      faults,
    })),
    firstSeed: seeds.first,
    askedSeeds: seeds.count,
    ...{ ...counts, tookNs: elapsedNs, verdict },
    failures: failures.map((failure) => ({
      ...failure,
      part: partName(partOf(plan, failure.seed)),
      shrunk: explained.find(({ seed }) => seed === failure.seed),
    })),
  };
}
