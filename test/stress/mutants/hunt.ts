/** Looks for a mutant: one schedule of its scene after the other, until an oracle objects. */
import { join } from "node:path";
import { packageRoot } from "../../../src/engine/root.ts";
import type { Failure, SeedRange, StressBrief } from "../../../src/stress/range.ts";
import type { SchedulerKind } from "../../../src/stress/schedulers/catalogue.ts";
import type { Counterexample, Playable } from "../../../src/stress/shrink.ts";
import type { System } from "./bundle.ts";
import type { Scene } from "./scenes.ts";

/** Ordering constraints for pct, delays for delay-bounded. */
const DEPTH = 3;
/** A run of a scene that takes more moves is stuck. */
const MAX_MOVES = 30_000;

/** A scene in a system, ready to be run. */
export interface Ground {
  readonly system: System;
  readonly playable: Playable;
  readonly brief: Omit<StressBrief, "scheduler">;
}

export interface Found {
  /** Runs that it took, the failing one included. */
  readonly schedules: number;
  readonly failure: Failure;
}

/** The programs that scenes name are in programs/. */
const sourceOf = (text: string) => ({
  file: join(packageRoot(), "test/stress/mutants/programs/scene.yaml"),
  text,
  overrides: {},
});

/** `expectedMoves`: of a run of the scene, for schedulers that draw from them. */
export async function groundOf(
  system: System,
  { text, faults, twice }: Scene,
  expectedMoves: number,
): Promise<Ground> {
  const playable = await system.playableOf(sourceOf(text));
  const choices = faults === undefined ? [] : system.parseFaults(faults);
  const brief = { faults: choices, maxMoves: MAX_MOVES, expectedMoves, twice: twice === true, bail: true };
  return { system, playable, brief: { ...brief, scenario: playable.scenario } };
}

/** How long a run of the scene is, from one that walks at random. */
export async function movesOf(sound: System, scene: Scene): Promise<number> {
  const { brief, playable } = await groundOf(sound, scene, 1);
  const pilot = { ...brief, twice: false, scheduler: { kind: "random", depth: 1 } } as const;
  return sound.runRange(pilot, playable, { first: 0, count: 1 }).moves;
}

/** Undefined: no oracle objects to any of the schedules. */
export function find(
  { system, playable, brief }: Ground,
  kind: SchedulerKind,
  seeds: SeedRange,
): Found | undefined {
  const scheduler = { kind, depth: DEPTH };
  const { seeds: schedules, failures } = system.runRange({ ...brief, scheduler }, playable, seeds);
  const [failure] = failures;
  return failure && { schedules, failure };
}

/** Shrinks what a seed has found; `attempts`: runs to try for each of its two parts. */
export function shorten(
  { system, playable, brief }: Ground,
  kind: SchedulerKind,
  seed: number,
  attempts: number,
): Promise<Counterexample | undefined> {
  const read = (text: string): Promise<Playable> => system.playableOf(sourceOf(text));
  return system.shrink({
    playable,
    brief: { ...brief, scheduler: { kind, depth: DEPTH } },
    seed,
    read,
    attempts,
  });
}
