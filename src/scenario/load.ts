/** Scenarios from the file system. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { VpioError } from "../base/errors.ts";
import type { ScenarioFiles } from "./files.ts";
import { readScenario } from "./read.ts";
import type { Overrides, Scenario } from "./scenario.ts";

/** The bytes of a file; undefined when it cannot be read. */
function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** The files beside the scenario at `path`. */
export function filesBeside(path: string): ScenarioFiles {
  const locate = (file: string): string => resolve(dirname(path), file);
  return { locate, read: (file) => bytesOf(locate(file)) };
}

/**
 * Reads, checks and resolves the scenario at `path`. Throws a SCENARIO error: a ScenarioError for what is in
 * the file.
 */
export function loadScenario(path: string, overrides: Overrides = {}): Scenario {
  return readScenario(scenarioText(path), path, filesBeside(path), overrides);
}

/** What the file at `path` says. Throws a SCENARIO error when it is no text. */
export function scenarioText(path: string): string {
  const bytes = bytesOf(path);
  if (bytes === undefined) throw new VpioError("SCENARIO", `${path}: found no file that can be read`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new VpioError("SCENARIO", `${path}: found bytes that are not UTF-8, expected a YAML text`);
  }
}
