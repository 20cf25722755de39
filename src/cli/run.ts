/** `vpio run`: runs a scenario and reports; with --compare in every mode. */
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { z } from "zod";
import { type ExitCode, VpioError } from "../base/errors.ts";
import type { RunOptions, RunOutcome, RunReport } from "../engine/report.ts";
import { packageVersion } from "../engine/root.ts";
import { captureChunks } from "../export/capture.ts";
import { comparison } from "../export/compare.ts";
import { type JsonRun, jsonComparison, jsonReport, jsonRun } from "../export/json-report.ts";
import { duration, plural } from "../export/numbers.ts";
import { exitCodeOf, findingsOf } from "../export/properties.ts";
import { writeRecording } from "../export/recording-file.ts";
import { textReport } from "../export/text-report.ts";
import { refuseLinux } from "../scenario/linux.ts";
import { filesBeside, loadScenario, scenarioText } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import { MODES, type Mode, type Scenario } from "../scenario/scenario.ts";
import { scenarioSchema } from "../scenario/schema.ts";
import { refuseUplinks } from "../scenario/uplinks.ts";
import { reportHtml } from "../server/report.ts";
import { traceOfRecording } from "../server/source.ts";
import type { FaultChoice } from "../transport/fault-plan.ts";
import { CaptureFile, refuseOverwriting } from "./capture-file.ts";
import { ConsoleServer } from "./console-server.ts";
import { consolesFolder } from "./console-sockets.ts";
import { type Context, examples } from "./context.ts";
import { faultsHelp, readFaults, refuseUnrecordable } from "./faults.ts";
import { interruptible } from "./interrupt.ts";
import { LiveView } from "./live-view.ts";
import { scenarioPath } from "./scenario-file.ts";

interface Choices {
  readonly json?: true;
  readonly seed?: number;
  readonly mode?: Mode;
  readonly duration?: number;
  readonly pcap?: string;
  readonly record?: string;
  readonly report?: string;
  readonly faults?: readonly FaultChoice[];
  readonly compare?: true;
  readonly quiet?: true;
}

/** Reads an argument as the scenario language reads the value of the same name. */
function readBy<T>(schema: z.ZodType<T>, value: (text: string) => unknown): (text: string) => T {
  return (text) => {
    const read = schema.safeParse(value(text));
    if (read.success) return read.data;
    throw new InvalidArgumentError(`Expected ${read.error.issues[0]?.message}.`);
  };
}

const { seed, duration: durationField } = scenarioSchema.shape;
const toWhole = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

export function runCommand(context: Context): Command {
  return new Command("run")
    .summary("run a scenario and report")
    .description("Runs a scenario: narration on stderr, the report on stdout. Ctrl-C ends it early.")
    .argument("<scenario>", "a file, or the name of a scenario that ships")
    .option("--json", "the report as one line of JSON")
    .addOption(new Option("--seed <number>", "the seed of all chance").argParser(readBy(seed, toWhole)))
    .addOption(new Option("--mode <mode>", "how the guests share the card").choices(MODES))
    .addOption(
      new Option("--duration <time>", "how long it takes, such as 500ms").argParser(
        readBy(durationField, (text) => text),
      ),
    )
    .addOption(new Option("--pcap <file>", "every frame as a pcapng capture"))
    .addOption(new Option("--record <file>", "what `vpio replay` needs to run it again, on one thread"))
    .addOption(new Option("--report <file>", "the run as a page for the browser, move by move: one file"))
    .addOption(
      new Option("--faults <list>", "what goes wrong by chance, see below; 'all' is everything").argParser(
        readFaults,
      ),
    )
    .addOption(
      new Option("--compare", "one run in each mode, side by side").conflicts([
        "mode",
        "pcap",
        "record",
        "report",
        "faults",
      ]),
    )
    .option("--quiet", "no narration")
    .addHelpText("after", `\n${faultsHelp()}`)
    .addHelpText(
      "after",
      examples(
        ["vpio run two-tenants", "one that ships"],
        ["vpio run my.yaml --seed 7 --duration 500ms", "what the file says, but for that"],
        ["vpio run three-modes --compare", "passthrough, vpio and vnic"],
        ["vpio run replay --pcap out.pcapng", "and look at it with Wireshark"],
        ["vpio run two-tenants --record run.vpio", "and again with `vpio replay run.vpio`"],
        ["vpio run two-tenants --duration 100ms --report out.html", "and look at it in the browser"],
        ["vpio run two-tenants --faults guest-crash", "a guest's thread is killed in mid-operation"],
        ["vpio run two-tenants --faults irq-late=1/3:10,frame-lost", "interrupts late, frames lost"],
        ["vpio run hostile-dma --json | jq .summary", "for programs"],
      ),
    )
    .action(async (argument: string, choices: Choices) => {
      const path = scenarioPath(argument);
      context.finish(
        choices.compare ? await compare(path, choices, context) : await single(path, choices, context),
      );
    });
}

const overridesOf = ({ seed: chosenSeed, mode, duration: durationNs }: Choices) => ({
  seed: chosenSeed,
  mode,
  durationNs,
});

async function single(path: string, choices: Choices, context: Context): Promise<ExitCode> {
  const text = scenarioText(path);
  const scenario = readScenario(text, path, filesBeside(path), overridesOf(choices));
  const isRecorded = choices.record !== undefined || choices.report !== undefined;
  if (isRecorded) {
    const option = choices.record === undefined ? "--report" : "--record";
    refuseLinux(scenario, option);
    refuseUnrecordable(choices.faults ?? [], option);
    refuseUplinks(scenario, option, "what came from outside cannot be asked for again");
  }
  refuseOneFileTwice(choices);
  refuseOverwriting(path, [choices.pcap, choices.record, choices.report]);
  const file = choices.pcap === undefined ? undefined : new CaptureFile(choices.pcap);
  const recordFile = choices.record === undefined ? undefined : new CaptureFile(choices.record);
  const reportFile = choices.report === undefined ? undefined : new CaptureFile(choices.report);
  const { terminal } = context;
  const interruption = interruptible(() => narrate(choices, context, "ending early"));
  let outcome: RunOutcome;
  try {
    const { signal } = interruption;
    const options: RunOptions = {
      capture: file !== undefined,
      record: isRecorded,
      signal,
      ...(choices.faults !== undefined && { faults: choices.faults }),
    };
    outcome = await runShown(scenario, options, choices, context);
  } finally {
    interruption.release();
  }
  const { report, frames } = outcome;
  // First of all: what cannot be written takes nothing else with it.
  terminal.out(
    choices.json
      ? `${JSON.stringify(jsonReport(report, scenario))}\n`
      : textReport(report, scenario, terminal.outStyle),
  );
  if (file !== undefined) {
    file.write(captureChunks(scenario, outcome, `vpio ${packageVersion()}`));
    narrate(choices, context, `${plural(frames.length, "frame")} captured in ${choices.pcap}`);
  }
  if (recordFile !== undefined) keepRecording(recordFile, { path, text }, outcome, choices, context);
  if (reportFile !== undefined) await keepReport(reportFile, scenario, outcome, choices, context);
  return exitCodeOf(report, findingsOf(report, scenario));
}

function refuseOneFileTwice({ pcap, record, report }: Choices): void {
  const paths = [pcap, record, report].flatMap((path) => (path === undefined ? [] : [resolve(path)]));
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice !== undefined)
    throw new VpioError(
      "USAGE",
      `found ${twice} twice, expected a file each for --pcap, --record and --report`,
    );
}

/** Writes the recording; a run in which a worker died has none. */
function keepRecording(
  file: CaptureFile,
  { path, text }: { readonly path: string; readonly text: string },
  { recording }: RunOutcome,
  choices: Choices,
  context: Context,
): void {
  if (recording === undefined) return giveUp(choices.record, context);
  const overrides = overridesOf(choices);
  const run = { vpio: packageVersion(), file: resolve(path), text, overrides, recording };
  file.writeText(writeRecording(run));
  narrate(choices, context, `recorded: vpio replay ${choices.record} runs it again and judges each property`);
}

/** Replays the recording move by move, into a page. */
async function keepReport(
  file: CaptureFile,
  scenario: Scenario,
  { recording }: RunOutcome,
  choices: Choices,
  context: Context,
): Promise<void> {
  if (recording === undefined) return giveUp(choices.report, context);
  const shown = await traceOfRecording(scenario, recording);
  file.writeText(reportHtml(shown, scenario.file));
  narrate(choices, context, `${plural(shown.trace.length, "move")} to look at in ${choices.report}`);
}

function giveUp(name: string | undefined, { terminal }: Context): void {
  const { err, errStyle } = terminal;
  const why = "a worker died, and its part of the recording with it";
  err(`${errStyle.bad("error:")} ${name} is not written: ${why}\n`);
}

async function compare(path: string, choices: Choices, context: Context): Promise<ExitCode> {
  const runs: JsonRun[] = [];
  const interruption = interruptible(() => narrate(choices, context, "ending early"));
  const { signal } = interruption;
  let name = path;
  try {
    for (const mode of MODES) {
      if (signal.aborted) break;
      const scenario = loadScenario(path, { ...overridesOf(choices), mode });
      name = scenario.name;
      const { report } = await runShown(scenario, { signal }, choices, context);
      runs.push(jsonRun(report, scenario));
    }
  } finally {
    interruption.release();
  }
  const left = MODES.slice(runs.length);
  if (left.length > 0) narrate(choices, context, `not begun: ${left.join(", ")}`);
  const { terminal } = context;
  const whole = jsonComparison(name, runs);
  terminal.out(choices.json ? `${JSON.stringify(whole)}\n` : comparison(name, runs, terminal.outStyle));
  return whole.exitCode;
}

async function runShown(
  scenario: Scenario,
  options: RunOptions,
  choices: Choices,
  context: Context,
): Promise<RunOutcome> {
  narrate(choices, context, opening(scenario));
  const consoles = await ConsoleServer.open(scenario, consolesFolder());
  if (consoles !== undefined)
    narrate(choices, context, "to type into a guest, in another terminal: vpio console");
  const live = choices.quiet ? undefined : new LiveView(scenario, context.terminal);
  let untold = true;
  const onProgress = (report: RunReport): void => {
    if (untold) for (const { name, to } of report.uplinks) narrate(choices, context, `uplink ${name}: ${to}`);
    untold = false;
    live?.show(report);
  };
  try {
    return await context.engine(scenario, {
      ...options,
      ...(live !== undefined && { onProgress }),
      ...(consoles !== undefined && {
        onConsole: (guest, bytes) => consoles.show(guest, bytes),
        onConsoles: (type) => consoles.connect(type),
      }),
    });
  } finally {
    live?.clear();
    consoles?.close();
  }
}

/** "two-tenants in mode vpio: 2 guests on rtl0 (rtl8139) for 5.00 s". */
function opening({ name, mode, guests, cards, durationNs }: Scenario): string {
  const on = cards.map((card) => `${card.name} (${card.kind})`).join(", ");
  return `${name} in mode ${mode}: ${plural(guests.length, "guest")} on ${on} for ${duration(durationNs)}`;
}

function narrate({ quiet }: Choices, { terminal }: Context, text: string): void {
  if (!quiet) terminal.err(`${terminal.errStyle.dim(text)}\n`);
}
