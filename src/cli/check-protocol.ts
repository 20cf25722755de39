/** The exploring half of `vpio check`: world after world, with progress, until the end or Ctrl-C. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { EXIT, type ExitCode, VpioError } from "../base/errors.ts";
import { concretize, stage } from "../check/concrete/concretize.ts";
import type { Counterexample } from "../check/explorer.ts";
import { exploreInParallel } from "../check/parallel/explore.ts";
import { type PlanChoices, type PlannedWorld, planOf } from "../check/plan.ts";
import { WorldCheck, type WorldFinding } from "../check/world-check.ts";
import { packageVersion } from "../engine/root.ts";
import { checkSummary, jsonCheck, worldText, worldVerdict } from "../export/check-report.ts";
import { writeCounterexample } from "../export/counterexample-file.ts";
import { plural } from "../export/numbers.ts";
import { loadScenario } from "../scenario/load.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { refuseUplinks } from "../scenario/uplinks.ts";
import { refuseOverwriting, requireWritable } from "./capture-file.ts";
import type { Context } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";
import { scenarioPath } from "./scenario-file.ts";

export interface ProtocolChoices extends PlanChoices {
  readonly scenario: string | undefined;
  /** Threads for the search of what is reachable. */
  readonly jobs: number;
  readonly memoryBytes: number;
  readonly reduce?: true;
  readonly liveness: boolean;
  /** Where a counterexample that happens for real is written. */
  readonly counterexample: string | undefined;
  readonly json?: true;
  readonly quiet?: true;
}

/** States between two looks at signals and the clock. */
const STRIDE = 20_000;

export async function checkProtocol(choices: ProtocolChoices, { terminal }: Context): Promise<ExitCode> {
  const narrate = (text: string): void => {
    if (!choices.quiet) terminal.err(`${terminal.errStyle.dim(text)}\n`);
  };
  const scenario = scenarioOf(choices.scenario);
  if (scenario !== undefined) refuseOverwriting(scenario.file, [choices.counterexample]);
  const plan = planOf(choices, scenario);
  if (choices.counterexample !== undefined) requireWritable(choices.counterexample);
  const line = new ProgressLine(terminal);
  const interruption = interruptible(() => narrate("ending early"));
  const findings: WorldFinding[] = [];
  try {
    for (const planned of plan) {
      if (interruption.signal.aborted) break;
      const show = (doing: string, states: number, depth: number): void => {
        if (!choices.quiet) line.show(() => progressText(`${planned.world}, ${doing}`, states, depth));
      };
      const finding = await checkWorld(planned, choices, interruption.signal, show);
      line.clear();
      findings.push(finding);
      const { counterexample } = finding.safety;
      if (counterexample !== undefined && choices.counterexample !== undefined)
        narrate(await tryForReal(finding, counterexample, choices.counterexample));
      if (!choices.json) terminal.out(`${worldText(finding, terminal.outStyle)}\n`);
    }
  } finally {
    interruption.release();
  }
  if (findings.length < plan.length) narrate(`not begun: ${plural(plan.length - findings.length, "world")}`);
  terminal.out(
    choices.json
      ? `${JSON.stringify(jsonCheck(findings), null, 2)}\n`
      : checkSummary(findings, terminal.outStyle),
  );
  return exitCodeOf(findings, plan.length);
}

function scenarioOf(argument: string | undefined): Scenario | undefined {
  if (argument === undefined) return undefined;
  const scenario = loadScenario(scenarioPath(argument));
  refuseUplinks(scenario, "vpio check", "it looks at every order of events, and those outside have none");
  if (scenario.mode === "vpio") return scenario;
  throw new VpioError(
    "USAGE",
    `${argument}: found mode ${scenario.mode}, expected vpio: only there a card changes hands`,
  );
}

type Show = (doing: string, states: number, depth: number) => void;

async function checkWorld(
  planned: PlannedWorld,
  { jobs, memoryBytes, reduce, liveness }: ProtocolChoices,
  signal: AbortSignal,
  show: Show,
): Promise<WorldFinding> {
  const nowMs = (): number => performance.now();
  const options = { memoryBytes, reduce: reduce === true, liveness, nowMs, beganMs: nowMs() };
  if (jobs === 1) return toTheEnd(new WorldCheck(planned, options), signal, show);
  const known = await exploreInParallel(planned.bounds, {
    ...{ jobs, memoryBytes, reduce: options.reduce, signal },
    onLevel: (states, depth) => show("safety", states, depth),
  });
  const finding = await toTheEnd(new WorldCheck(planned, { ...options, known }), signal, show);
  return { ...finding, stopped: finding.stopped || known.stopped };
}

async function toTheEnd(check: WorldCheck, signal: AbortSignal, show: Show): Promise<WorldFinding> {
  for (;;) {
    const finding = check.advance(STRIDE);
    if (finding !== undefined) return finding;
    const { doing, states, depth } = check.progress;
    show(doing, states, depth);
    await setImmediate();
    if (signal.aborted) return check.stop();
  }
}

/** Lets the counterexample happen on the seeded engine, or says where that departs; answers what has come of it. */
async function tryForReal(
  { system }: WorldFinding,
  counterexample: Counterexample,
  file: string,
): Promise<string> {
  const staged = stage(system, counterexample, resolve(file));
  writeFileSync(staged.programFile, staged.programText);
  const concrete = await concretize(staged, system, counterexample);
  switch (concrete.kind) {
    case "happens": {
      writeFileSync(file, writeCounterexample(concrete.saved, packageVersion()));
      const { property, incident } = concrete.saved.violation;
      return `happens for real: property ${property}: ${incident.what}; vpio replay ${file}`;
    }
    case "departs":
      return `does not happen for real: at step ${concrete.departure.step} ${concrete.departure.why}`;
    case "harmless":
      return `happens for real, step by step, and no oracle objects (${concrete.moves} moves)`;
  }
}

/** "order, safety: 120,000 states, depth 34". */
const progressText = (what: string, states: number, depth: number): string =>
  `${what}: ${states.toLocaleString("en-US")} states, depth ${depth}`;

function exitCodeOf(findings: readonly WorldFinding[], planned: number): ExitCode {
  const verdicts = findings.map(worldVerdict);
  if (verdicts.includes("violated")) return EXIT.violated;
  return verdicts.includes("inconclusive") || findings.length < planned ? EXIT.inconclusive : EXIT.ok;
}
