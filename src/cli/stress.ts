/** `vpio stress`: many schedules of the same scenarios, under oracles; what fails is shrunk and kept for a replay. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { Command, Option } from "commander";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { NS_PER_MS } from "../base/units.ts";
import { packageVersion } from "../engine/root.ts";
import { writeCounterexample } from "../export/counterexample-file.ts";
import { junit } from "../export/junit.ts";
import { count, duration, plural, significant } from "../export/numbers.ts";
import {
  type Explained,
  jsonStress,
  perSecond,
  type StressOutcome,
  stressReport,
} from "../export/stress-report.ts";
import { MODES } from "../scenario/scenario.ts";
import { FAULT_KINDS, parseFaults } from "../stress/fault-plan.ts";
import { partOf, type StressPlan } from "../stress/plan.ts";
import { parseRedisUrl } from "../stress/queue/redis.ts";
import type { Failure, StressTally } from "../stress/range.ts";
import { SCHEDULER_KINDS } from "../stress/schedulers/catalogue.ts";
import type { Sighting } from "../stress/sightings.ts";
import { SIGHTING_NAMES, verdictOf } from "../stress/verdict.ts";
import { namesAmong, plainName, wholeNumber } from "./arguments.ts";
import { CaptureFile, refuseOverwriting, requireWritable, requireWritableFolder } from "./capture-file.ts";
import { type Context, examples } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";
import { type Ground, type Order, type Standing, threadsHere } from "./stress-ground.ts";
import { type PlanChoices, planOf } from "./stress-plan.ts";
import { workersAt } from "./stress-queue.ts";

interface Choices extends PlanChoices {
  readonly seeds: number;
  readonly jobs: number;
  readonly expect?: readonly Sighting[];
  readonly attempts: number;
  readonly output: string;
  readonly queue?: URL;
  readonly campaign?: string;
  readonly junit?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** Failures that are shrunk: the first of each kind. */
const EXPLAINED_MAX = 3;
const SEED_MAX = 2 ** 32 - 1;

export function stressCommand(context: Context): Command {
  return new Command("stress")
    .summary("run scenarios under many schedules and look for a violation")
    .description(
      "Runs scenarios on the seeded engine, one schedule a seed, with every property watched. What fails is shrunk and written to a file for `vpio replay`. Ctrl-C ends it with what has been found so far.",
    )
    .argument("[scenarios...]", "files, folders, or scenarios that ship (default: those made for stress)")
    .option("--seeds <n>", "schedules to run", wholeNumber(1, SEED_MAX), 1000)
    .option("--seed <n>", "the first of them", wholeNumber(0, SEED_MAX), 0)
    .option(
      "--scheduler <names>",
      `who decides, of ${SCHEDULER_KINDS.join(", ")}; several take turns`,
      namesAmong(SCHEDULER_KINDS),
      ["random"],
    )
    .option("--depth <n>", "of pct its depth, of delay the delays", wholeNumber(1, 1000), 3)
    .option(
      "--faults <list>",
      `all, or some of ${FAULT_KINDS.join(", ")}; with =1/20 at that rate, with :5 so often at most`,
      parseFaults,
      [],
    )
    .addOption(new Option("--mode <mode>", "how the guests share the card").choices(MODES))
    .option("--jobs <n>", "threads", wholeNumber(1, 256), availableParallelism())
    .addOption(
      new Option("--queue <url>", "run it on the workers of that Redis instead (see `vpio help worker`)")
        .argParser(parseRedisUrl)
        .conflicts("jobs"),
    )
    .option(
      "--campaign <name>",
      "with --queue: what it is called there; the same command with the same name goes on where it was",
      plainName,
    )
    .option("--bail", "stop at the first violation", false)
    .option("--twice", "run each seed twice and compare, move by move (property 8)", false)
    .option(
      "--expect <names>",
      "what must happen at least once (default: handoffs, in mode vpio)",
      namesAmong(SIGHTING_NAMES),
    )
    .option("--max-moves <n>", "a run is cut off after that many moves", wholeNumber(1, 1e9), 200_000)
    .option(
      "--attempts <n>",
      "runs to try when shrinking, for each of its two parts",
      wholeNumber(0, 1e6),
      500,
    )
    .option("--output <folder>", "where counterexamples are written", ".")
    .option("--junit <file>", "the outcome as JUnit XML as well")
    .option("--json", "the outcome as one line of JSON")
    .option("--quiet", "no narration")
    .addHelpText(
      "after",
      examples(
        ["vpio stress --seeds 10000", "the scenarios made for stress, at random"],
        ["vpio stress my.yaml --scheduler random,pct,delay --depth 5", "three schedulers in turn"],
        [
          "vpio stress my.yaml --faults slow-guest,irq-late=1/3 --bail",
          "with faults, to the first violation",
        ],
        ["vpio stress --seeds 1000000 --expect all --junit out.xml", "a long campaign for a CI server"],
        ["vpio stress --seeds 1000000 --queue redis://10.0.0.1", "and `vpio worker` on many machines"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 all properties hold, 1 one is violated, 3 not all seeds were run or something expected was never seen.",
    )
    .action(async (names: readonly string[], choices: Choices) => {
      context.finish(await stress(names, choices, context));
    });
}

async function stress(names: readonly string[], choices: Choices, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const line = new ProgressLine(terminal);
  const narrate = (text: string): void => {
    line.clear();
    if (!choices.quiet) terminal.err(`${terminal.errStyle.dim(text)}\n`);
  };
  const last = choices.seed + choices.seeds - 1;
  if (last > SEED_MAX)
    throw new VpioError("USAGE", `found --seeds up to ${last}, expected ${SEED_MAX} for the last of them`);
  const plan = await planOf(names, choices);
  for (const { source } of plan) refuseOverwriting(source.file, [choices.junit]);
  if (choices.junit !== undefined) requireWritable(choices.junit);
  requireWritableFolder(choices.output);
  const seeds = { first: choices.seed, count: choices.seeds };
  const order = { plan, seeds, bail: choices.bail, attempts: choices.attempts };
  const ground = await groundFor(order, choices, narrate);
  const interruption = interruptible(() => narrate("ending early"));
  try {
    narrate(`${plural(seeds.count, "seed")} over ${plural(plan.length, "part")} on ${ground.name}`);
    const beganMs = performance.now();
    const tally = await campaign(ground, choices, interruption.signal, line);
    const elapsedNs = (performance.now() - beganMs) * NS_PER_MS;
    const verdict = verdictOf(tally, seeds.count, choices.expect ?? usualOf(plan));
    const failures = explainable(tally, ground, interruption.signal.aborted);
    const explained = await explain(ground, plan, failures, choices, narrate);
    finish({ plan, seeds, tally, verdict, explained, elapsedNs }, choices, context);
    return exitCodeOf(verdict.kind);
  } finally {
    interruption.release();
    await ground.close();
  }
}

/** What is expected unless something else is: in the other modes no card changes hands. */
const usualOf = (plan: StressPlan): readonly Sighting[] =>
  plan.some(({ brief }) => brief.scenario.mode === "vpio") ? ["handoffs"] : [];

function groundFor(
  order: Order,
  { queue, campaign: name, jobs }: Choices,
  narrate: (text: string) => void,
): Promise<Ground> | Ground {
  if (queue !== undefined) return workersAt(order, { url: queue, campaign: name, narrate });
  if (name === undefined) return threadsHere(order, jobs);
  throw new VpioError("USAGE", "found --campaign without --queue, expected both or none");
}

const exitCodeOf = (verdict: StressOutcome["verdict"]["kind"]): ExitCode =>
  verdict === "holds" ? EXIT.ok : verdict === "violated" ? EXIT.violated : EXIT.inconclusive;

function finish(outcome: StressOutcome, choices: Choices, { terminal }: Context): void {
  terminal.out(
    choices.json ? `${JSON.stringify(jsonStress(outcome))}\n` : stressReport(outcome, terminal.outStyle),
  );
  if (choices.junit !== undefined) new CaptureFile(choices.junit).writeText(junit(outcome));
}

async function campaign(
  ground: Ground,
  { seeds, quiet }: Choices,
  signal: AbortSignal,
  line: ProgressLine,
): Promise<StressTally> {
  const beganMs = performance.now();
  try {
    return await ground.run(signal, (standing) => {
      const elapsedNs = (performance.now() - beganMs) * NS_PER_MS;
      if (!quiet) line.show(() => progressText(standing, seeds, elapsedNs));
    });
  } finally {
    line.clear();
  }
}

/** "12,300 of 100,000 seeds, 512/s, 2 min 51 s left, 11.2 handoffs a seed". */
function progressText({ tally, before, hands }: Standing, asked: number, elapsedNs: number): string {
  const { seeds, sightings, failures } = tally;
  const rate = perSecond(seeds - before, elapsedNs);
  const parts = [
    `${count(seeds)} of ${plural(asked, "seed")}`,
    `${significant(rate)}/s`,
    `${seeds > before ? duration(((asked - seeds) * elapsedNs) / (seeds - before)) : "unknown time"} left`,
    `${significant(sightings.handoffs / Math.max(1, seeds))} handoffs a seed`,
    ...(failures.length > 0 ? [plural(failures.length, "violation")] : []),
    ...(hands === undefined ? [] : [hands]),
  ];
  return parts.join(", ");
}

/** The failures that shall be explained, first those that cost nothing; of a campaign that is to end now only these. */
function explainable({ failures }: StressTally, { shrunk }: Ground, hurry: boolean): readonly Failure[] {
  const isShrunk = ({ seed }: Failure): boolean => shrunk.includes(seed);
  return [...failures.filter(isShrunk), ...(hurry ? [] : failures.filter((one) => !isShrunk(one)))];
}

/** Shrinks the first failure of each kind and writes it to a file. */
async function explain(
  ground: Ground,
  plan: StressPlan,
  failures: readonly Failure[],
  { output }: Choices,
  narrate: (text: string) => void,
): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  for (const { seed } of firstOfEach(failures).slice(0, EXPLAINED_MAX)) {
    if (!ground.shrunk.includes(seed)) narrate(`shrinking seed ${seed}`);
    const found = await ground.explain(seed);
    if (found === undefined) {
      narrate(`seed ${seed} does not fail once more: equal seeds differ`);
      continue;
    }
    mkdirSync(output, { recursive: true });
    const path = join(output, `${partOf(plan, seed).brief.scenario.name}-${seed}.vpio`);
    new CaptureFile(path).writeText(writeCounterexample(found, packageVersion()));
    explained.push({ seed, from: found.from, to: found.to, file: relative(".", path) });
  }
  return explained;
}

function firstOfEach(failures: readonly Failure[]): readonly Failure[] {
  const kinds = new Map<string, Failure>();
  for (const failure of failures) {
    const { property, oracle } = failure.violation;
    const kind = `${property} ${oracle}`;
    if (!kinds.has(kind)) kinds.set(kind, failure);
  }
  return [...kinds.values()];
}
