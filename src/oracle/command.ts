/** `npm run oracle`: compares our cards with QEMU's, and says how much was compared. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { runCampaign, runProgram } from "./campaign.ts";
import { ORACLE_CARDS, type OracleCard } from "./cards.ts";
import { type DriverSession, runDriverSession } from "./native-driver.ts";
import { QEMU, qemuInstalled } from "./qemu-card.ts";
import { formatDifference, formatReport, type OracleReport, reportOf } from "./report.ts";
import { parseSteps } from "./step.ts";

/** Where the command writes. */
export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const OPS_DEFAULT = 1_000_000;
const DRIVER_FRAMES = 100;

export const USAGE = `Usage: npm run oracle -- [options]

Gives the same operations to our card and to QEMU's, and compares what a guest could observe.

  --card NAME      ${Object.keys(ORACLE_CARDS).join(", ")} (default: all of them)
  --ops N          operations to compare on each card (default ${OPS_DEFAULT})
  --seed N         where the programs come from (default 1)
  --program FILE   runs one program, as a difference has printed it, instead
  --json           the report as JSON, one object a card
  --help           this text

Exit code: 0 nothing differs, 1 something does, 2 wrong usage, 3 QEMU is not installed (Debian: qemu-system-x86).`;

interface Options {
  readonly cards: readonly OracleCard[];
  readonly ops: number;
  readonly seed: number;
  readonly program: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** Answers the exit code; what a user can cause is printed, not thrown. */
export async function runOracleCommand(args: readonly string[], output: CommandOutput): Promise<ExitCode> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      output.out(USAGE);
      return EXIT.ok;
    }
    if (!(await qemuInstalled())) throw new VpioError("INCONCLUSIVE", `${QEMU} is not installed`);
    let code: ExitCode = EXIT.ok;
    for (const card of options.cards) {
      const same =
        options.program === undefined
          ? await compareCard(card, options, output)
          : await replay(card, options.program, output);
      if (!same) code = EXIT.violated;
    }
    return code;
  } catch (error) {
    if (!(error instanceof VpioError)) throw error;
    output.err(error.message);
    return error.exitCode;
  }
}

function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const number = (name: "ops" | "seed", byDefault: number): number => {
    const text = values[name];
    if (text === undefined) return byDefault;
    if (!/^\d+$/.test(text)) throw new VpioError("USAGE", `--${name} takes a whole number, not "${text}"`);
    return Number(text);
  };
  return {
    cards: cardsOf(values.card),
    ops: number("ops", OPS_DEFAULT),
    seed: number("seed", 1),
    program: values.program,
    json: values.json === true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        card: { type: "string" },
        ops: { type: "string" },
        seed: { type: "string" },
        program: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new VpioError("USAGE", `${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function cardsOf(name: string | undefined): readonly OracleCard[] {
  const all: Readonly<Record<string, OracleCard>> = ORACLE_CARDS;
  if (name === undefined) return Object.values(all);
  const card = Object.hasOwn(all, name) ? all[name] : undefined;
  if (card !== undefined) return [card];
  throw new VpioError("USAGE", `no card "${name}": there are ${Object.keys(all).join(", ")}`);
}

async function compareCard(
  card: OracleCard,
  { ops, seed, json }: Options,
  output: CommandOutput,
): Promise<boolean> {
  const report = await consult(card, ops, seed, output);
  output.out(json ? JSON.stringify(report) : formatReport(report));
  return report.differing === 0;
}

/** Programs without a driver, then the native driver twice. */
async function consult(
  card: OracleCard,
  ops: number,
  seed: number,
  output: CommandOutput,
): Promise<OracleReport> {
  let told = 0;
  const onProgress = (operations: number): void => {
    const tenths = Math.floor((operations * 10) / ops);
    if (tenths <= told) return;
    told = tenths;
    output.err(`${card.name}: ${operations.toLocaleString("en-US")} operations`);
  };
  const campaign = await runCampaign({ card, ops, seed, onProgress });
  const sessions: (readonly [boolean, DriverSession])[] = [];
  for (const promiscuous of [false, true]) {
    sessions.push([promiscuous, await runDriverSession({ card, seed, frames: DRIVER_FRAMES, promiscuous })]);
  }
  return reportOf(card, campaign, sessions);
}

async function replay(card: OracleCard, path: string, output: CommandOutput): Promise<boolean> {
  const { verdict, script } = await runProgram(card, parseSteps(readProgram(path)));
  const { difference } = verdict;
  for (const [fence, steps] of script.refusals) output.err(`${card.name}: ${steps} steps left out: ${fence}`);
  output.out(`${card.name}: ${difference === undefined ? "the cards agree" : formatDifference(difference)}`);
  return difference === undefined;
}

function readProgram(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new VpioError(
      "USAGE",
      `cannot read the program: ${error instanceof Error ? error.message : error}`,
    );
  }
}
