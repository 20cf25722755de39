/** What the oracle has to say: a summary, a difference that can be pasted, and the tables of docs/oracle.md. */
import type { Script } from "./author.ts";
import type { CampaignResult, Failure } from "./campaign.ts";
import type { OracleCard } from "./cards.ts";
import type { Difference } from "./compare.ts";
import type { DriverSession } from "./native-driver.ts";
import { formatStep } from "./step.ts";

const count = (value: number): string => value.toLocaleString("en-US");

/** Of a session of a native driver, for the summary. */
export interface DriverSummary {
  readonly promiscuous: boolean;
  readonly operations: number;
  readonly masked: number;
  readonly differing: number;
  readonly sent: number;
  readonly received: number;
}

export interface OracleReport {
  readonly card: string;
  readonly device: string;
  readonly seed: number;
  readonly programs: number;
  readonly operations: number;
  readonly masked: number;
  readonly differing: number;
  readonly drivers: readonly DriverSummary[];
  readonly excused: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  /** What to paste, when something differs. */
  readonly difference: string | undefined;
}

export function reportOf(
  card: OracleCard,
  campaign: CampaignResult,
  sessions: readonly (readonly [promiscuous: boolean, session: DriverSession])[],
): OracleReport {
  const drivers = sessions.map(([promiscuous, session]) => summaryOf(promiscuous, session));
  const all = [campaign, ...drivers];
  const sum = (of: (part: { operations: number; masked: number; differing: number }) => number): number =>
    all.reduce((total, part) => total + of(part), 0);
  const failed = sessions.find(([, { verdict }]) => verdict.difference !== undefined)?.[1];
  return {
    card: card.name,
    device: card.qemu.device,
    seed: campaign.seed,
    programs: campaign.programs,
    operations: sum(({ operations }) => operations),
    masked: sum(({ masked }) => masked),
    differing: sum(({ differing }) => differing),
    drivers,
    excused: campaign.excused,
    refused: campaign.refused,
    difference:
      campaign.failure === undefined
        ? failed && formatDriverFailure(failed)
        : formatFailure(campaign.failure, campaign.seed),
  };
}

function summaryOf(promiscuous: boolean, session: DriverSession): DriverSummary {
  return {
    promiscuous,
    operations: session.script.steps.length,
    masked: session.verdict.masked,
    differing: session.verdict.difference === undefined ? 0 : 1,
    sent: session.counters.sentFrames,
    received: session.counters.receivedFrames,
  };
}

export function formatReport(report: OracleReport): string {
  const drivers = report.drivers.map(
    ({ promiscuous, sent, received, operations }) =>
      `  native driver${promiscuous ? ", promiscuous" : ""}: ${count(sent)} frames sent, ${count(received)} received, in ${count(operations)} operations`,
  );
  const lines = [
    `${report.card} against QEMU's ${report.device}, seed ${report.seed}`,
    `  programs: ${count(report.programs)}`,
    ...drivers,
    `  operations compared: ${count(report.operations)}`,
    `  masked: ${count(report.masked)}`,
    `  differing: ${count(report.differing)}`,
  ];
  return report.difference === undefined ? lines.join("\n") : [...lines, "", report.difference].join("\n");
}

export function formatDifference({ kind, name, ours, qemu }: Difference): string {
  return `the cards differ: ${kind} (${name}): ${ours} here, ${qemu} in QEMU`;
}

/** With what to paste into a file, and the command that runs it. */
export function formatFailure({ kind, program, script, difference }: Failure, seed: number): string {
  const runs = `# ${script.card.name}, seed ${seed}, program ${program} (${kind}); behind the prologue:`;
  const again = `# npm run oracle -- --card ${script.card.name} --program FILE`;
  return [formatDifference(difference), "", runs, printProgram(script, difference), again].join("\n");
}

const STEPS_SHOWN = 12;

/** The last steps up to the difference: the whole of a session is too long to be read. */
function formatDriverFailure({ script, verdict }: DriverSession): string {
  const { difference } = verdict;
  if (difference === undefined) return "";
  const from = Math.max(0, difference.at - STEPS_SHOWN);
  return [formatDifference(difference), "", printSteps(script, from, difference.at + 1)].join("\n");
}

/** The body of a program, one step a line, with the names of what it touches; and the step that shows the difference. */
export function printProgram(script: Script, difference: Difference): string {
  const body = printSteps(script, script.bodyStart, script.bodyEnd);
  const isOutside = difference.at < script.bodyStart || difference.at >= script.bodyEnd;
  if (!isOutside || difference.kind === "sent") return body;
  return [body, printSteps(script, difference.at, difference.at + 1)]
    .filter((part) => part !== "")
    .join("\n");
}

function printSteps(script: Script, from: number, to: number): string {
  const lines = script.steps
    .slice(from, to)
    .map((step, i) => `${formatStep(step)}  # ${script.names[from + i]}`);
  return lines.join("\n");
}

const hex = (bits: number): string => `0x${bits.toString(16)}`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Markdown. */
export const maskTable = ({ masks }: OracleCard): string =>
  table(
    ["mask", "register", "bits", "when", "reason", "section"],
    Object.entries(masks).map(([key, { register, bits, when, reason, section }]) => [
      `\`${key}\``,
      register,
      hex(bits),
      when,
      reason,
      section,
    ]),
  );

/** Markdown. */
export const fenceTable = ({ fences }: OracleCard): string =>
  table(
    ["fence", "step that programs do not contain", "reason", "section"],
    Object.entries(fences).map(([key, { step, reason, section }]) => [`\`${key}\``, step, reason, section]),
  );
