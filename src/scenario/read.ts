/** From the text of a scenario file to a scenario, or to everything that is wrong with it. */
import { invariant } from "../base/errors.ts";
import { checkDraft } from "./check.ts";
import { draftOf } from "./draft.ts";
import { ScenarioError } from "./errors.ts";
import type { ScenarioFiles } from "./files.ts";
import { problemsOf } from "./issues.ts";
import { resolveScenario } from "./resolve.ts";
import type { Overrides, Scenario } from "./scenario.ts";
import { scenarioSchema } from "./schema.ts";
import { Source } from "./source.ts";

/**
 * `file` is what places in errors are said to be in; `files` reaches the captures and programs that the
 * scenario names. Throws a ScenarioError with every problem of the text.
 */
export function readScenario(
  text: string,
  file: string,
  files: ScenarioFiles,
  overrides: Overrides = {},
): Scenario {
  const source = new Source(text, file);
  const parsed = scenarioSchema.safeParse(source.value);
  const [first, ...others] = [
    ...problemsOf(parsed.error?.issues ?? [], source),
    ...checkDraft(draftOf(source.value), source, files),
  ];
  if (first) throw new ScenarioError([first, ...others]);
  invariant(parsed.success, "a document without problems parses");
  return resolveScenario(parsed.data, file, files, overrides);
}
