/** `vpio schema`: the scenario language as a JSON schema. */
import { Command } from "commander";
import { EXIT } from "../base/errors.ts";
import { scenarioJsonSchema } from "../scenario/json-schema.ts";
import { type Context, examples } from "./context.ts";

export function schemaCommand({ terminal, finish }: Context): Command {
  return new Command("schema")
    .summary("print the JSON schema of scenarios")
    .description("Prints the JSON schema (draft 2020-12) of scenarios, for editors.")
    .addHelpText(
      "after",
      examples(
        ["vpio schema > scenario.schema.json", "then, in the first line of a scenario:"],
        ["", "# yaml-language-server: $schema=scenario.schema.json"],
      ),
    )
    .action(() => {
      terminal.out(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
      finish(EXIT.ok);
    });
}
