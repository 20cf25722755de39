/** How a recorded run went when it was replayed before the jury: for people, and as data. */
import { EXIT, type ExitCode } from "../base/errors.ts";
import type { RunRecording } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { PROPERTIES } from "../stress/oracles/oracle.ts";
import type { JudgedReplay, PropertyVerdict } from "../stress/recorded.ts";
import { plural } from "./numbers.ts";
import { violationLines } from "./stress-report.ts";
import { left, PLAIN, right, type Style, tableLines } from "./table.ts";

export interface ReplayOutcome {
  readonly scenario: Scenario;
  readonly recording: RunRecording;
  readonly replay: JudgedReplay;
}

export const endsTheSame = ({ recording, replay }: ReplayOutcome): boolean =>
  replay.finalHash === recording.finalHash;

/** Where the replay has gone another way, what it shows is no verdict on the run that was recorded. */
export function replayExitCode(outcome: ReplayOutcome): ExitCode {
  if (!endsTheSame(outcome)) return EXIT.diverged;
  return outcome.replay.violations.length > 0 ? EXIT.violated : EXIT.ok;
}

export function replayReport(outcome: ReplayOutcome, style: Style = PLAIN): string {
  const { scenario, recording, replay } = outcome;
  const same = endsTheSame(outcome);
  const lines = [
    `${scenario.name}: ${same ? "the replay ends in the same state" : "THE REPLAY ENDS IN ANOTHER STATE"}`,
    `recorded ${recording.finalHash}`,
    `replayed ${replay.finalHash}`,
    ...(same ? ["", ...judgement(outcome, style)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function judgement({ scenario, replay }: ReplayOutcome, style: Style): readonly string[] {
  const { verdicts, violations, moves } = replay;
  const judged = verdicts.filter(({ oracles }) => oracles.length > 0);
  if (judged.length === 0) return [`No property is judged: in ${scenario.mode} mode none is promised.`];
  const rows = verdicts.map((verdict) => [
    String(verdict.property),
    verdictOf(verdict),
    verdict.oracles.join(", "),
    PROPERTIES[verdict.property],
  ]);
  const columns = [right("property"), left("verdict"), left("oracles"), left("what")];
  const [first, ...others] = violations;
  const all = judged.length === verdicts.length ? "All properties hold" : "All judged properties hold";
  return [
    ...tableLines(columns, rows, style),
    "",
    ...(first === undefined
      ? [style.good(`${all} in ${plural(moves, "move")}.`)]
      : [style.bad("VIOLATED:"), ...violationLines(first), ...others.flatMap(furtherLines)]),
  ];
}

/** What comes after the first violation may well follow from it. */
const furtherLines = (violation: JudgedReplay["violations"][number]): readonly string[] => {
  const [head = "", ...lines] = violationLines(violation);
  return [`then ${head}`, ...lines];
};

function verdictOf({ oracles, violations }: PropertyVerdict): "holds" | "violated" | "not judged" {
  if (violations.length > 0) return "violated";
  return oracles.length > 0 ? "holds" : "not judged";
}

/** The same as plain data, for --json. */
export function jsonReplay(outcome: ReplayOutcome): unknown {
  const { recording, replay } = outcome;
  const { finalHash, moves, sightings, verdicts } = replay;
  const same = endsTheSame(outcome);
  const properties = verdicts.map((verdict) => ({
    ...verdict,
    what: PROPERTIES[verdict.property],
    verdict: verdictOf(verdict),
  }));
  const judged = same ? { properties, sightings } : {};
  return { version: 1, same, finalHash, recordedHash: recording.finalHash, moves, ...judged };
}
