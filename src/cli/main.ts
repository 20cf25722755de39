#!/usr/bin/env node
/** The entry of the command line. */
import { VpioError } from "../base/errors.ts";
import { runOnThreads } from "../engine/threads.ts";
import { reportError } from "./fault.ts";
import { runCli } from "./program.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal(process);

/** Nobody gets the data: a verdict would be about nothing. */
function endWithoutOutput(error: NodeJS.ErrnoException): void {
  // Whoever read our output has enough of it (`vpio list | head -1`).
  if (error.code === "EPIPE") process.exit();
  process.exit(reportError(new VpioError("USAGE", `stdout: cannot write it: ${error.message}`), terminal));
}
process.stdout.on("error", endWithoutOutput);
// Narration that nobody can read is no reason to end.
process.stderr.on("error", () => undefined);
// Node's own exit code for these says that a property was violated.
process.on("uncaughtException", (error) => process.exit(reportError(error, terminal)));

const exitCode = await runCli(process.argv.slice(2), terminal, runOnThreads);
// A worker that does not end must not keep the command from ending, once all is written.
process.stdout.write("", (error) => {
  if (error) endWithoutOutput(error);
  process.stderr.write("", () => process.exit(exitCode));
});
