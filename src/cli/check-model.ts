/**
 * The half of `vpio check` about device models: each against its card, its hooked list, or a walk at random.
 */
import { setImmediate } from "node:timers/promises";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import {
  checkingModel,
  checkingReading,
  isReading,
  type ModelName,
  type ModelWorldFinding,
  READINGS,
  type ReadingName,
  SPECIMENS,
  type SpecimenName,
} from "../check/soundness/check-model.ts";
import { findingNecessary } from "../check/soundness/necessity.ts";
import { walking } from "../check/soundness/walk.ts";
import { hooksText, jsonHooks } from "../export/hooked-list-report.ts";
import { count } from "../export/numbers.ts";
import { jsonModel, modelText, paperText, walkText } from "../export/soundness-report.ts";
import type { Context } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";

export interface ModelChoices {
  readonly steps?: number;
  readonly seconds?: number;
  readonly hooks?: true;
  readonly walk?: number;
  readonly seed?: number;
  readonly memory: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** How long one goes on without a look at signals. */
const STRIDE_MS = 50;

export async function checkModel(
  model: ModelName,
  choices: ModelChoices,
  context: Context,
): Promise<ExitCode> {
  const misuse = misuseOf(model, choices);
  if (misuse !== undefined) throw new VpioError("USAGE", misuse);
  const run = new ModelRun(choices, context);
  try {
    return await (isReading(model) ? checkPaper(model, choices, run) : checkOwn(model, choices, run));
  } finally {
    run.release();
  }
}

/** What does not go together. */
function misuseOf(model: ModelName, { hooks, walk, seed, steps, seconds }: ModelChoices): string | undefined {
  const own = hooks ? "--hooks" : "--walk";
  if (seed !== undefined && walk === undefined) return "found --seed without --walk";
  if (!hooks && walk === undefined) return undefined;
  if (hooks && walk !== undefined) return "found --walk and --hooks, expected one of them";
  if (steps !== undefined) return `found --steps with ${own}, which has its own`;
  if (seconds !== undefined) return `found --seconds with ${own}, which ends when it is done`;
  if (!isReading(model)) return undefined;
  return `${own}: found ${model}, expected a model that vpio runs: ${Object.keys(SPECIMENS).join(", ")}`;
}

/** What the checks have in common: progress on stderr, Ctrl-C, the report on stdout. */
class ModelRun {
  readonly #choices: ModelChoices;
  readonly #context: Context;
  readonly #line: ProgressLine;
  readonly #interruption: ReturnType<typeof interruptible>;

  constructor(choices: ModelChoices, context: Context) {
    this.#choices = choices;
    this.#context = context;
    this.#line = new ProgressLine(context.terminal);
    this.#interruption = interruptible(() => this.#narrate("ending early"));
  }

  readonly stopped = (): boolean => this.#interruption.signal.aborted;

  release(): void {
    this.#interruption.release();
  }

  async toTheEnd<P, T>(work: Generator<P, T>, say: (progress: P) => string): Promise<T> {
    let lookedMs = performance.now();
    for (let step = work.next(); ; step = work.next()) {
      if (step.done) {
        this.#line.clear();
        return step.value;
      }
      const progress = step.value;
      if (performance.now() - lookedMs < STRIDE_MS) continue;
      if (!this.#choices.quiet) this.#line.show(() => say(progress));
      await setImmediate();
      lookedMs = performance.now();
    }
  }

  report(text: (style: Context["terminal"]["outStyle"]) => string, data: unknown): void {
    const { terminal } = this.#context;
    terminal.out(this.#choices.json ? `${JSON.stringify(data, null, 2)}\n` : text(terminal.outStyle));
  }

  #narrate(text: string): void {
    const { terminal } = this.#context;
    if (!this.#choices.quiet) terminal.err(`${terminal.errStyle.dim(text)}\n`);
  }
}

async function checkOwn(model: SpecimenName, choices: ModelChoices, run: ModelRun): Promise<ExitCode> {
  if (choices.hooks) return checkHooks(model, run);
  if (choices.walk !== undefined) return walkThrough(model, choices.walk, choices.seed ?? 1, run);
  const specimen = SPECIMENS[model];
  const findings = await run.toTheEnd(
    checkingModel(specimen, limits(choices, run)),
    ({ world, states, depth }) => `${world}: ${count(states)} states, depth ${depth}`,
  );
  run.report((style) => modelText(specimen, findings, style), jsonModel(model, specimen, findings));
  return exitCodeOf(findings, specimen.worlds.length);
}

const limits = ({ steps, seconds, memory }: ModelChoices, { stopped }: ModelRun) => ({
  steps,
  seconds,
  memoryBytes: memory * 2 ** 20,
  stopped,
});

function exitCodeOf(findings: readonly ModelWorldFinding[], worlds: number): ExitCode {
  const verdicts = findings.map(({ result }) => result.verdict);
  if (verdicts.includes("broken")) return EXIT.violated;
  return verdicts.includes("inconclusive") || findings.length < worlds ? EXIT.inconclusive : EXIT.ok;
}

async function checkHooks(model: SpecimenName, run: ModelRun): Promise<ExitCode> {
  const specimen = SPECIMENS[model];
  const findings = await run.toTheEnd(findingNecessary(specimen, run.stopped), ({ done, all }) =>
    all === undefined ? "what is hooked when" : `hooks: ${done} of ${all}`,
  );
  run.report((style) => hooksText(specimen, findings, style), jsonHooks(model, specimen, findings));
  if (findings.broken !== undefined) return EXIT.violated;
  return findings.stopped ? EXIT.inconclusive : EXIT.ok;
}

async function walkThrough(
  model: SpecimenName,
  steps: number,
  seed: number,
  run: ModelRun,
): Promise<ExitCode> {
  const walked = await run.toTheEnd(
    walking(SPECIMENS[model], { steps, seed, stopped: run.stopped }),
    (taken) => `walk: ${count(taken)} of ${count(steps)} steps`,
  );
  run.report((style) => walkText(walked, seed, style), { model, seed, ...walked });
  if (walked.broken !== undefined) return EXIT.violated;
  return walked.steps < steps ? EXIT.inconclusive : EXIT.ok;
}

async function checkPaper(model: ReadingName, choices: ModelChoices, run: ModelRun): Promise<ExitCode> {
  const found = await run.toTheEnd(
    checkingReading(READINGS[model], limits(choices, run)),
    ({ states, depth }) => `${count(states)} states, depth ${depth}`,
  );
  run.report((style) => paperText(model, found, style), { model, ...found });
  if (found.counterexamples.length > 0) return EXIT.violated;
  return found.verdict === "inconclusive" ? EXIT.inconclusive : EXIT.ok;
}
