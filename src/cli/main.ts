#!/usr/bin/env node
/** The entry of the command line. */
import { type ExitCode, VpioError } from "../base/errors.ts";
import { runOnThreads } from "../engine/threads.ts";
import { reportError } from "./fault.ts";
import { runCli } from "./program.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal(process);
/** Undefined until the command is over. */
let exitCode: ExitCode | undefined;

/** Nobody gets the data: a verdict would be about nothing. */
function endWithoutOutput(error: NodeJS.ErrnoException): void {
  process.exit(error.code === "EPIPE" ? enough() : reportError(unwritable(error), terminal));
}

/** Whoever read our output has enough of it (`vpio list | head -1`). */
const enough = (): ExitCode =>
  exitCode ??
  reportError(new VpioError("INCONCLUSIVE", "stdout: closed before the command was over"), terminal);

const unwritable = ({ message }: Error): VpioError =>
  new VpioError("USAGE", `stdout: cannot write it: ${message}`);

process.stdout.on("error", endWithoutOutput);
// Narration that nobody can read is no reason to end.
process.stderr.on("error", () => undefined);
// Node's own exit code for these says that a property was violated.
process.on("uncaughtException", (error) => process.exit(reportError(error, terminal)));

exitCode = await runCli(process.argv.slice(2), terminal, runOnThreads);
// A worker that does not end must not keep the command from ending, once all is written.
process.stdout.write("", (error) => {
  if (error) endWithoutOutput(error);
  process.stderr.write("", () => process.exit(exitCode));
});
