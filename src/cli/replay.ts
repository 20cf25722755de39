/** `vpio replay`: runs what a file holds once more, and says whether it ends as it did. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { replayRun } from "../engine/replay-run.ts";
import { packageVersion } from "../engine/root.ts";
import { loadWorkload } from "../engine/workload-files.ts";
import { readRecording } from "../export/recording-file.ts";
import { filesBeside } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import { type Context, examples } from "./context.ts";

export function replayCommand(context: Context): Command {
  return new Command("replay")
    .summary("run a recorded run again")
    .description(
      "Runs a recorded run again on one thread, step by step as it was, and compares where it ends.",
    )
    .argument("<file>", "what `vpio run --record` has written")
    .option("--json", "the outcome as one line of JSON")
    .addHelpText(
      "after",
      examples(["vpio run two-tenants --record run.vpio && vpio replay run.vpio", "both"]),
    )
    .action(async (file: string, choices: { readonly json?: true }) => {
      context.finish(await replayRecording(file, choices, context));
    });
}

async function replayRecording(
  file: string,
  { json }: { readonly json?: true },
  context: Context,
): Promise<ExitCode> {
  const { terminal } = context;
  const run = readRecording(textOf(file), file);
  if (run.vpio !== packageVersion()) {
    terminal.err(`${file} was recorded by vpio ${run.vpio}, this is ${packageVersion()}: it may diverge\n`);
  }
  const scenario = readScenario(run.text, run.file, filesBeside(run.file), run.overrides);
  const workloads = await Promise.all(scenario.guests.map(({ workload }) => loadWorkload(workload)));
  const { finalHash } = replayRun(scenario, workloads, run.recording);
  const same = finalHash === run.recording.finalHash;
  terminal.out(
    json
      ? `${JSON.stringify({ version: 1, same, finalHash, recordedHash: run.recording.finalHash })}\n`
      : `${scenario.name}: ${same ? "the replay ends in the same state" : "THE REPLAY ENDS IN ANOTHER STATE"}\n` +
          `recorded ${run.recording.finalHash}\nreplayed ${finalHash}\n`,
  );
  return same ? EXIT.ok : EXIT.diverged;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new VpioError("USAGE", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
