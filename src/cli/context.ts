/** What every command is given. */
import type { ExitCode } from "../base/errors.ts";
import type { RunOptions, RunOutcome } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Terminal } from "./terminal.ts";

export type Engine = (scenario: Scenario, options: RunOptions) => Promise<RunOutcome>;

export interface Context {
  readonly terminal: Terminal;
  readonly engine: Engine;
  /** The command is done, with that exit code. */
  readonly finish: (code: ExitCode) => void;
}

/** Examples for the end of a command's help: what to type, and what it is for. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join("\n")}`;
}
