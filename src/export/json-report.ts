/** The report of a run for programs. Whoever changes the shape so that a reader breaks counts the version up. */
import { EXIT, type ExitCode } from "../base/errors.ts";
import type { RunReport } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { exitCodeOf, type Finding, failuresOf, findingsOf } from "./properties.ts";
import { summarize } from "./summarize.ts";
import type { RunSummary } from "./summary.ts";

export const JSON_VERSION = 1;

export interface JsonRun {
  readonly summary: RunSummary;
  /** Properties that did not hold; empty when all is well. */
  readonly findings: readonly Finding[];
  /** Workers of vpio that failed, and how. */
  readonly failures: readonly string[];
  readonly exitCode: ExitCode;
  /** What the engine reported: every counter and every distribution. */
  readonly report: RunReport;
}

export interface JsonReport extends JsonRun {
  readonly version: typeof JSON_VERSION;
}

/** `--compare`: one run for each mode, in the order in which they ran. */
export interface JsonComparison {
  readonly version: typeof JSON_VERSION;
  readonly scenario: string;
  readonly exitCode: ExitCode;
  readonly runs: readonly JsonRun[];
}

export function jsonRun(report: RunReport, scenario: Scenario): JsonRun {
  const findings = findingsOf(report, scenario);
  return {
    summary: summarize(report, scenario),
    findings,
    failures: failuresOf(report),
    exitCode: exitCodeOf(report, findings),
    report,
  };
}

export const jsonReport = (report: RunReport, scenario: Scenario): JsonReport => ({
  version: JSON_VERSION,
  ...jsonRun(report, scenario),
});

/** `runs`: at least one. The exit code is the gravest of theirs. */
export const jsonComparison = (scenario: string, runs: readonly JsonRun[]): JsonComparison => ({
  version: JSON_VERSION,
  scenario,
  exitCode: gravest(runs.map(({ exitCode }) => exitCode)),
  runs,
});

/** An internal error says more than a violation, and that more than success. */
export const gravest = (codes: readonly ExitCode[]): ExitCode =>
  codes.toSorted((a, b) => b - a)[0] ?? EXIT.ok;
