/** Small scenarios for stress, and one trial of them. */
import { BUILT_IN } from "../../src/devices/catalogue.ts";
import type { Scheduler } from "../../src/engine/scheduler.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { type FaultPlan, noFaults } from "../../src/stress/fault-plan.ts";
import { randomWalk } from "../../src/stress/schedulers/random-walk.ts";
import { Trial, type TrialResult } from "../../src/stress/trial.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";

/** Two senders that take turns quickly. */
export const duel = (card: string): string => `
name: duel
duration: 60s
costs: { restore: 1ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, policy: { kind: round-robin, quantum: 10us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 20, count: 2 } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 2 } }
`;

/** One that asks, one that answers, and a peer that sends to both: frames come for whoever has the card not. */
export const talk = (card: string): string => `
name: talk
duration: 60s
costs: { restore: 1ns }
wire: { peers: [{ kind: echo, name: echo }, { kind: source, name: feed, to: [bob, alice], rate: 20000, size: 64, count: 8 }] }
cards: [{ name: card0, kind: ${card}, receive: arrival, policy: { kind: fair-share, quantum: 50us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: echo, interval: 30us, count: 2 } }
  - { name: bob, memory: 256KiB, workload: { kind: request-response, to: echo, count: 2 } }
`;

/** An owner that is slow to give the card back is fenced off, and the watchdog is near. */
export const hasty = (card: string): string => `
name: hasty
duration: 60s
costs: { restore: 1ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, revoke: 10us, watchdog: 60ms, policy: { kind: round-robin, quantum: 10us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 20, count: 2 } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 2 } }
`;

export interface TrialChoice {
  /** By guest id, with their files loaded; undefined: the scenario names none. */
  readonly workloads?: readonly Workload[];
  readonly scheduler?: Scheduler;
  readonly faults?: FaultPlan;
  readonly maxMoves?: number;
}

export function trialOf(scenario: Scenario, seed: number, choice: TrialChoice = {}): Trial {
  return new Trial({
    scenario,
    workloads: choice.workloads ?? scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
    scheduler: choice.scheduler ?? randomWalk(seed),
    faults: choice.faults ?? noFaults,
    maxMoves: choice.maxMoves ?? 100_000,
  });
}

export const tryOnce = (scenario: Scenario, seed: number, choice: TrialChoice = {}): TrialResult =>
  trialOf(scenario, seed, choice).play();
