/** `vpio replay`: runs what a file holds once more, and says whether it goes as it did. */
import { Command, Option } from "commander";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { loadFilesOf } from "../engine/loaded.ts";
import { COUNTEREXAMPLE_FORMAT, formatOf, readCounterexample } from "../export/counterexample-file.ts";
import { plural } from "../export/numbers.ts";
import { RECORDING_FORMAT, readRecording, scenarioOf } from "../export/recording-file.ts";
import { jsonReplay, replayExitCode, replayReport } from "../export/replay-report.ts";
import { violationLines } from "../export/stress-report.ts";
import { textOfFile } from "../export/text-file.ts";
import { playedOut, reportHtml } from "../server/report.ts";
import { openSource } from "../server/source.ts";
import { judgeRecording } from "../stress/recorded.ts";
import { originalOf, replaySaved } from "../stress/saved.ts";
import { describeEntry } from "../stress/trace.ts";
import { wholeNumber } from "./arguments.ts";
import { CaptureFile, refuseOverwriting } from "./capture-file.ts";
import { type Context, examples } from "./context.ts";
import { warnOfVersion } from "./run-file.ts";

interface ReplayChoices {
  readonly json?: true;
  readonly moves?: number;
  readonly original?: true;
  readonly report?: string;
}

export function replayCommand(context: Context): Command {
  return new Command("replay")
    .summary("run a recorded run, or a counterexample, again")
    .description(
      "Runs a recorded run again on one thread, step by step as it was, compares where it ends, and judges every property on the way; or a counterexample, and shows the violation.",
    )
    .argument("<file>", "what `vpio run --record` or `vpio stress` has written")
    .option("--json", "the outcome as one line of JSON")
    .addOption(
      new Option("--moves <n>", "of a counterexample, print the last moves")
        .argParser(wholeNumber(1, 1e9))
        .conflicts("json"),
    )
    .option("--original", "of a counterexample, the run that it was shrunk from")
    .option("--report <file>", "the run as a page for the browser, move by move: one file")
    .addHelpText(
      "after",
      examples(
        ["vpio run two-tenants --record run.vpio && vpio replay run.vpio", "both"],
        ["vpio replay duel-17.vpio --moves 50", "a violation, and how it came to it"],
        ["vpio replay duel-17.vpio --original", "the same before it was shrunk"],
        ["vpio replay duel-17.vpio --report why.html", "the same to look at, and to send to somebody"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 a recorded run ends as it did, and all properties hold in it; 1 one does not, or a counterexample shows its violation; 4 it goes another way.",
    )
    .action(async (file: string, choices: ReplayChoices) => {
      const text = textOfFile(file);
      const replayed = replayerOf(text, file);
      if (choices.report !== undefined) await writeReport(file, choices.report, context);
      context.finish(await replayed(text, file, choices, context));
    });
}

type Replayer = (text: string, file: string, choices: ReplayChoices, context: Context) => Promise<ExitCode>;

function replayerOf(text: string, file: string): Replayer {
  switch (formatOf(text)) {
    case COUNTEREXAMPLE_FORMAT:
      return replayCounterexample;
    case RECORDING_FORMAT:
      return replayRecording;
    default:
      throw new VpioError(
        "USAGE",
        `${file}: found neither a recording of \`vpio run --record\` nor a counterexample of \`vpio stress\``,
      );
  }
}

async function writeReport(file: string, to: string, { terminal }: Context): Promise<void> {
  refuseOverwriting(file, [to]);
  const report = new CaptureFile(to);
  const html = reportHtml(playedOut(await openSource(file, {})), file);
  report.writeText(html);
  terminal.err(`${terminal.errStyle.dim(`to look at in ${to}`)}\n`);
}

async function replayRecording(
  text: string,
  file: string,
  { json, moves, original }: ReplayChoices,
  { terminal }: Context,
): Promise<ExitCode> {
  if (original) throw new VpioError("USAGE", `found --original with ${file}, expected a counterexample`);
  if (moves !== undefined)
    throw new VpioError("USAGE", `found --moves with ${file}, expected a counterexample`);
  const run = readRecording(text, file);
  warnOfVersion(run.vpio, file, terminal);
  const scenario = scenarioOf(run);
  const replay = judgeRecording(scenario, await loadFilesOf(scenario), run.recording);
  const outcome = { scenario, recording: run.recording, replay };
  terminal.out(json ? `${JSON.stringify(jsonReplay(outcome))}\n` : replayReport(outcome, terminal.outStyle));
  return replayExitCode(outcome);
}

async function replayCounterexample(
  text: string,
  file: string,
  { json, moves = 0, original }: ReplayChoices,
  { terminal }: Context,
): Promise<ExitCode> {
  const { found: shrunk, vpio } = readCounterexample(text, file);
  warnOfVersion(vpio, file, terminal);
  const found = original ? originalOf(shrunk) : shrunk;
  if (found === undefined)
    throw new VpioError("USAGE", `${file}: found no original run in it, expected one for --original`);
  const { violation, trace } = await replaySaved(found);
  if (json) {
    const { seed, scheduler, from, to } = found;
    terminal.out(`${JSON.stringify({ version: 1, same: true, seed, scheduler, from, to, violation })}\n`);
    return EXIT.violated;
  }
  const last = moves === 0 ? [] : trace.slice(-moves).map(describeEntry);
  const head = `${file}: the same violation after ${plural(found.schedule.decisions.length, "move")}`;
  terminal.out(`${[...last, head, ...violationLines(violation)].join("\n")}\n`);
  return EXIT.violated;
}
