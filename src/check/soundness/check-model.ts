/**
 * Is a device model sound? World after world for those that vpio runs; the published ones, for all their
 * holes.
 */
import { CardUnderModel } from "./card-under-model.ts";
import { CardUnderPaper } from "./card-under-paper.ts";
import { NE2000_READING } from "./ne2000/paper.ts";
import { NE2000 } from "./ne2000/specimen.ts";
import type { PaperReading } from "./paper.ts";
import { RTL8139_READING } from "./rtl8139/paper.ts";
import { RTL8139 } from "./rtl8139/specimen.ts";
import { type Counterexample, type Progress, type Searched, searching } from "./search.ts";
import type { Specimen, World } from "./specimen.ts";
import { PROPERTIES } from "./subject.ts";

export const SPECIMENS = { rtl8139: RTL8139, ne2000: NE2000 } as const;
export const READINGS = { "paper/rtl8139": RTL8139_READING, "paper/ne2000": NE2000_READING } as const;
export type SpecimenName = keyof typeof SPECIMENS;
export type ReadingName = keyof typeof READINGS;
export type ModelName = SpecimenName | ReadingName;
export const MODEL_NAMES = [...Object.keys(SPECIMENS), ...Object.keys(READINGS)] as readonly ModelName[];

export const isReading = (name: ModelName): name is ReadingName => name in READINGS;

export interface CheckModelOptions {
  /** Steps of a way; default: the bound of each world. */
  readonly steps?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** For all worlds together. */
  readonly seconds?: number | undefined;
  readonly stopped?: (() => boolean) | undefined;
}

export interface WorldProgress extends Progress {
  readonly world: string;
}

export interface ModelWorldFinding {
  readonly world: World;
  /** Steps of a way that were asked for; undefined: all. */
  readonly bound: number | undefined;
  readonly result: Searched;
  readonly seconds: number;
}

/**
 * Each world to its end or its bound, but none behind one in which something is broken or that was not
 * finished.
 */
export function* checkingModel(
  specimen: Specimen,
  { steps, memoryBytes, seconds, stopped }: CheckModelOptions = {},
): Generator<WorldProgress, readonly ModelWorldFinding[]> {
  const findings: ModelWorldFinding[] = [];
  const beganMs = performance.now();
  for (const world of specimen.worlds) {
    const passed = (performance.now() - beganMs) / 1000;
    const bound = steps ?? world.bound;
    const search = searching(() => new CardUnderModel(specimen, world), {
      ...(bound !== undefined && { steps: bound }),
      ...(memoryBytes !== undefined && { memoryBytes }),
      ...(seconds !== undefined && { seconds: seconds - passed }),
      ...(stopped !== undefined && { stopped }),
    });
    let step = search.next();
    for (; !step.done; step = search.next()) yield { world: world.name, ...step.value };
    const result = step.value;
    findings.push({ world, bound, result, seconds: (performance.now() - beganMs) / 1000 - passed });
    if (result.verdict === "broken" || result.verdict === "inconclusive") break;
  }
  return findings;
}

/** Steps of a way in which a published model's holes are looked for. */
const READING_STEPS = 7;

/**
 * All holes of a published model, each on a shortest way on which all was well before. Two are the same when
 * they say the same of the card; the most dangerous come first.
 */
export function* checkingReading(
  reading: PaperReading,
  { steps = READING_STEPS, memoryBytes, seconds, stopped }: CheckModelOptions = {},
): Generator<Progress, Searched> {
  const found = yield* searching(() => new CardUnderPaper(reading), {
    steps,
    kindOf: ({ property, about }) => `${property} ${about}`,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(seconds !== undefined && { seconds }),
    ...(stopped !== undefined && { stopped }),
  });
  const holes = [...found.counterexamples].sort((one, other) => danger(one) - danger(other));
  return { ...found, counterexamples: holes };
}

/** The properties stand in the order of what it costs to break them. */
const danger = ({ property }: Counterexample): number => Object.keys(PROPERTIES).indexOf(property);
