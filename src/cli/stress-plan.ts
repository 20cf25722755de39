/** From the words of a command line to the plan of a campaign. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { VpioError } from "../base/errors.ts";
import { loadFilesOf } from "../engine/loaded.ts";
import { refuseLinux } from "../scenario/linux.ts";
import { filesBeside, scenarioText } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import type { Mode } from "../scenario/scenario.ts";
import { refuseUplinks, VIRTUAL_TIME } from "../scenario/uplinks.ts";
import type { FaultChoice } from "../stress/fault-plan.ts";
import type { PlanPart, ScenarioSource, StressPlan } from "../stress/plan.ts";
import { type StressBrief, trialOptionsOf } from "../stress/range.ts";
import type { SchedulerKind } from "../stress/schedulers/catalogue.ts";
import { Trial } from "../stress/trial.ts";
import { scenarioPath, stressFolder } from "./scenario-file.ts";

export interface PlanChoices {
  readonly seed: number;
  readonly scheduler: readonly SchedulerKind[];
  readonly depth: number;
  readonly faults: readonly FaultChoice[];
  readonly maxMoves: number;
  readonly twice: boolean;
  readonly bail: boolean;
  readonly mode?: Mode | undefined;
}

const EXTENSION = ".yaml";

/** Every scenario under every scheduler. `names`: files, folders, or scenarios that ship; none: those for stress. */
export async function planOf(names: readonly string[], choices: PlanChoices): Promise<StressPlan> {
  const paths = (names.length === 0 ? [stressFolder()] : names).flatMap(pathsOf);
  const parts: PlanPart[] = [];
  for (const path of paths)
    for (const kind of choices.scheduler) parts.push(await partFor(path, kind, choices));
  return parts;
}

function pathsOf(name: string): readonly string[] {
  if (!existsSync(name) || !statSync(name).isDirectory()) return [scenarioPath(name)];
  const files = readdirSync(name)
    .filter((file) => file.endsWith(EXTENSION))
    .sort();
  if (files.length === 0) throw new VpioError("SCENARIO", `${name}: found no scenario (${EXTENSION}) in it`);
  return files.map((file) => join(name, file));
}

async function partFor(path: string, kind: SchedulerKind, choices: PlanChoices): Promise<PlanPart> {
  const { depth, faults, maxMoves, twice, bail, mode } = choices;
  const source: ScenarioSource = { file: resolve(path), text: scenarioText(path), overrides: { mode } };
  const scenario = readScenario(source.text, path, filesBeside(path), source.overrides);
  refuseLinux(scenario, "vpio stress");
  refuseUplinks(scenario, "vpio stress", VIRTUAL_TIME);
  const brief = { scenario, scheduler: { kind, depth }, faults, maxMoves, twice, bail };
  return { source, brief: { ...brief, expectedMoves: await movesOf(brief, choices.seed) } };
}

/** How long a run is, from one that walks at random. */
async function movesOf(brief: Omit<StressBrief, "expectedMoves">, seed: number): Promise<number> {
  const pilot = { ...brief, scheduler: { kind: "random", depth: 1 }, expectedMoves: 1 } as const;
  return new Trial(trialOptionsOf(pilot, await loadFilesOf(brief.scenario), seed)).play().moves;
}
