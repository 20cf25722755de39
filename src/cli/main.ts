#!/usr/bin/env node
/** The entry of the command line. */
import { runOnThreads } from "../engine/threads.ts";
import { runCli } from "./program.ts";
import { processTerminal } from "./terminal.ts";

// Whoever read our output has enough of it (`vpio list | head -1`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const exitCode = await runCli(process.argv.slice(2), processTerminal(process), runOnThreads);
// A worker that does not end must not keep the command from ending, once all is written.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
