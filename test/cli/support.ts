/** The command line without a process: what it writes is kept, and runs are made up. */
import type { ExitCode } from "../../src/base/errors.ts";
import type { Engine } from "../../src/cli/context.ts";
import { runCli } from "../../src/cli/program.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { RunOptions } from "../../src/engine/report.ts";
import { PLAIN } from "../../src/export/table.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { type RunParts, runReport } from "../export/made-up.ts";

export interface Said {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  /** The runs that were asked for. */
  readonly runs: readonly { readonly scenario: Scenario; readonly options: RunOptions }[];
}

export interface Setting {
  /** What a run reports. */
  readonly parts?: RunParts;
  readonly engine?: Engine;
  readonly window?: { readonly columns: number; readonly rows: number };
}

/** A report's card is rtl0 whatever the scenario has: what counts here is what the command makes of it. */
const madeUpEngine =
  (parts: RunParts = {}): Engine =>
  async (scenario) => ({
    report: runReport(scenario, parts),
    frames: [],
    startedAt: 0n,
    recording: undefined,
  });

export async function say(line: readonly string[], setting: Setting = {}): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const runs: { scenario: Scenario; options: RunOptions }[] = [];
  const terminal: Terminal = {
    out: (data) => void out.push(typeof data === "string" ? data : Buffer.from(data).toString("latin1")),
    err: (text) => void err.push(text),
    outStyle: PLAIN,
    errStyle: PLAIN,
    window: () => setting.window,
  };
  const inner = setting.engine ?? madeUpEngine(setting.parts);
  const engine: Engine = (scenario, options) => {
    runs.push({ scenario, options });
    return inner(scenario, options);
  };
  const code = await runCli(line, terminal, engine);
  return { code, out: out.join(""), err: err.join(""), runs };
}
