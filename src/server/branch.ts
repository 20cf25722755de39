/**
 * One way that a run has gone, on the seeded engine: decisions that were made before are made again, then a scheduler
 * decides. The moves are kept in a trace.
 */
import type { Loaded } from "../engine/loaded.ts";
import { describeMove, type Move, type Scheduler } from "../engine/scheduler.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { FaultPlan } from "../stress/fault-plan.ts";
import type { TrialEnding } from "../stress/oracles/oracle.ts";
import { replay } from "../stress/schedulers/replay.ts";
import { Trial, type TrialResult } from "../stress/trial.ts";
import { violationNote } from "../stress/violation-note.ts";
import { Recorder } from "../trace/recorder.ts";
import type { Trace, TraceMove } from "../trace/trace.ts";

/** Of a run that has no end of its own: all moves are kept in memory. */
export const MAX_MOVES = 2_000_000;

export interface BranchOptions extends Loaded {
  readonly scenario: Scenario;
  /** A fault plan counts its opportunities: each branch has one of its own. */
  readonly faults: () => FaultPlan;
  /** Made first, by their descriptions. */
  readonly decisions: readonly string[];
  /** Decides behind them; undefined: the run is over then. */
  readonly scheduler: Scheduler | undefined;
  /** The run is cut off then. */
  readonly maxMoves: number;
}

export class Branch {
  readonly trace: Trace;
  readonly #trial: Trial;
  readonly #recorder: Recorder;
  /** Nothing is decided behind what was recorded. */
  readonly #isReplay: boolean;
  #preferred: ((move: Move) => boolean) | undefined;
  #over: string | undefined;

  constructor({ scenario, workloads, devices, faults, decisions, scheduler, maxMoves }: BranchOptions) {
    let recorder: Recorder | undefined;
    this.#isReplay = scheduler === undefined;
    const steered = this.#steered(replay(decisions, scheduler));
    this.#trial = new Trial({
      scenario,
      workloads,
      devices,
      faults: faults(),
      scheduler: {
        name: steered.name,
        choose: (moves) => (recorder?.listening(steered) ?? steered).choose(moves),
      },
      maxMoves,
      hashed: false,
      onStopped: (guest, { register, reason, action }) =>
        recorder?.note({
          kind: "stopped",
          move: this.trace.length,
          text: `the VMM stops ${scenario.guests[guest]?.name}: ${register}: ${reason} (${action})`,
          property: undefined,
          because: undefined,
          guest,
        }),
    });
    const { run } = this.#trial;
    recorder = new Recorder(run, () => run.engine.nowNs);
    run.engine.observe(recorder);
    run.begin();
    this.#recorder = recorder;
    this.trace = recorder.trace;
  }

  /** Why there are no more moves; undefined while there may be. */
  get over(): string | undefined {
    return this.#over;
  }

  /** Each move so far, as a replay names it. */
  decisions(moves: number): readonly string[] {
    return Array.from({ length: moves }, (_, i) => this.trace.moveOf(i + 1)?.text ?? "");
  }

  /** Goes on for so many moves at most. */
  advance(moves: number): void {
    if (this.#over !== undefined) return;
    const result = this.#trial.advance(moves);
    if (result !== undefined) this.#end(result);
  }

  /** What could be the next move at this very time; none when the run is over. */
  get possible(): readonly TraceMove[] {
    if (this.#over !== undefined) return [];
    return this.#trial.run.engine.possible().map((move) => this.#recorder.describe(move));
  }

  /** Makes one move: the first that is preferred, where there is one. */
  advancePreferring(preferred: (move: Move) => boolean): void {
    this.#preferred = preferred;
    this.advance(1);
    this.#preferred = undefined;
  }

  /** Makes that move. */
  advanceBy(text: string): void {
    this.advancePreferring((move) => describeMove(move) === text);
  }

  #end({ violation, ending }: TrialResult): void {
    const ends = this.#isReplay ? "the violation that was recorded does not show any more" : ENDINGS[ending];
    this.#over = violation === undefined ? ends : "a property is violated";
    if (violation !== undefined) this.#recorder.note(violationNote(violation, this.trace.length));
  }

  #steered(scheduler: Scheduler): Scheduler {
    return {
      name: scheduler.name,
      choose: (moves) => {
        const own = this.#preferred === undefined ? -1 : moves.findIndex(this.#preferred);
        return own >= 0 ? own : scheduler.choose(moves);
      },
    };
  }
}

const ENDINGS: Readonly<Record<TrialEnding, string>> = {
  complete: "all workloads have come to their end, and all properties hold",
  quiet: "nothing can happen any more",
  elapsed: "the scenario's time is over, and all properties hold",
  cut: "the run was cut off here",
};
