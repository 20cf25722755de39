/** Small scenarios on the seeded engine, and what must hold of every run of them. */

import { expect } from "vitest";
import { BUILT_IN } from "../../src/devices/catalogue.ts";
import type { Loaded } from "../../src/engine/loaded.ts";
import type { CapturedFrame } from "../../src/engine/report.ts";
import type { Scheduler } from "../../src/engine/scheduler.ts";
import { SeededRun } from "../../src/engine/seeded-run.ts";
import { readScenario } from "../../src/scenario/read.ts";
import type { Overrides, Scenario } from "../../src/scenario/scenario.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";

/** A scenario from YAML text that names no files. */
export function scenarioOf(text: string, overrides: Overrides = {}): Scenario {
  return readScenario(text, "test.yaml", { locate: (file) => file, read: () => undefined }, overrides);
}

export interface SeededScene {
  readonly run: SeededRun;
  readonly frames: readonly CapturedFrame[];
}

/** Of a scenario that names no files. */
export const loadedOf = ({ guests }: Scenario): Loaded => ({
  workloads: guests.map(({ workload }) => workload as Workload),
  devices: BUILT_IN,
});

/** Builds a run with seed `seed`, ready to move. */
export function sceneOf(
  scenario: Scenario,
  seed: number,
  scheduler: Scheduler = randomWalk(seed),
  workloads: readonly Workload[] = scenario.guests.map(({ workload }) => workload as Workload),
): SeededScene {
  const frames: CapturedFrame[] = [];
  const run = new SeededRun(scenario, {
    scheduler,
    workloads,
    devices: BUILT_IN,
    onFrame: (frame) => frames.push(frame),
  });
  return { run, frames };
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * Each frame that a guest's driver took has left its card at most once, unmodified and in order, and nothing else has:
 * `complete` says that all of them have left.
 */
export function expectTransmitTransparent(
  scenario: Scenario,
  frames: readonly CapturedFrame[],
  guests: readonly number[],
  complete: boolean,
): void {
  for (const guest of guests) {
    const handed = frames.filter(
      (f) => f.at.kind === "guest" && f.at.guest === guest && f.direction === "out",
    );
    // By source address: what was queued may leave while the card is already being taken away.
    const mac = hexOf(scenario.guests[guest]?.mac ?? new Uint8Array());
    const left = frames.filter(
      (f) => f.at.kind === "card" && f.direction === "out" && hexOf(f.bytes.subarray(6, 12)) === mac,
    );
    const padded = handed.map(({ bytes }) => hexOf(bytes).padEnd(120, "0"));
    const sent = left.map(({ bytes }) => hexOf(bytes));
    expect(sent).toEqual(complete ? padded : padded.slice(0, sent.length));
  }
}
