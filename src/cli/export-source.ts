/** What `vpio export` is asked for: a statechart by its name, or a run: of a scenario, or out of a file. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { VpioError } from "../base/errors.ts";
import { COUNTEREXAMPLE_FORMAT, formatOf, readCounterexample } from "../export/counterexample-file.ts";
import { isMachineName, MACHINE_NAMES, type MachineName } from "../export/machines/catalogue.ts";
import { RECORDING_FORMAT, readRecording } from "../export/recording-file.ts";
import { type Played, playCounterexample, playRecording, playScenario } from "../export/runs/play.ts";
import { loadScenario } from "../scenario/load.ts";
import { closest } from "../scenario/suggest.ts";
import { scenarioPath, shippedScenarios } from "./scenario-file.ts";

/** `play`: at most so many moves of it. */
export type ExportSource =
  | { readonly kind: "statechart"; readonly name: MachineName }
  | {
      readonly kind: "run";
      readonly of: "scenario";
      readonly play: (moves: number, seed: number) => Promise<Played>;
    }
  | { readonly kind: "run"; readonly of: "file"; readonly play: (moves: number) => Promise<Played> };

export function exportSource(what: string): ExportSource {
  if (isMachineName(what)) return { kind: "statechart", name: what };
  if (!existsSync(what) && !shippedScenarios().includes(what)) throw notFound(what);
  const path = scenarioPath(what);
  const text = textOf(path);
  switch (formatOf(text)) {
    case COUNTEREXAMPLE_FORMAT: {
      const { found } = readCounterexample(text, path);
      return { kind: "run", of: "file", play: (moves) => playCounterexample(found, moves) };
    }
    case RECORDING_FORMAT: {
      const recorded = readRecording(text, path);
      return { kind: "run", of: "file", play: (moves) => playRecording(recorded, moves) };
    }
    default: {
      const scenario = loadScenario(path);
      return { kind: "run", of: "scenario", play: (moves, seed) => playScenario(scenario, seed, moves) };
    }
  }
}

function textOf(path: string): string {
  if (statSync(path).isDirectory())
    throw new VpioError(
      "USAGE",
      `${path}: found a folder, expected a scenario, a recording or a counterexample`,
    );
  return readFileSync(path, "utf8");
}

function notFound(what: string): VpioError {
  const meant = closest(what, [...MACHINE_NAMES, ...shippedScenarios()]);
  const question = meant === undefined ? "" : ` Did you mean '${meant}'?`;
  return new VpioError(
    "USAGE",
    `${what}: found no such statechart, file or scenario that ships.${question} Statecharts: ${MACHINE_NAMES.join(", ")}`,
  );
}
