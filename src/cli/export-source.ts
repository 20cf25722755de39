/** What `vpio export` is asked for: a statechart by its name, or a run: of a scenario, or out of a file. */
import { existsSync } from "node:fs";
import { VpioError } from "../base/errors.ts";
import { COUNTEREXAMPLE_FORMAT, formatOf, readCounterexample } from "../export/counterexample-file.ts";
import { isMachineName, MACHINE_NAMES, type MachineName } from "../export/machines/catalogue.ts";
import { RECORDING_FORMAT, readRecording } from "../export/recording-file.ts";
import {
  type Played,
  type PlayOptions,
  playCounterexample,
  playRecording,
  playScenario,
} from "../export/runs/play.ts";
import { textOfFile } from "../export/text-file.ts";
import { refuseLinux } from "../scenario/linux.ts";
import { loadScenario } from "../scenario/load.ts";
import type { Mode } from "../scenario/scenario.ts";
import { closest } from "../scenario/suggest.ts";
import { refuseUplinks, VIRTUAL_TIME } from "../scenario/uplinks.ts";
import { warnOfVersion } from "./run-file.ts";
import { scenarioNames, scenarioPath } from "./scenario-file.ts";
import type { Terminal } from "./terminal.ts";

export type ExportSource =
  | { readonly kind: "statechart"; readonly name: MachineName }
  /** `isScheduled`: its moves are in the file, and follow from no seed. */
  | {
      readonly kind: "run";
      readonly isScheduled: boolean;
      readonly play: (seed: number, options: PlayOptions) => Promise<Played>;
    };

/** `mode`: of a scenario, in place of its own. */
export function exportSource(what: string, mode: Mode | undefined, terminal: Terminal): ExportSource {
  if (isMachineName(what)) return { kind: "statechart", name: what };
  if (!existsSync(what) && !scenarioNames().includes(what)) throw notFound(what);
  const path = scenarioPath(what);
  const text = textOfFile(path);
  switch (formatOf(text)) {
    case COUNTEREXAMPLE_FORMAT: {
      const { found, vpio } = readCounterexample(text, path);
      warnOfVersion(vpio, path, terminal);
      return { kind: "run", isScheduled: true, play: (_, options) => playCounterexample(found, options) };
    }
    case RECORDING_FORMAT: {
      const recorded = readRecording(text, path);
      warnOfVersion(recorded.vpio, path, terminal);
      return { kind: "run", isScheduled: true, play: (_, options) => playRecording(recorded, options) };
    }
    default: {
      const scenario = loadScenario(path, { mode });
      refuseLinux(scenario, "vpio export");
      refuseUplinks(scenario, "vpio export", VIRTUAL_TIME);
      return {
        kind: "run",
        isScheduled: false,
        play: (seed, options) => playScenario(scenario, seed, options),
      };
    }
  }
}

function notFound(what: string): VpioError {
  const meant = closest(what, [...MACHINE_NAMES, ...scenarioNames()]);
  const question = meant === undefined ? "" : ` Did you mean '${meant}'?`;
  return new VpioError(
    "USAGE",
    `${what}: found no such statechart, file or scenario that ships.${question} Statecharts: ${MACHINE_NAMES.join(", ")}`,
  );
}
