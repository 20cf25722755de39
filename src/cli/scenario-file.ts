/** Finds the scenario that a user means: a file, or one of those that ship, by its name. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { VpioError } from "../base/errors.ts";
import { packageRoot } from "../engine/root.ts";
import { closest } from "../scenario/suggest.ts";

const EXTENSION = ".yaml";
const shippedFolder = (): string => join(packageRoot(), "scenarios");
/** Of those that ship for stress: small ones, with about a dozen handoffs each. */
export const stressFolder = (): string => join(shippedFolder(), "stress");

/** Names of the scenarios in `folder`, in order. */
const namesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();

export const shippedScenarios = (): readonly string[] => namesIn(shippedFolder());
export const stressScenarios = (): readonly string[] => namesIn(stressFolder());
/** Every name by which a scenario can be meant. */
export const scenarioNames = (): readonly string[] => [...shippedScenarios(), ...stressScenarios()];

/** `name`: one of them. */
export function shippedPath(name: string): string {
  const folder = stressScenarios().includes(name) ? stressFolder() : shippedFolder();
  return join(folder, `${name}${EXTENSION}`);
}

/** The path of a file; of "two-tenants" the scenario that ships, unless there is such a file. */
export function scenarioPath(argument: string): string {
  const isFolder = existsSync(argument) && statSync(argument).isDirectory();
  if (existsSync(argument) && !isFolder) return argument;
  const shipped = scenarioNames();
  if (shipped.includes(argument)) return shippedPath(argument);
  if (isFolder) throw new VpioError("SCENARIO", `${argument}: found a folder, expected a file`);
  const meant = closest(argument, shipped);
  const question = meant === undefined ? "" : `, did you mean '${meant}'?`;
  throw new VpioError("SCENARIO", `${argument}: found no such file, and no scenario that ships${question}`);
}
