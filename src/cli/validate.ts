/** `vpio validate`: everything that is wrong with scenarios, without running them. */
import { Command } from "commander";
import { EXIT, type Place, VpioError } from "../base/errors.ts";
import { loadDevices } from "../engine/loaded.ts";
import { ScenarioError } from "../scenario/errors.ts";
import { loadScenario } from "../scenario/load.ts";
import { type Context, examples } from "./context.ts";
import { scenarioPath } from "./scenario-file.ts";
import type { Terminal } from "./terminal.ts";

interface Judged {
  readonly scenario: string;
  /** What the user has to mend. */
  readonly error: VpioError | undefined;
}

export function validateCommand({ terminal, finish }: Context): Command {
  return new Command("validate")
    .summary("check scenarios without running them")
    .description("Checks scenarios: all problems of each, with file, line and column, on stderr.")
    .argument("<scenario...>", "files, or names of scenarios that ship")
    .option("--json", "the problems of each as one line of JSON, on stdout")
    .addHelpText(
      "after",
      examples(
        ["vpio validate my.yaml", "one file"],
        ["vpio validate scenarios/*.yaml", "many; the exit code is 2 when any has a problem"],
        ["vpio validate my.yaml --json | jq '.scenarios[].problems'", "for programs"],
      ),
    )
    .action(async (scenarios: readonly string[], { json }: { readonly json?: true }) => {
      const judged = await Promise.all(
        scenarios.map(async (scenario) => ({ scenario, error: await errorOf(scenario) })),
      );
      if (json) terminal.out(`${JSON.stringify({ version: 1, scenarios: judged.map(problemsOf) })}\n`);
      else for (const one of judged) tell(one, terminal);
      finish(judged.every(({ error }) => error === undefined) ? EXIT.ok : EXIT.usage);
    });
}

/** The cards of its plug-ins are looked at too, if all else is well: that runs what their files do when they are loaded. */
async function errorOf(argument: string): Promise<VpioError | undefined> {
  try {
    await loadDevices(loadScenario(scenarioPath(argument)));
    return undefined;
  } catch (error) {
    if (error instanceof VpioError && error.exitCode === EXIT.usage) return error;
    throw error;
  }
}

function tell({ scenario, error }: Judged, { out, err, outStyle }: Terminal): void {
  if (error === undefined) out(`${scenario}: ${outStyle.good("OK")}\n`);
  else err(`${error.message}\n`);
}

/** A file that cannot be read has no places. */
interface Problem {
  readonly message: string;
  readonly place?: Place;
}

function problemsOf({ scenario, error }: Judged): {
  readonly scenario: string;
  readonly problems: readonly Problem[];
} {
  if (error === undefined) return { scenario, problems: [] };
  return {
    scenario,
    problems: error instanceof ScenarioError ? error.problems : [{ message: error.message }],
  };
}
