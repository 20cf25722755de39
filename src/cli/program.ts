/** The command line: its commands, and what becomes of their errors. */
import { Command } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { packageVersion } from "../engine/root.ts";
import { checkCommand } from "./check.ts";
import { consoleCommand } from "./console.ts";
import { type Context, type Engine, examples } from "./context.ts";
import { exportCommand } from "./export.ts";
import { reportError } from "./fault.ts";
import { guestCommand } from "./guest.ts";
import { helpCommand } from "./help.ts";
import { listCommand } from "./list.ts";
import { replayCommand } from "./replay.ts";
import { runCommand } from "./run.ts";
import { schemaCommand } from "./schema.ts";
import { stressCommand } from "./stress.ts";
import { studioCommand } from "./studio.ts";
import type { Terminal } from "./terminal.ts";
import { validateCommand } from "./validate.ts";
import { workerCommand } from "./worker.ts";

/** `args`: what follows the program's name. Answers the exit code; never throws. */
export async function runCli(args: readonly string[], terminal: Terminal, engine: Engine): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  try {
    await programOf({ terminal, engine, finish }).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return reportError(error, terminal);
  }
}

function programOf(context: Context): Command {
  const { terminal } = context;
  const program = new Command("vpio")
    .description(
      "Simulates virtual passthrough I/O: several virtual machines share one commodity network card.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        ["vpio list", "what ships"],
        ["vpio run two-tenants", "two guests take turns with one card"],
        ["vpio help run", "all options of a command"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 all is well, 1 a property was violated, 2 usage or scenario error, 3 inconclusive, 4 a replay diverged, 5 internal error.",
    );
  const commands = [
    ...[runCommand, consoleCommand, guestCommand, studioCommand, replayCommand, stressCommand],
    ...[workerCommand, checkCommand, exportCommand, validateCommand, listCommand, schemaCommand],
  ].map((make) => make(context));
  commands.push(helpCommand(program));
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap(({ commands }) => commands)]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
      .showSuggestionAfterError()
      .showHelpAfterError(`Try: ${helpOn(command)}`)
      .helpOption("-h, --help", "print help");
  }
  return program;
}

function helpOn(command: Command): string {
  const { parent } = command;
  if (parent === null) return "vpio help";
  return parent.parent === null
    ? `vpio help ${command.name()}`
    : `vpio ${parent.name()} ${command.name()} --help`;
}
