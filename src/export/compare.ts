/** The same scenario in several modes, side by side. */
import type { Mode } from "../scenario/scenario.ts";
import type { JsonRun } from "./json-report.ts";
import { count, duration, NONE, orNone, percent, significant } from "./numbers.ts";
import type { RunSummary, Totals } from "./summary.ts";
import { left, PLAIN, right, type Style, tableLines } from "./table.ts";

const MEGABIT = 1e6;

type Row = readonly [what: string, show: (run: RunSummary) => string];

const ofTotals =
  (show: (totals: Totals) => string) =>
  ({ totals }: RunSummary): string =>
    show(totals);

const ROWS: readonly Row[] = [
  ["guests served", ofTotals(({ served, guests }) => `${served} of ${guests}`)],
  ["exits per packet", ofTotals(({ exitsPerPacket }) => orNone(exitsPerPacket, significant))],
  ["hooked operations", ofTotals(({ hookedOperations }) => orNone(hookedOperations.share, percent))],
  ["hooked units", ofTotals(({ hookedUnits }) => orNone(hookedUnits.share, percent))],
  ["frames per second", ofTotals(({ packetsPerS }) => count(packetsPerS))],
  ["throughput, Mbit/s", ofTotals(({ bitsPerS }) => significant(bitsPerS / MEGABIT))],
  ["round trip p50", ofTotals(({ roundTrip }) => (roundTrip.count === 0 ? NONE : duration(roundTrip.p50Ns)))],
  ["round trip p99", ofTotals(({ roundTrip }) => (roundTrip.count === 0 ? NONE : duration(roundTrip.p99Ns)))],
  ["handoffs", ofTotals(({ handoffs }) => count(handoffs))],
  ["violations stopped", ofTotals(({ violations }) => count(violations))],
  ["foreign memory changed, bytes", ofTotals(({ foreignChangedBytes }) => count(foreignChangedBytes))],
];

/** The paper's figure for each kind of card that the scenario has. */
function paperRows([first]: readonly RunSummary[]): readonly Row[] {
  const kinds = [...new Set(first?.cards.map(({ kind }) => kind))];
  return kinds.map((kind) => [
    `  the paper's ${kind}, send / receive`,
    ({ cards }) => {
      const paper = cards.find((card) => card.kind === kind)?.paper;
      return orNone(paper, ({ send, receive }) => `${send.toFixed(1)} / ${receive.toFixed(1)}`);
    },
  ]);
}

/** A column for each run; below it what was found wrong. Ends with a line break. */
export function comparison(scenario: string, runs: readonly JsonRun[], style: Style = PLAIN): string {
  const summaries = runs.map(({ summary }) => summary);
  const at = ROWS.findIndex(([what]) => what === "exits per packet") + 1;
  const rows = [...ROWS.slice(0, at), ...paperRows(summaries), ...ROWS.slice(at)];
  const table = tableLines(
    [left(""), ...summaries.map(({ mode }) => right(mode))],
    rows.map(([what, show]) => [what, ...summaries.map(show)]),
    style,
  );
  const found = runs.flatMap(({ summary: { mode }, findings, failures }) => [
    ...failures.map((failure) => style.bad(`${mode}: a worker of vpio failed: ${failure}`)),
    ...findings.map(({ property, where, message }) =>
      style.bad(`${severity(mode)} in ${mode}: ${property} of ${where}: ${message}`),
    ),
  ]);
  const end = found.length > 0 ? ["", ...found] : [];
  return `${[style.bold(scenario), ...table, ...end].join("\n")}\n`;
}

/** Passthrough protects nobody from the guest that has the card. */
const severity = (mode: Mode): string => (mode === "passthrough" ? "corrupted" : "VIOLATED");
