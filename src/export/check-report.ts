/** What `vpio check` found in each world, for people and as data. */
import { type Shown, STEP_COLUMNS, sequenceDiagram, stepRows } from "../check/counterexample.ts";
import type { Handoff } from "../check/handoff.ts";
import { livenessVerdict, occurrences, safetyVerdicts, type Verdict } from "../check/verdicts.ts";
import type { WorldFinding } from "../check/world-check.ts";
import { notCovered, WORLDS } from "../check/worlds.ts";
import { left, right, type Style, tableLines } from "./table.ts";

const MS_PER_S = 1000;
const BYTES_PER_MIB = 2 ** 20;

export const verdictsOf = (finding: WorldFinding): readonly Verdict[] => [
  ...safetyVerdicts(finding.safety, finding.reduced),
  livenessVerdict(finding.liveness),
];

export type CheckVerdict = "holds" | "violated" | "inconclusive";

/** `inconclusive`: something was asked for and could not be said. */
export function worldVerdict({ safety, liveness }: WorldFinding): CheckVerdict {
  if (safety.verdict !== "holds") return safety.verdict;
  return liveness?.verdict ?? "holds";
}

export const titleOf = ({ share, world }: WorldFinding): string =>
  `${share.card === undefined ? "" : `${share.card}, `}${world}, ${share.guests} guests, ${share.policy}`;

/** One world: its counts, what it leaves out, and a counterexample if there is one. */
export function worldText(finding: WorldFinding, style: Style): string {
  const { world, share, safety, safetyMs, liveness, system, stopped, reduced } = finding;
  const how = reduced ? ", reduced" : "";
  const lines = [
    `${style.bold(titleOf(finding))}: ${WORLDS[world]}`,
    `  safety:   ${countsText(safety, safetyMs)}${how}`,
  ];
  if (liveness !== undefined) {
    const { tookMs, waiting } = liveness;
    lines.push(`  liveness: ${countsText(liveness, tookMs)}${how}, ${waiting} in which a guest waits`);
  }
  lines.push(`  not covered: ${missingText(finding)}`);
  if (share.users > share.guests)
    lines.push(`  ${share.users} guests share ${share.card}: ${share.guests} of them are explored`);
  if (worldVerdict(finding) === "inconclusive")
    lines.push(style.bad(`  inconclusive: ${whyText(finding, stopped)}`));
  if (safety.counterexample !== undefined) lines.push(...shownLines(system, safety.counterexample, style));
  if (liveness?.lasso !== undefined) lines.push(...shownLines(liveness.system, liveness.lasso, style));
  return lines.join("\n");
}

interface Counts {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly memoryBytes: number;
}

function countsText({ states, transitions, depth, memoryBytes }: Counts, tookMs: number): string {
  const perSecond = Math.round(states / Math.max(tookMs / MS_PER_S, 1e-3));
  const memory = (memoryBytes / BYTES_PER_MIB).toFixed(1);
  return `${states} states, ${transitions} transitions, depth ${depth}, ${perSecond} states/s, ${memory} MiB`;
}

function missingText({ bounds, liveness, system }: WorldFinding): string {
  const missing = notCovered(system.bounds).join(", ");
  const more = liveness === undefined ? [] : notCovered(liveness.system.bounds);
  const only = more.filter((what) => !notCovered(bounds).includes(what));
  return only.length === 0 ? missing : `${missing}; by liveness: ${only.join(", ")}`;
}

function whyText({ safety, liveness }: WorldFinding, stopped: boolean): string {
  const why = stopped ? "stopped" : "out of memory";
  if (safety.verdict === "inconclusive")
    return `${why} with ${safety.unexplored} states still to be looked at; up to ${Math.max(0, safety.depth - 1)} steps nothing is violated`;
  return `${why} after ${liveness?.states ?? 0} states of the search for liveness; safety holds`;
}

function shownLines(system: Handoff, shown: Shown, style: Style): readonly string[] {
  const columns = STEP_COLUMNS.map((title, i) => (i === 0 ? right(title) : left(title)));
  return [
    style.bad(`  violated: ${shown.property}: ${shown.what}`),
    "",
    ...tableLines(columns, stepRows(system, shown), style),
    "",
    sequenceDiagram(system, shown),
  ];
}

/** A row for each property and a column for each world; and what has occurred at all. */
export function checkSummary(findings: readonly WorldFinding[], style: Style): string {
  const columns = findings.map(verdictsOf);
  const shown = (verdict: string): string => (verdict === "violated" ? style.bad(verdict) : verdict);
  const rows = (columns[0] ?? []).map(({ property, what }, i) => [
    property,
    ...columns.map((column) => shown(column[i]?.verdict ?? "")),
    what,
  ]);
  const occurred = [...occurrencesOf(findings)].map(([what, seen]) => [seen ? "yes" : "no", what]);
  const names = findings.map(({ share, world }) =>
    share.card === undefined ? world : `${share.card}: ${world}`,
  );
  return [
    "",
    ...tableLines([left("property"), ...names.map(left), left("what it says")], rows, style),
    "",
    ...tableLines([left("occurs"), left("so that the checks are not empty")], occurred, style),
    "",
  ].join("\n");
}

const occurrencesOf = (findings: readonly WorldFinding[]): ReadonlyMap<string, boolean> =>
  occurrences(findings.flatMap(({ system }) => [...system.coverage]));

export function jsonCheck(findings: readonly WorldFinding[]): unknown {
  return {
    version: 1,
    worlds: findings.map((finding) => {
      const { world, share, bounds, system, safety, safetyMs, liveness, reduced, stopped } = finding;
      const { counterexample, ...counts } = safety;
      return {
        ...share,
        world,
        bounds,
        verdict: worldVerdict(finding),
        properties: verdictsOf(finding),
        notCovered: notCovered(bounds),
        reduced,
        stopped,
        safety: { ...counts, seconds: safetyMs / MS_PER_S },
        liveness: liveness && jsonLiveness(liveness),
        counterexample: counterexample
          ? jsonShown(system, counterexample)
          : liveness?.lasso && {
              ...jsonShown(liveness.system, liveness.lasso),
              stemSteps: liveness.lasso.stemSteps,
            },
      };
    }),
    occurs: Object.fromEntries(occurrencesOf(findings)),
  };
}

function jsonLiveness(liveness: NonNullable<WorldFinding["liveness"]>): unknown {
  const { verdict, states, transitions, depth, waiting, memoryBytes, system, tookMs } = liveness;
  return {
    bounds: system.bounds,
    notCovered: notCovered(system.bounds),
    verdict,
    states,
    transitions,
    depth,
    waiting,
    memoryBytes,
    seconds: tookMs / MS_PER_S,
  };
}

const jsonShown = (system: Handoff, shown: Shown) => ({
  property: shown.property,
  what: shown.what,
  steps: stepRows(system, shown).map((row) =>
    Object.fromEntries(STEP_COLUMNS.map((column, i) => [column, row[i] ?? ""])),
  ),
  mermaid: sequenceDiagram(system, shown),
});
