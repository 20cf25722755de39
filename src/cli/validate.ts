/** `vpio validate`: everything that is wrong with scenarios, without running them. */
import { Command } from "commander";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { loadScenario } from "../scenario/load.ts";
import { type Context, examples } from "./context.ts";
import { scenarioPath } from "./scenario-file.ts";

export function validateCommand(context: Context): Command {
  return new Command("validate")
    .summary("check scenarios without running them")
    .description("Checks scenarios: all problems of each, with file, line and column, on stderr.")
    .argument("<scenario...>", "files, or names of scenarios that ship")
    .addHelpText(
      "after",
      examples(
        ["vpio validate my.yaml", "one file"],
        ["vpio validate scenarios/*.yaml", "many; the exit code is 2 when any has a problem"],
      ),
    )
    .action((scenarios: readonly string[]) => {
      const valid = scenarios.map((scenario) => validate(scenario, context));
      context.finish(valid.every(Boolean) ? EXIT.ok : (EXIT.usage satisfies ExitCode));
    });
}

function validate(argument: string, { terminal }: Context): boolean {
  try {
    loadScenario(scenarioPath(argument));
  } catch (error) {
    if (!(error instanceof VpioError) || error.exitCode !== EXIT.usage) throw error;
    terminal.err(`${error.message}\n`);
    return false;
  }
  terminal.out(`${argument}: ${terminal.outStyle.good("OK")}\n`);
  return true;
}
