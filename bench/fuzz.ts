/**
 * `npm run fuzz`: hostile programs, ten million operations against each card, bare and shared. Progress on stderr, what
 * came of it on stdout; a failure is printed as a test to paste. Ctrl-C ends it early, with the summary so far.
 */
import { randomInt } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode } from "../src/base/errors.ts";
import { NS_PER_MS, NS_PER_S } from "../src/base/units.ts";
import { reportError } from "../src/cli/fault.ts";
import { interruptible } from "../src/cli/interrupt.ts";
import { processTerminal, type Terminal } from "../src/cli/terminal.ts";
import { count, duration, size } from "../src/export/numbers.ts";
import { left, right, tableLines } from "../src/export/table.ts";
import { type Campaign, campaign, type Front, type Level, PROFILES, testOf } from "../src/fuzz/campaign.ts";
import type { FuzzedCard } from "../src/fuzz/profile.ts";

const CARDS = Object.keys(PROFILES) as readonly FuzzedCard[];
const LEVELS: readonly Level[] = ["silicon", "dmm"];
const SEEDS = 2 ** 32;
const OPERATIONS = 10_000_000;
/** Progress is shown so often: on a terminal, and in a log. */
const REDRAW_NS = 200 * NS_PER_MS;
const LINE_NS = 5 * NS_PER_S;
/** ECMA-48: to the beginning of the line, and erase it. */
const ERASE_LINE = "\r\u001b[K";

interface Choices {
  readonly ops: number;
  readonly seed: number;
  readonly card: FuzzedCard | "all";
  readonly level: Level | "all";
  readonly json?: true;
}

/** A campaign as it ended, or was when it was stopped. */
interface Row extends Campaign {
  readonly elapsedNs: number;
}

const nowNs = (): number => performance.now() * NS_PER_MS;

/** Whole numbers; "10_000_000" and "10,000,000" too. */
function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d[\d_,]*$/.test(text) ? Number(text.replace(/[_,]/g, "")) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${count(low)} to ${count(high)}.`);
  };
}

function commandOf({ out, err }: Terminal): Command {
  return new Command("fuzz")
    .usage("-- [options]")
    .description("Attacks the cards, bare (silicon) and shared behind the DMM, until something breaks.")
    .addOption(
      new Option("--ops <number>", "operations against each card at each level")
        .argParser(whole(1, 1e12))
        .default(OPERATIONS, count(OPERATIONS)),
    )
    .addOption(
      new Option("--seed <number>", "the seed of all chance")
        .argParser(whole(0, SEEDS - 1))
        .default(randomInt(SEEDS), "a new one each time"),
    )
    .addOption(new Option("--card <kind>", "the card").choices([...CARDS, "all"]).default("all"))
    .addOption(new Option("--level <level>", "where it stands").choices([...LEVELS, "all"]).default("all"))
    .option("--json", "the summary as one line of JSON")
    .helpOption("-h, --help", "print help")
    .addHelpText("after", "\nExit codes: 0 nothing broke, 1 something did, 2 usage, 5 internal error.")
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError("Try: npm run fuzz -- --help");
}

const chosen = <T>(all: readonly T[], choice: T | "all"): readonly T[] => (choice === "all" ? all : [choice]);

/** Runs one front, and gives the process room for signals between rounds. */
async function attack(front: Front, choices: Choices, terminal: Terminal, signal: AbortSignal): Promise<Row> {
  const startNs = nowNs();
  const periodNs = terminal.window() === undefined ? LINE_NS : REDRAW_NS;
  let shownNs = startNs;
  let row: Row | undefined;
  for (const now of campaign(front, choices.seed, choices.ops)) {
    const atNs = nowNs();
    row = { ...now, elapsedNs: atNs - startNs };
    if (atNs - shownNs >= periodNs) {
      shownNs = atNs;
      showProgress(row, choices.ops, terminal);
    }
    await setImmediate();
    if (signal.aborted) break;
  }
  if (row === undefined) throw new Error("a campaign has at least one round");
  return row;
}

function showProgress(row: Row, operations: number, { err, window }: Terminal): void {
  const perNs = row.operations / row.elapsedNs;
  const line = [
    `${row.card} ${row.level}: ${count(row.operations)} of ${count(operations)} operations`,
    `${count(perNs * NS_PER_S)}/s`,
    `${duration((operations - row.operations) / perNs)} left`,
  ].join(", ");
  const shown = window();
  err(shown === undefined ? `${line}\n` : ERASE_LINE + line.slice(0, shown.columns - 1));
}

function summary(rows: readonly Row[], { outStyle }: Terminal): string {
  const columns = [
    ...[
      left("card"),
      left("level"),
      right("operations"),
      right("per second"),
      right("stored"),
      right("sent"),
    ],
    ...[right("DMA"), right("refused"), right("handoffs"), right("taken away"), left("outcome")],
  ];
  const cells = rows.map(({ tally, ...row }) => [
    row.card,
    row.level,
    count(row.operations),
    count((row.operations / row.elapsedNs) * NS_PER_S),
    count(tally.received.stored),
    count(tally.sentFrames),
    size(tally.dmaBytes),
    count(tally.violations),
    count(tally.handOffs),
    count(tally.takenAway),
    row.failure === undefined ? outStyle.good("nothing broken") : outStyle.bad("broken"),
  ]);
  return `${tableLines(columns, cells, outStyle).join("\n")}\n`;
}

function failureText(row: Row): string {
  const { failure, card, level } = row;
  if (failure === undefined) return "";
  const again = `npm run fuzz -- --card ${card} --level ${level} --seed ${failure.seed}`;
  return `\n${card} ${level}: ${failure.message}\nAgain: ${again}\nFor test/fuzz/regressions.test.ts:\n\n${testOf(row, failure)}\n`;
}

async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const command = commandOf(terminal);
  command.parse(args, { from: "user" });
  const choices = command.opts<Choices>();
  const interruption = interruptible(() => terminal.err("\nending with the round under way\n"));
  terminal.err(`seed ${choices.seed}\n`);
  const rows: Row[] = [];
  for (const card of chosen(CARDS, choices.card)) {
    for (const level of chosen(LEVELS, choices.level)) {
      if (interruption.signal.aborted) break;
      rows.push(await attack({ profile: PROFILES[card], level }, choices, terminal, interruption.signal));
      if (terminal.window() !== undefined) terminal.err(ERASE_LINE);
    }
  }
  interruption.release();
  if (choices.json) terminal.out(`${JSON.stringify({ seed: choices.seed, campaigns: rows })}\n`);
  else terminal.out(summary(rows, terminal) + rows.map(failureText).join(""));
  return rows.some((row) => row.failure !== undefined) ? EXIT.violated : EXIT.ok;
}

const terminal = processTerminal(process);
try {
  process.exitCode = await main(process.argv.slice(2), terminal);
} catch (error) {
  process.exitCode = reportError(error, terminal);
}
