/** A run on one thread as those see it who look on: under a scheduler, or replayed from a recording. */
import type { Address } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Cast } from "./build.ts";
import type { HostLayout } from "./layout.ts";
import type { RunReport } from "./report.ts";
import type { Observer } from "./seeded.ts";

export interface WatchedEngine {
  readonly nowNs: number;
  /** Moves made so far; during a move, its number from 1. */
  readonly moves: number;
  /** Its time is the scenario's own. On threads anybody may be late, and nobody is to blame for it. */
  readonly isTimed: boolean;
  /** Messages between two actors that are not taken yet. */
  underWay(from: Address, to: Address): number;
  observe(observer: Observer): void;
}

export interface WatchedRun extends Cast {
  readonly scenario: Scenario;
  readonly layout: HostLayout;
  readonly engine: WatchedEngine;
  /** Why an actor's worker died; undefined while it lives. */
  deathOf(address: Address): string | undefined;
  /** `final`: memory is compared too. */
  report(final: boolean): RunReport;
}
