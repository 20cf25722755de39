/** A stress campaign as JUnit XML, which every CI server shows: a test case for each part of its plan. */
import { NS_PER_S } from "../base/units.ts";
import { PROPERTIES } from "../stress/oracles/oracle.ts";
import type { Failure } from "../stress/range.ts";
import { partName, type StressOutcome, violationLines } from "./stress-report.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};
/** Characters that XML 1.0 has no way to write are left out. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd]/g, "")
    .replace(/[&<>"\n]/g, (character) => ESCAPES[character] ?? "");

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");

export function junit(outcome: StressOutcome): string {
  const { plan, tally, verdict, elapsedNs } = outcome;
  const seconds = (elapsedNs / NS_PER_S).toFixed(3);
  const cases = plan.map((part, i) => {
    const failures = tally.failures.filter(({ seed }) => seed % plan.length === i);
    const name = attributes({ name: partName(part), classname: "vpio.stress" });
    return `    <testcase${name}>\n${[...failures.map(failureText)].join("")}    </testcase>\n`;
  });
  const failed = new Set(tally.failures.map(({ seed }) => seed % plan.length)).size;
  const skipped = verdict.kind === "inconclusive" ? 1 : 0;
  const numbers = { tests: plan.length + skipped, failures: failed, skipped, time: seconds };
  const doubt =
    verdict.kind === "inconclusive"
      ? `    <testcase${attributes({ name: "conclusive", classname: "vpio.stress" })}><skipped${attributes({
          message: `${verdict.seedsLeft} seeds not run; never seen: ${verdict.unseen.join(", ") || "nothing"}`,
        })}/></testcase>\n`
      : "";
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites${attributes(numbers)}>\n`,
    `  <testsuite${attributes({ name: "vpio stress", ...numbers })}>\n`,
    ...cases,
    doubt,
    "  </testsuite>\n",
    "</testsuites>\n",
  ].join("");
}

function failureText({ seed, violation }: Failure): string {
  const message = `seed ${seed}: ${violation.incident.what}`;
  const head = attributes({ message, type: PROPERTIES[violation.property] });
  return `      <failure${head}>${escaped(violationLines(violation).join("\n"))}</failure>\n`;
}
