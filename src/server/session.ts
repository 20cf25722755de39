/** What one studio shows, and how far it is: its branches, and whether the present one goes on. */
import { VpioError } from "../base/errors.ts";
import { moverOf } from "../engine/scheduler.ts";
import { randomWalk } from "../stress/schedulers/random-walk.ts";
import type { BranchNews, Command, News } from "../trace/studio-talk.ts";
import type { Trace, TraceNote } from "../trace/trace.ts";
import { Branch, MAX_MOVES } from "./branch.ts";
import { originalTrace, playToEnd } from "./played.ts";
import type { StudioSource } from "./source.ts";

/** Between two looks at what is to be done; and how long moves are made at most before others get their turn. */
const TICK_MS = 40;
const BURST_MS = 25;
const BURST_MOVES = 128;
/** How long one actor is waited for when it is to be stepped, in moves. */
const STEP_PATIENCE = 20_000;
const MAX_BRANCHES = 32;

/** What there is to be done until further notice. */
type Goal =
  | { readonly kind: "rest" }
  | { readonly kind: "run"; readonly speed: number }
  | { readonly kind: "reach"; readonly move: number }
  | { readonly kind: "note"; readonly only: TraceNote["kind"] | undefined; readonly notes: number };

const REST: Goal = { kind: "rest" };

interface Shown {
  readonly news: BranchNews;
  readonly trace: Trace;
  /** Undefined of what cannot go on: a recording. */
  readonly branch: Branch | undefined;
}

export class Session {
  readonly #source: StudioSource;
  readonly #shown: Shown[] = [];
  readonly #listeners = new Set<() => void>();
  /** Of a counterexample: the run before it was shrunk, from its begin to its end. */
  readonly original: Trace | undefined;
  #present: Shown;
  #goal: Goal = REST;
  #timer: NodeJS.Timeout | undefined;
  /** Moves that a slow run still owes. */
  #owed = 0;

  constructor(source: StudioSource) {
    this.#source = source;
    this.original = originalTrace(source);
    const news = { id: 0, parent: undefined, move: 0, choice: "" };
    if (source.kind === "recording") {
      this.#present = { news, trace: source.trace, branch: undefined };
    } else {
      const branch = source.kind === "live" ? new Branch(source.branch) : playToEnd(source.branch);
      this.#present = { news, trace: branch.trace, branch };
    }
    this.#shown.push(this.#present);
  }

  get trace(): Trace {
    return this.#present.trace;
  }

  get news(): News {
    return {
      source: this.#source.kind,
      file: this.#source.file,
      running: this.#goal.kind !== "rest",
      over: this.#over,
      possible: this.#goal.kind === "rest" ? (this.#present.branch?.possible ?? []) : [],
      branch: this.#present.news.id,
      branches: this.#shown.map(({ news }) => news),
    };
  }

  /** `onChange` is called when there is something new; answers how to stop that. */
  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => void this.#listeners.delete(onChange);
  }

  /** Throws a USAGE error when it cannot be done. */
  command(command: Command): void {
    switch (command.do) {
      case "run":
        return this.#pursue({ kind: "run", speed: Math.max(0, command.speed) });
      case "pause":
        return this.#pursue(REST);
      case "step":
        return this.#step(() => this.#branch.advance(1));
      case "stepActor":
        return this.#step(() => this.#stepActor(command.actor));
      case "seek":
        return this.#pursue({ kind: "reach", move: command.move });
      case "seekNote":
        return this.#pursue({ kind: "note", only: command.only, notes: this.#notes(command.only) });
      case "fork":
        return this.#fork(command.move, command.choice);
      case "branch":
        return this.#show(command.id);
    }
  }

  close(): void {
    this.#goal = REST;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  get #over(): string | undefined {
    return this.#source.kind === "recording" ? this.#source.over : this.#present.branch?.over;
  }

  get #branch(): Branch {
    const { branch } = this.#present;
    if (branch === undefined) throw new VpioError("USAGE", "a recorded run can be looked at, but not go on");
    if (branch.over !== undefined) throw new VpioError("USAGE", branch.over);
    return branch;
  }

  #pursue(goal: Goal): void {
    if (goal.kind !== "rest") void this.#branch;
    this.#goal = goal;
    this.#owed = 0;
    this.#schedule();
    this.#changed();
  }

  #schedule(): void {
    if (this.#goal.kind === "rest" || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#tick();
        this.#schedule();
      },
      this.#hurries ? 1 : TICK_MS,
    );
  }

  /** True when there is no speed to be kept. */
  get #hurries(): boolean {
    return this.#goal.kind !== "run" || this.#goal.speed === 0;
  }

  #tick(): void {
    const until = performance.now() + BURST_MS;
    if (this.#goal.kind === "run") this.#owed += (this.#goal.speed * TICK_MS) / 1000;
    while (this.#goal.kind !== "rest" && performance.now() < until) {
      const moves = this.#wanted();
      if (moves <= 0) break;
      this.#present.branch?.advance(Math.min(BURST_MOVES, moves));
      this.#owed -= Math.min(BURST_MOVES, moves);
      if (this.#over !== undefined) this.#goal = REST;
    }
    this.#changed();
  }

  /** Moves to be made now; comes to rest when the goal is reached. */
  #wanted(): number {
    const goal = this.#goal;
    const { length } = this.trace;
    const left = ((): number => {
      switch (goal.kind) {
        case "rest":
          return 0;
        case "run":
          return goal.speed === 0 ? BURST_MOVES : Math.floor(this.#owed);
        case "reach":
          return goal.move - length;
        case "note":
          return this.#notes(goal.only) > goal.notes ? 0 : BURST_MOVES;
      }
    })();
    if (left <= 0 && goal.kind !== "run") this.#goal = REST;
    return left;
  }

  #notes(only: TraceNote["kind"] | undefined): number {
    const { notes } = this.trace;
    return only === undefined ? notes.length : notes.filter(({ kind }) => kind === only).length;
  }

  #step(make: () => void): void {
    void this.#branch;
    this.#goal = REST;
    make();
    this.#changed();
  }

  #stepActor(actor: number): void {
    const address = this.trace.head.actors[actor]?.address;
    if (address === undefined) throw new VpioError("USAGE", "that is no actor that moves");
    const moves = this.trace.actorMoves[actor];
    const before = moves?.length;
    for (let i = 0; i < STEP_PATIENCE && this.#over === undefined; i++) {
      this.#branch.advancePreferring((move) => moverOf(move) === address);
      if (moves?.length !== before) return;
    }
  }

  /** Makes all decisions up to `move` once more, on actors of their own, then the other one. */
  #fork(move: number, choice: string): void {
    const { branch, news } = this.#present;
    if (branch === undefined || this.#source.kind === "recording")
      throw new VpioError("USAGE", "a recorded run of threads cannot be forked");
    if (move === this.trace.length && branch.possible.some(({ text }) => text === choice))
      return this.#step(() => branch.advanceBy(choice));
    if (this.#shown.length >= MAX_BRANCHES)
      throw new VpioError("USAGE", `there are ${MAX_BRANCHES} branches, and that is as many as are kept`);
    if (!this.trace.choicesAt(move + 1).some(({ text }) => text === choice))
      throw new VpioError("USAGE", `at move ${move + 1} it is not possible that ${choice}`);
    const id = this.#shown.length;
    const fork = new Branch({
      ...this.#source.branch,
      decisions: [...branch.decisions(move), choice],
      scheduler: randomWalk(this.#source.seed + id),
      maxMoves: MAX_MOVES,
    });
    fork.advance(move + 1);
    this.#goal = REST;
    this.#present = { news: { id, parent: news.id, move, choice }, trace: fork.trace, branch: fork };
    this.#shown.push(this.#present);
    this.#changed();
  }

  #show(id: number): void {
    const shown = this.#shown[id];
    if (shown === undefined) throw new VpioError("USAGE", `there is no branch ${id}`);
    this.#goal = REST;
    this.#present = shown;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
