/** Runs a recorded run again, on one thread, and says where it ends. */
import { VpioError } from "../base/errors.ts";
import type { Devices } from "../devices/catalogue.ts";
import type { Address } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { FaultKind } from "../transport/fault-plan.ts";
import type { BuiltArbiters } from "./arbiter-worker.ts";
import { actorsOf, buildCast, type Cast } from "./build.ts";
import { hashOfCast, reportOfCast } from "./cast-report.ts";
import type { BuiltGuest } from "./guest-worker.ts";
import { fillMemory, type HostLayout, layOutHost } from "./layout.ts";
import type { Loaded } from "./loaded.ts";
import { LogEngine } from "./log-engine.ts";
import type { BuiltNic } from "./nic-worker.ts";
import type { CapturedFrame, RunRecording, RunReport } from "./report.ts";
import type { Observer } from "./seeded.ts";
import type { Taps } from "./taps.ts";
import type { WatchedRun } from "./watched-run.ts";
import type { BuiltWire } from "./wire-worker.ts";

export interface Replay {
  /** Of the state at the end; `RunRecording.finalHash` when nothing has changed. */
  readonly finalHash: string;
  readonly frames: readonly CapturedFrame[];
}

/** Given the actors before they begin, and the clock: what looks on at the replay. */
export type Watch = (cast: Cast, nowNs: () => number) => Observer;

export interface ReplayOptions extends Taps, Loaded {
  readonly scenario: Scenario;
  readonly recording: RunRecording;
  /** Told of each fault that struck a message, and whom. */
  readonly onFault?: ((kind: FaultKind, victim: Address) => void) | undefined;
}

/** Nobody has died in it: of a run in which a worker died there is no recording. */
const NOBODY_DIED: ReadonlyMap<string, string> = new Map();

/** Throws DIVERGED when the recording does not fit the scenario, or vpio has changed since. */
export class ReplayedRun implements WatchedRun {
  readonly scenario: Scenario;
  readonly engine: LogEngine;
  readonly layout: HostLayout;
  readonly devices: Devices;
  readonly guests: readonly BuiltGuest[];
  readonly nics: readonly BuiltNic[];
  readonly arbiters: BuiltArbiters;
  readonly wire: BuiltWire;
  readonly #frames: CapturedFrame[] = [];

  constructor({ scenario, workloads, devices, recording, onFault, ...taps }: ReplayOptions) {
    this.scenario = scenario;
    this.layout = layOutHost(scenario);
    fillMemory(this.layout, scenario.seed);
    const { logs, capture } = recording;
    const engine = new LogEngine({ logs, onHush: () => this.wire.hush(), onFault });
    this.engine = engine;
    const cast = buildCast(
      scenario,
      this.layout,
      { workloads, devices },
      (address) => engine.portsFor(address),
      {
        ...taps,
        onFrame:
          capture || taps.onFrame !== undefined ? (frame) => this.#see(frame, capture, taps) : undefined,
        frameNs: capture ? undefined : () => engine.nowNs,
      },
    );
    this.devices = devices;
    this.guests = cast.guests;
    this.nics = cast.nics;
    this.arbiters = cast.arbiters;
    this.wire = cast.wire;
    for (const actor of actorsOf(cast)) engine.add(actor);
  }

  deathOf(_address: Address): undefined {
    return undefined;
  }

  report(final: boolean): RunReport {
    const { scenario, layout, engine } = this;
    const options = { scenario, layout, nowNs: engine.nowNs, failures: NOBODY_DIED, final };
    return reportOfCast(this, options);
  }

  /** To its end. */
  play(): Replay {
    try {
      this.wire.begin();
      this.arbiters.begin();
      this.engine.run();
    } catch (error) {
      if (error instanceof VpioError && error.code === "DIVERGED") throw error;
      throw new VpioError(
        "DIVERGED",
        `the replay failed where the run did not: ${error instanceof Error ? error.message : error}`,
      );
    }
    return { finalHash: hashOfCast(this, this.layout), frames: this.#frames };
  }

  #see(frame: CapturedFrame, keep: boolean, { onFrame }: Taps): void {
    if (keep) this.#frames.push(frame);
    onFrame?.(frame);
  }
}

export function replayRun(
  scenario: Scenario,
  loaded: Loaded,
  recording: RunRecording,
  watch?: Watch,
): Replay {
  const run = new ReplayedRun({ scenario, ...loaded, recording });
  if (watch !== undefined) run.engine.observe(watch(run, () => run.engine.nowNs));
  return run.play();
}
