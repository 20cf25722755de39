/** One run under stress: a scenario, a scheduler, faults and the jury, to its end or to the first violation. */
import { VpioError } from "../base/errors.ts";
import { NS_PER_MS } from "../base/units.ts";
import type { BuiltGuest } from "../engine/guest-worker.ts";
import type { Loaded } from "../engine/loaded.ts";
import type { Move, Scheduler } from "../engine/scheduler.ts";
import { SeededRun } from "../engine/seeded-run.ts";
import type { Taps } from "../engine/taps.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { isEndless } from "../workloads/catalogue.ts";
import { type FaultPlan, noFaults, type Strike } from "./fault-plan.ts";
import { Faults } from "./faults.ts";
import { Jury } from "./jury.ts";
import { ORACLES } from "./oracles/catalogue.ts";
import { guestsWithFramesHeld } from "./oracles/ledger.ts";
import type { TrialEnding, Violation } from "./oracles/oracle.ts";
import type { Sightings } from "./sightings.ts";
import { TraceHash } from "./trace.ts";

/** Moves from one look at whether everything is done to the next. */
const LOOK_MOVES = 128;

/** How long frames may take to reach their guests, or to leave the VMM, when nobody else wants anything. */
const SETTLE_NS = 300 * NS_PER_MS;

export interface TrialOptions extends Loaded {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly faults: FaultPlan;
  readonly maxMoves: number;
  /** Called with each move that the scheduler has chosen. */
  readonly onMove?: ((move: Move) => void) | undefined;
  /** Told of what the jury is told of, too. */
  readonly onStopped?: Taps["onViolation"];
  readonly onFrame?: Taps["onFrame"];
  /** Hash the trace: it takes its time, and most runs of a campaign have no use for it. Default: true. */
  readonly hashed?: boolean | undefined;
}

export interface TrialResult {
  readonly ending: TrialEnding;
  /** The first one; undefined when all properties held. */
  readonly violation: Violation | undefined;
  readonly moves: number;
  readonly elapsedNs: number;
  readonly strikes: readonly Strike[];
  readonly sightings: Sightings;
  /** Of all moves (TraceHash); of none when it was not asked for. */
  readonly traceHash: string;
}

export class Trial {
  readonly run: SeededRun;
  readonly #options: TrialOptions;
  readonly #jury: Jury;
  readonly #hash: TraceHash;
  /** When everything was done. */
  #doneNs: number | undefined;

  constructor(options: TrialOptions) {
    const {
      scenario,
      workloads,
      devices,
      scheduler,
      faults,
      onMove,
      onStopped,
      onFrame,
      hashed = true,
    } = options;
    this.#options = options;
    this.#jury = new Jury(ORACLES);
    const { taps } = this.#jury;
    this.run = new SeededRun(scenario, {
      scheduler: onMove === undefined ? scheduler : reporting(scheduler, onMove),
      workloads,
      devices,
      ...taps,
      onFrame: (frame) => {
        taps.onFrame?.(frame);
        onFrame?.(frame);
      },
      onViolation: (...stopped) => {
        taps.onViolation?.(...stopped);
        onStopped?.(...stopped);
      },
    });
    const { engine } = this.run;
    this.#hash = new TraceHash(() => engine.nowNs);
    if (hashed) engine.observe(this.#hash);
    this.#jury.attend(this.run);
    if (faults !== noFaults)
      engine.interpose(new Faults({ run: this.run, plan: faults, onStrike: this.#jury.strike }));
  }

  /** To its end. Throws DIVERGED when the scheduler does. */
  play(): TrialResult {
    for (;;) {
      const result = this.advance(Number.POSITIVE_INFINITY);
      if (result !== undefined) return result;
    }
  }

  /** Goes on for so many moves at most; answers when that was the end. Throws DIVERGED when the scheduler does. */
  advance(moves: number): TrialResult | undefined {
    const ending = this.#play(moves);
    if (ending === undefined) return undefined;
    if (this.#jury.violation === undefined) this.#jury.close(ending);
    const { engine } = this.run;
    return {
      ending,
      violation: this.#jury.violation,
      moves: engine.moves,
      elapsedNs: engine.nowNs,
      strikes: this.#jury.strikes,
      sightings: this.#jury.sightings,
      traceHash: this.#hash.value,
    };
  }

  #play(moves: number): TrialEnding | undefined {
    const { engine, scenario } = this.run;
    const until = engine.moves + moves;
    try {
      this.run.begin();
      while (this.#jury.violation === undefined) {
        if (engine.moves % LOOK_MOVES === 0 && this.#isOver()) return "complete";
        if (engine.moves >= this.#options.maxMoves) return "cut";
        if (engine.nowNs >= scenario.durationNs) return this.#hasEnd() ? "cut" : "elapsed";
        if (engine.moves >= until) return undefined;
        if (!engine.move()) return this.#isDone() ? "complete" : "quiet";
      }
    } catch (error) {
      if (error instanceof VpioError && error.code === "DIVERGED") throw error;
      this.#jury.actorFailed(error);
    }
    return "cut";
  }

  /** True when everything is done, and no frame is left that a guest should get, or that should leave a guest. */
  #isOver(): boolean {
    if (!this.#isDone()) return false;
    const { nowNs } = this.run.engine;
    this.#doneNs ??= nowNs;
    if (nowNs > this.#doneNs + SETTLE_NS) return true;
    return guestsWithFramesHeld(this.run).length === 0 && !this.#jury.awaits;
  }

  /** True when every workload that has an end has come to it, or its guest is gone. */
  #isDone(): boolean {
    return (
      this.#hasEnd() && this.run.guests.every((guest, id) => this.#isEndless(id) || this.#isAtEnd(guest))
    );
  }

  #isAtEnd(guest: BuiltGuest): boolean {
    if (this.run.deathOf(guest.actor.address) !== undefined) return true;
    const { status, software } = guest.snapshot();
    return status.kind !== "running" || software?.workload.finished === true;
  }

  #hasEnd(): boolean {
    return this.run.guests.some((_, id) => !this.#isEndless(id));
  }

  #isEndless(guest: number): boolean {
    const workload = this.#options.workloads[guest];
    return workload === undefined || isEndless(workload);
  }
}

function reporting(scheduler: Scheduler, onMove: (move: Move) => void): Scheduler {
  return {
    name: scheduler.name,
    choose(moves) {
      const index = scheduler.choose(moves);
      const move = moves[index];
      if (move !== undefined) onMove(move);
      return index;
    },
  };
}
