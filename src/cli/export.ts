/** `vpio export`: statecharts in the formats of other tools. */
import { Command, Option } from "commander";
import { EXIT, VpioError } from "../base/errors.ts";
import { isMachineName, MACHINE_NAMES, MACHINES } from "../export/machines/catalogue.ts";
import { exportMachine, MACHINE_FORMATS, type MachineFormat } from "../export/machines/formats.ts";
import { left, tableLines } from "../export/table.ts";
import { closest } from "../scenario/suggest.ts";
import { CaptureFile } from "./capture-file.ts";
import { type Context, examples } from "./context.ts";
import type { Terminal } from "./terminal.ts";

interface Choices {
  readonly format?: MachineFormat;
  readonly output?: string;
  readonly json?: true;
}

export function exportCommand(context: Context): Command {
  return new Command("export")
    .summary("write a statechart for other tools")
    .description(
      "Writes a statechart, the very one that runs, as a drawing or for other tools. Without a name: lists them.",
    )
    .argument("[what]", "a statechart, by its name")
    .addOption(new Option("--format <format>", "what to write").choices(MACHINE_FORMATS))
    .option("--output <file>", "where to write it (default: to stdout)")
    .option("--json", "the list as JSON")
    .addHelpText(
      "after",
      examples(
        ["vpio export", "what there is"],
        ["vpio export arbiter --format svg --output arbiter.svg", "the handoff protocol, drawn"],
        ["vpio export guest --format scxml", "for other tools of statecharts"],
      ),
    )
    .action((what: string | undefined, choices: Choices) => {
      if (what === undefined) list(choices, context.terminal);
      else write(textOf(what, choices), choices, context.terminal);
      context.finish(EXIT.ok);
    });
}

function textOf(what: string, { format, json }: Choices): string {
  const formats = MACHINE_FORMATS.join(", ");
  if (!isMachineName(what)) {
    const meant = closest(what, MACHINE_NAMES);
    const question = meant === undefined ? "" : `, did you mean '${meant}'?`;
    throw new VpioError(
      "USAGE",
      `${what}: found no such statechart${question} expected one of ${MACHINE_NAMES.join(", ")}`,
    );
  }
  if (json) throw new VpioError("USAGE", "--json is for the list, expected --format");
  if (format === undefined) throw new VpioError("USAGE", `${what}: expected --format with one of ${formats}`);
  return exportMachine(what, format);
}

function write(text: string, { output }: Choices, { out }: Terminal): void {
  if (output === undefined) out(text);
  else new CaptureFile(output).write([new TextEncoder().encode(text)]);
}

function list({ format, output, json }: Choices, { out, outStyle }: Terminal): void {
  if (format !== undefined || output !== undefined)
    throw new VpioError("USAGE", `expected what to export: one of ${MACHINE_NAMES.join(", ")}`);
  const machines = MACHINE_NAMES.map((name) => {
    const { kind, what } = MACHINES[name];
    return { name, kind, description: what, formats: MACHINE_FORMATS };
  });
  if (json) return out(`${JSON.stringify({ version: 1, machines }, null, 2)}\n`);
  const columns = [left("statechart"), left("of"), left("what it is")];
  const rows = machines.map(({ name, kind, description }) => [name, kind, description]);
  const formats = `formats: ${MACHINE_FORMATS.join(", ")}`;
  out(`${[...tableLines(columns, rows, outStyle), "", formats].join("\n")}\n`);
}
