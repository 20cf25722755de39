/** Finds the scenario that a user means: a file, or one of those that ship, by its name. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { VpioError } from "../base/errors.ts";
import { packageRoot } from "../engine/root.ts";
import { closest } from "../scenario/suggest.ts";

const EXTENSION = ".yaml";
const shippedFolder = (): string => join(packageRoot(), "scenarios");

/** Names of the scenarios that ship, in order. */
export const shippedScenarios = (): readonly string[] =>
  readdirSync(shippedFolder())
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();

export const shippedPath = (name: string): string => join(shippedFolder(), `${name}${EXTENSION}`);

/** The path of a file; of "two-tenants" the scenario that ships, unless there is such a file. */
export function scenarioPath(argument: string): string {
  if (existsSync(argument)) return argument;
  const shipped = shippedScenarios();
  if (shipped.includes(argument)) return shippedPath(argument);
  const meant = closest(argument, shipped);
  const question = meant === undefined ? "" : `, did you mean '${meant}'?`;
  throw new VpioError("SCENARIO", `${argument}: found no such file, and no scenario that ships${question}`);
}
