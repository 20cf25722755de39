/** Runs a recorded run again, on one thread, and says where it ends. */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import { actorsOf, buildCast, type Cast } from "./build.ts";
import { fillMemory, layOutHost } from "./layout.ts";
import { LogEngine } from "./log-engine.ts";
import type { CapturedFrame, RunRecording } from "./report.ts";
import type { Observer } from "./seeded.ts";
import { stateHash } from "./state-hash.ts";

export interface Replay {
  /** Of the state at the end; `RunRecording.finalHash` when nothing has changed. */
  readonly finalHash: string;
  readonly frames: readonly CapturedFrame[];
}

/** Given the actors before they begin, and the clock: what looks on at the replay. */
export type Watch = (cast: Cast, nowNs: () => number) => Observer;

/** Throws DIVERGED when the recording does not fit the scenario, or vpio has changed since. */
export function replayRun(
  scenario: Scenario,
  workloads: readonly Workload[],
  recording: RunRecording,
  watch?: Watch,
): Replay {
  const layout = layOutHost(scenario);
  fillMemory(layout, scenario.seed);
  const frames: CapturedFrame[] = [];
  const onFrame = recording.capture ? (frame: CapturedFrame) => void frames.push(frame) : undefined;
  const engine = new LogEngine(recording.logs, () => cast.wire.hush());
  const cast = buildCast(scenario, layout, workloads, (address) => engine.portsFor(address), { onFrame });
  for (const actor of actorsOf(cast)) engine.add(actor);
  if (watch !== undefined) engine.observe(watch(cast, () => engine.nowNs));
  try {
    cast.wire.begin();
    cast.arbiters.begin();
    engine.run();
  } catch (error) {
    if (error instanceof VpioError && error.code === "DIVERGED") throw error;
    throw new VpioError(
      "DIVERGED",
      `the replay failed where the run did not: ${error instanceof Error ? error.message : error}`,
    );
  }
  const finalHash = stateHash({
    guests: cast.guests.map((guest) => guest.snapshot()),
    nics: cast.nics.map((nic) => nic.snapshot()),
    arbiter: cast.arbiters.snapshot(0),
    wire: cast.wire.snapshot(),
    memory: layout.memory,
  });
  return { finalHash, frames };
}
