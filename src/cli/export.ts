/** `vpio export`: statecharts and runs in the formats of other tools. */
import { Command, Option } from "commander";
import { EXIT, VpioError } from "../base/errors.ts";
import { packageVersion } from "../engine/root.ts";
import { MACHINE_NAMES, MACHINES } from "../export/machines/catalogue.ts";
import { exportMachine, MACHINE_FORMATS, type MachineFormat } from "../export/machines/formats.ts";
import { count } from "../export/numbers.ts";
import { exportRun, RUN_FORMATS, type RunFormat, USUAL_MOVES } from "../export/runs/formats.ts";
import { left, tableLines } from "../export/table.ts";
import { MODES, type Mode } from "../scenario/scenario.ts";
import { wholeNumber } from "./arguments.ts";
import { CaptureFile, refuseOverwriting } from "./capture-file.ts";
import { type Context, examples } from "./context.ts";
import { type ExportSource, exportSource } from "./export-source.ts";
import { interruptible } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";
import { scenarioPath } from "./scenario-file.ts";
import type { Terminal } from "./terminal.ts";

type Format = MachineFormat | RunFormat;
const FORMATS: readonly Format[] = [...new Set<Format>([...MACHINE_FORMATS, ...RUN_FORMATS])];

interface Choices {
  readonly format?: Format;
  readonly output?: string;
  readonly mode?: Mode;
  readonly seed?: number;
  readonly from?: number;
  readonly moves?: number;
  readonly json?: true;
  readonly quiet?: true;
}

type Exported = string | Iterable<Uint8Array>;

/** What fits into memory: a run is kept whole, and exported at once. */
const FROM_MAX = 10_000_000;
const MOVES_MAX = 1_000_000;

export function exportCommand(context: Context): Command {
  return new Command("export")
    .summary("write a statechart or a run for other tools")
    .description(
      "Writes a statechart, the very one that runs, as a drawing or for other tools; or a run: of a scenario on the seeded engine, of a recording or of a counterexample. Without a name: lists the statecharts.",
    )
    .argument(
      "[what]",
      "a statechart by its name; a scenario; what `vpio run --record` or `vpio stress` has written",
    )
    .addOption(
      new Option(
        "--format <format>",
        `of a statechart ${MACHINE_FORMATS.join(", ")}; of a run ${RUN_FORMATS.join(", ")}`,
      ).choices(FORMATS),
    )
    .option("--output <file>", "where to write it (default: to stdout)")
    .addOption(new Option("--mode <mode>", "of a scenario: how the guests share the card").choices(MODES))
    .option(
      "--seed <n>",
      "of a scenario: the schedule, as of `vpio stress` (default: 0)",
      wholeNumber(0, 0xffff_ffff),
    )
    .option("--from <move>", "of a run: the first move to write (default: 1)", wholeNumber(1, FROM_MAX))
    .option(
      "--moves <n>",
      `of a run: how many (default: ${RUN_FORMATS.map((format) => `${format} ${count(USUAL_MOVES[format])}`).join("; ")})`,
      wholeNumber(1, MOVES_MAX),
    )
    .option("--json", "the list as JSON")
    .option("--quiet", "no narration")
    .addHelpText(
      "after",
      examples(
        ["vpio export", "what statecharts there are"],
        ["vpio export arbiter --format svg --output arbiter.svg", "the handoff protocol, drawn"],
        ["vpio export guest --format scxml", "for other tools of statecharts"],
        ["vpio export two-tenants --format mermaid", "how the card changes hands, as a sequence diagram"],
        ["vpio export run.vpio --format perfetto --output run.json", "for ui.perfetto.dev"],
        ["vpio export duel-17.vpio --format pcapng | tshark -r -", "the frames of a counterexample"],
      ),
    )
    .action(async (what: string | undefined, choices: Choices) => {
      if (what === undefined) list(choices, context.terminal);
      else await exportTo(what, choices, context.terminal);
      context.finish(EXIT.ok);
    });
}

/** The file is tried first: that it cannot be written is known before a run is played. */
async function exportTo(what: string, choices: Choices, terminal: Terminal): Promise<void> {
  if (choices.json) throw new VpioError("USAGE", "--json is for the list, expected --format");
  const source = exportSource(what, choices.mode, terminal);
  const make = maker(what, source, choices, terminal);
  if (source.kind === "run") refuseOverwriting(scenarioPath(what), [choices.output]);
  const file = choices.output === undefined ? undefined : new CaptureFile(choices.output);
  const exported = await make();
  const chunks = typeof exported === "string" ? [new TextEncoder().encode(exported)] : exported;
  if (file !== undefined) file.write(chunks);
  else if (typeof exported === "string") terminal.out(exported);
  else for (const chunk of exported) terminal.out(chunk);
}

/** What makes the export. Throws a USAGE error when that cannot be had of `source`. */
function maker(
  what: string,
  source: ExportSource,
  choices: Choices,
  terminal: Terminal,
): () => Exported | Promise<Exported> {
  const { mode, seed, from, moves } = choices;
  const refuse = (option: string, of: string): void => {
    throw new VpioError("USAGE", `${what}: found ${option}, which is of ${of}`);
  };
  if (source.kind === "statechart") {
    const format = formatAmong(MACHINE_FORMATS, what, "a statechart", choices);
    if ([mode, seed, from, moves].some((choice) => choice !== undefined))
      refuse("--mode, --seed, --from or --moves", "runs only, and it is a statechart");
    return () => exportMachine(source.name, format);
  }
  const format = formatAmong(RUN_FORMATS, what, "a run", choices);
  if (source.isScheduled && (mode !== undefined || seed !== undefined))
    refuse("--mode or --seed", "scenarios only: what is in a file has its schedule");
  return () => runOf(what, source, format, choices, terminal);
}

function formatAmong<F extends Format>(
  formats: readonly F[],
  what: string,
  kind: string,
  { format }: Choices,
): F {
  const known = formats.find((one) => one === format);
  if (known !== undefined) return known;
  const found = format === undefined ? "found no --format" : `found --format ${format}`;
  throw new VpioError("USAGE", `${what}: ${found}, expected of ${kind} one of ${formats.join(", ")}`);
}

async function runOf(
  what: string,
  source: Extract<ExportSource, { readonly kind: "run" }>,
  format: RunFormat,
  { seed = 0, from = 1, moves = USUAL_MOVES[format], quiet }: Choices,
  terminal: Terminal,
): Promise<Exported> {
  const narrate = (text: string): void => {
    if (!quiet) terminal.err(`${terminal.errStyle.dim(text)}\n`);
  };
  const last = from + moves - 1;
  const played = await watched(quiet === true, terminal, (signal, onProgress) =>
    source.play(seed, { moves: last, signal, onProgress }),
  );
  const { length } = played.trace;
  if (from > length)
    throw new VpioError(
      "USAGE",
      `${what}: found --from ${from}, expected a move of the run: it has ${length}`,
    );
  const rest = played.goesOn ? "; the run goes on (--from, --moves)" : "";
  narrate(`moves ${count(from)} to ${count(Math.min(last, length))}${rest}`);
  return exportRun(played, { first: from, last }, format, `vpio ${packageVersion()}`);
}

/** Shows how far it is; Ctrl-C ends it early. */
async function watched<T>(
  isQuiet: boolean,
  terminal: Terminal,
  play: (signal: AbortSignal, onProgress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(terminal);
  const interruption = interruptible(() => {
    if (!isQuiet) terminal.err(`${terminal.errStyle.dim("ending early")}\n`);
  });
  try {
    return await play(interruption.signal, (done) => {
      if (!isQuiet) line.show(() => `${count(done)} moves`);
    });
  } finally {
    line.clear();
    interruption.release();
  }
}

function list({ format, output, json }: Choices, { out, outStyle }: Terminal): void {
  if (format !== undefined || output !== undefined)
    throw new VpioError(
      "USAGE",
      `expected what to export: a statechart (${MACHINE_NAMES.join(", ")}), a scenario or a file`,
    );
  const machines = MACHINE_NAMES.map((name) => {
    const { kind, what } = MACHINES[name];
    return { name, kind, description: what, formats: MACHINE_FORMATS };
  });
  if (json)
    return out(`${JSON.stringify({ version: 1, machines, runs: { formats: RUN_FORMATS } }, null, 2)}\n`);
  const columns = [left("statechart"), left("of"), left("what it is")];
  const rows = machines.map(({ name, kind, description }) => [name, kind, description]);
  const formats = [
    `formats of statecharts: ${MACHINE_FORMATS.join(", ")}`,
    `formats of runs (scenarios, recordings, counterexamples): ${RUN_FORMATS.join(", ")}`,
  ];
  out(`${[...tableLines(columns, rows, outStyle), "", ...formats].join("\n")}\n`);
}
