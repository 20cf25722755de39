/** A run that was recorded on threads before the jury: replayed move by move, under every oracle. */
import type { Loaded } from "../engine/loaded.ts";
import { type Replay, ReplayedRun } from "../engine/replay-run.ts";
import type { RunRecording } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { FaultKind } from "./fault-plan.ts";
import { Jury } from "./jury.ts";
import { ORACLES } from "./oracles/catalogue.ts";
import { type Oracle, PROPERTIES, type Property, type Violation } from "./oracles/oracle.ts";
import type { Sightings } from "./sightings.ts";

/** A property of the design, and what those who watched over it say. */
export interface PropertyVerdict {
  readonly property: Property;
  /** Those that watched; none where the mode has nothing for them to ask. */
  readonly oracles: readonly string[];
  readonly violations: readonly Violation[];
}

export interface JudgedReplay extends Replay {
  readonly moves: number;
  /** Of each property that an oracle watches over, in their order. */
  readonly verdicts: readonly PropertyVerdict[];
  /** The first of each oracle, as they came. */
  readonly violations: readonly Violation[];
  readonly sightings: Sightings;
}

/** Throws DIVERGED when the recording does not fit the scenario, or vpio has changed since. */
export function judgeRecording(
  scenario: Scenario,
  { workloads, devices }: Loaded,
  recording: RunRecording,
): JudgedReplay {
  // Passthrough protects nobody, and promises nothing.
  const jury = new Jury(scenario.mode === "passthrough" ? [] : ORACLES);
  const struck = new Map<FaultKind, number>();
  const run = new ReplayedRun({
    scenario,
    workloads,
    devices,
    recording,
    ...jury.taps,
    onFault: (kind, victim) => {
      const at = (struck.get(kind) ?? 0) + 1;
      struck.set(kind, at);
      jury.strike({ kind, at, forNs: 0 }, victim);
    },
  });
  jury.attend(run);
  const replay = run.play();
  jury.close("stopped");
  const { seated, violations, sightings } = jury;
  return {
    ...replay,
    moves: run.engine.moves,
    verdicts: verdictsOf(seated, violations),
    violations,
    sightings,
  };
}

function verdictsOf(seated: readonly Oracle[], violations: readonly Violation[]): readonly PropertyVerdict[] {
  const watched = new Set(ORACLES.map(({ property }) => property));
  const properties = Object.keys(PROPERTIES).map((key) => Number(key) as Property);
  return properties
    .filter((property) => watched.has(property))
    .map((property) => ({
      property,
      oracles: seated.filter((oracle) => oracle.property === property).map(({ name }) => name),
      violations: violations.filter((violation) => violation.property === property),
    }));
}
