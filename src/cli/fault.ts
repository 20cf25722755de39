/** What the user sees of an error, and the exit code that goes with it. */
import { CommanderError } from "commander";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong, unless commander has said it already. */
export function reportError(error: unknown, { err, errStyle }: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof VpioError && error.exitCode !== EXIT.internal) {
    err(`${errStyle.bad("error:")} ${error.message}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err(`${errStyle.bad("internal error:")} ${stack}\n`);
  err(
    "This is a defect of vpio. Please report it with the command line, the scenario and the lines above.\n",
  );
  return EXIT.internal;
}
