/** The seeds of a range, one after the other: what one worker of a campaign does at a time. All of it is plain data. */

import type { Loaded } from "../engine/loaded.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { firstDifference } from "./determinism.ts";
import { type FaultChoice, type FaultKind, seededFaults } from "./fault-plan.ts";
import type { Violation } from "./oracles/oracle.ts";
import { makeScheduler, type SchedulerChoice } from "./schedulers/catalogue.ts";
import { noSightings, type Sighting, type Sightings } from "./sightings.ts";
import { Trial, type TrialOptions, type TrialResult } from "./trial.ts";

/** What all seeds of a campaign have in common. */
export interface StressBrief {
  readonly scenario: Scenario;
  readonly scheduler: SchedulerChoice;
  readonly faults: readonly FaultChoice[];
  /** A run that is not over by then is cut off. */
  readonly maxMoves: number;
  /** For schedulers that draw from the moves of a run. */
  readonly expectedMoves: number;
  /** Run each seed twice, and compare. */
  readonly twice: boolean;
  /** Stop at the first violation. */
  readonly bail: boolean;
}

export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

export interface Failure {
  readonly seed: number;
  readonly violation: Violation;
  /** Moves until it showed. */
  readonly moves: number;
}

export interface StressTally {
  readonly seeds: number;
  readonly moves: number;
  /** Virtual time of all runs. */
  readonly elapsedNs: number;
  /** Runs that were cut off before they were over. */
  readonly cut: number;
  readonly sightings: Sightings;
  readonly strikes: Readonly<Partial<Record<FaultKind, number>>>;
  /** In order of their seeds. */
  readonly failures: readonly Failure[];
}

export const EMPTY_TALLY: StressTally = {
  seeds: 0,
  moves: 0,
  elapsedNs: 0,
  cut: 0,
  sightings: noSightings(),
  strikes: {},
  failures: [],
};

/** What the trial of one seed is made of: a function of the brief and the seed alone. */
export function trialOptionsOf(
  { scenario, scheduler, faults, maxMoves, expectedMoves }: Omit<StressBrief, "twice" | "bail">,
  { workloads, devices }: Loaded,
  seed: number,
): TrialOptions {
  const cards = scenario.cards.flatMap(({ id }) => [nicAddress(id), arbiterAddress(id)]);
  const actors = [...scenario.guests.map(({ id }) => guestAddress(id)), ...cards, WIRE];
  return {
    scenario,
    workloads,
    devices,
    scheduler: makeScheduler(scheduler, seed, { expectedMoves, actors }),
    faults: seededFaults(seed, faults),
    maxMoves,
  };
}

export function runRange(brief: StressBrief, loaded: Loaded, { first, count }: SeedRange): StressTally {
  let tally = EMPTY_TALLY;
  for (let seed = first; seed < first + count; seed++) {
    const result = trialOf(brief, loaded, seed).play();
    const violation = result.violation ?? (brief.twice ? differs(brief, loaded, seed, result) : undefined);
    tally = addTallies(tally, tallyOf(seed, { ...result, violation }));
    if (brief.bail && violation !== undefined) break;
  }
  return tally;
}

function tallyOf(seed: number, result: TrialResult): StressTally {
  const { moves, elapsedNs, ending, sightings, violation } = result;
  const strikes: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of result.strikes) strikes[kind] = (strikes[kind] ?? 0) + 1;
  const failures = violation === undefined ? [] : [{ seed, violation, moves }];
  const cut = ending === "cut" && violation === undefined ? 1 : 0;
  return { seeds: 1, moves, elapsedNs, cut, sightings, strikes, failures };
}

export function addTallies(one: StressTally, other: StressTally): StressTally {
  const sightings = noSightings();
  for (const name of Object.keys(sightings) as Sighting[])
    sightings[name] = one.sightings[name] + other.sightings[name];
  const strikes: Partial<Record<FaultKind, number>> = { ...one.strikes };
  for (const [kind, count] of Object.entries(other.strikes) as [FaultKind, number][])
    strikes[kind] = (strikes[kind] ?? 0) + count;
  return {
    seeds: one.seeds + other.seeds,
    moves: one.moves + other.moves,
    elapsedNs: one.elapsedNs + other.elapsedNs,
    cut: one.cut + other.cut,
    sightings,
    strikes,
    failures: [...one.failures, ...other.failures].sort((a, b) => a.seed - b.seed),
  };
}

const trialOf = (brief: StressBrief, loaded: Loaded, seed: number): Trial =>
  new Trial({ ...trialOptionsOf(brief, loaded, seed), hashed: brief.twice });

/** Property 8, where it does not hold: a second run of the seed that is not like the first. */
function differs(
  brief: StressBrief,
  loaded: Loaded,
  seed: number,
  first: TrialResult,
): Violation | undefined {
  const second = trialOf(brief, loaded, seed).play();
  const same = second.traceHash === first.traceHash && second.violation === undefined;
  return same ? undefined : differenceOf(brief, loaded, seed);
}

/** The first difference between two runs of a seed, move by move. */
function differenceOf(brief: StressBrief, loaded: Loaded, seed: number): Violation | undefined {
  const trials: Trial[] = [];
  const difference = firstDifference(
    () => {
      const trial = new Trial(trialOptionsOf(brief, loaded, seed));
      trials.push(trial);
      return trial.run;
    },
    (run) => void trials.find((trial) => trial.run === run)?.play(),
  );
  if (difference === undefined) return undefined;
  const { move, first, second } = difference;
  const what = `the same seed does something else at move ${move}: first ${first}, then ${second}`;
  const incident = { what, atNs: trials[0]?.run.engine.nowNs ?? 0, move };
  return { property: 8, oracle: "determinism", incident, because: undefined };
}
