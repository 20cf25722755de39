/** The report of a run for people: what each guest and card did, then what is out of the ordinary. */
import type { RunReport } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { duration } from "./numbers.ts";
import { failuresOf, findingsOf } from "./properties.ts";
import { cardSection } from "./sections/cards.ts";
import type { Lines } from "./sections/cells.ts";
import { exitSection, trafficSection } from "./sections/guests.ts";
import { linuxSection } from "./sections/linux.ts";
import { faultSection, memorySection, remarkSection, violationSection } from "./sections/odd.ts";
import { arrivalSection, peerSection, uplinkSection } from "./sections/segment.ts";
import { summarize } from "./summarize.ts";
import { PLAIN, type Style } from "./table.ts";

/** Ends with a line break. */
export function textReport(report: RunReport, scenario: Scenario, style: Style = PLAIN): string {
  const summary = summarize(report, scenario);
  const sections: readonly Lines[] = [
    [title(report, style)],
    trafficSection(summary, style),
    exitSection(summary, style),
    ...summary.cards.map((card) => cardSection(card, summary, style)),
    linuxSection(summary, style),
    peerSection(summary, style),
    uplinkSection(summary, style),
    arrivalSection(summary, style),
    violationSection(summary, style),
    memorySection(summary, style),
    faultSection(report, style),
    remarkSection(summary, style),
    verdict(report, scenario, style),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

const title = ({ scenario, mode, elapsedNs, seed, engine }: RunReport, style: Style): string =>
  `${style.bold(scenario)}: mode ${mode}, ${duration(elapsedNs)}, seed ${seed}, engine ${engine}`;

function verdict(report: RunReport, scenario: Scenario, style: Style): Lines {
  const failures = failuresOf(report).map((failure) => style.bad(`A worker of vpio failed: ${failure}`));
  const findings = findingsOf(report, scenario);
  if (findings.length === 0) {
    return [...failures, ...(failures.length > 0 ? [] : [style.good("All checked properties hold.")])];
  }
  const heading =
    report.mode === "passthrough"
      ? "CORRUPTED. Passthrough protects nobody from the guest that has the card:"
      : "VIOLATED. What must always hold did not:";
  const lines = findings.map(({ property, where, message }) => `  ${property} of ${where}: ${message}`);
  return [...failures, style.bad(heading), ...lines];
}
