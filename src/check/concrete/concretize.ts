/** Does an abstract counterexample happen? It is staged on the seeded engine, under the oracles, and followed. */
import { basename } from "node:path";
import { VpioError } from "../../base/errors.ts";
import { describeMove, moverOf } from "../../engine/scheduler.ts";
import { replaySchedule, switchesOf } from "../../stress/counterexample.ts";
import { playableOf } from "../../stress/plan.ts";
import type { SavedCounterexample } from "../../stress/saved.ts";
import type { Decision } from "../../stress/schedulers/guided.ts";
import { Trial, type TrialResult } from "../../stress/trial.ts";
import type { Counterexample } from "../explorer.ts";
import type { Handoff } from "../handoff.ts";
import { type Departure, Follower } from "./follower.ts";
import { scriptOf } from "./script.ts";
import { PROGRAM_SUFFIX, programText, stageText } from "./stage.ts";

/** What is played, and where: `file` is the counterexample's, the program stands beside it. */
export interface Staged {
  readonly file: string;
  readonly text: string;
  readonly programFile: string;
  readonly programText: string;
}

export type Concrete =
  /** A property of the design is violated for real; the file replays it. */
  | { readonly kind: "happens"; readonly saved: SavedCounterexample }
  /** The run cannot go on as the trace does. */
  | { readonly kind: "departs"; readonly departure: Departure }
  /** Every step has happened, and no oracle objects. */
  | { readonly kind: "harmless"; readonly moves: number };

/** More than any trace takes. */
const MOVES_MAX = 3_000_000;

export function stage(system: Handoff, { trace }: Counterexample, file: string): Staged {
  const script = scriptOf(system, trace);
  const polls = trace.some(({ step }) =>
    step.outcome.marks.some((mark) => mark.kind === "due" && mark.event === "POLL"),
  );
  const programFile = `${file}${PROGRAM_SUFFIX}`;
  const endsStuck = trace.some(({ step: { actor, outcome } }) => {
    const due = outcome.marks.some((mark) => mark.kind === "due" && mark.event === "WATCHDOG");
    return actor === "arbiter" && due && outcome.sent.some(({ message }) => message.type === "machineCheck");
  });
  const { policy } = system.bounds;
  const text = stageText({ policy, script, program: basename(programFile), endsStuck, polls });
  return { file, text, programFile, programText: programText(script) };
}

/** Plays it; the program must stand in its file by now. */
export async function concretize(
  { file, text }: Staged,
  system: Handoff,
  { trace }: Counterexample,
): Promise<Concrete> {
  const source = { file, text, overrides: {} };
  const { scenario, workloads, devices } = await playableOf(source);
  const follower = new Follower(trace, system.bounds.guests);
  const decisions: Decision[] = [];
  const trial = new Trial({
    scenario,
    workloads,
    devices,
    scheduler: follower,
    faults: follower.faults,
    maxMoves: MOVES_MAX,
    onMove: (move) => decisions.push({ mover: moverOf(move), move: describeMove(move) }),
  });
  follower.attend(trial.run);
  const followed = playOf(trial);
  if (follower.departure !== undefined && followed === undefined)
    return { kind: "departs", departure: follower.departure };
  // What only shows at the end is asked for in a run that ends here.
  const schedule = { decisions: decisions.map(({ move }) => move), strikes: follower.strikes };
  const result = followed ?? replaySchedule(scenario, { workloads, devices }, { ...schedule, ending: "cut" });
  const { violation } = result;
  if (violation === undefined) return { kind: "harmless", moves: decisions.length };
  const size = { guests: system.bounds.guests, moves: decisions.length, switches: switchesOf(decisions) };
  const ending = followed?.ending ?? "cut";
  return {
    kind: "happens",
    saved: {
      source,
      seed: scenario.seed,
      scheduler: follower.name,
      violation,
      schedule: { ...schedule, ending },
      from: size,
      to: size,
    },
  };
}

/** Undefined: the follower has ended it. */
function playOf(trial: Trial): TrialResult | undefined {
  try {
    return trial.play();
  } catch (error) {
    if (error instanceof VpioError && error.code === "DIVERGED") return undefined;
    throw error;
  }
}
