/** What all actors of a run on one thread say of it. */
import type { Scenario } from "../scenario/scenario.ts";
import type { Cast } from "./build.ts";
import { composeReport } from "./compose-report.ts";
import type { HostLayout } from "./layout.ts";
import type { RunReport } from "./report.ts";
import { stateHash } from "./state-hash.ts";

export interface CastReportOptions {
  readonly scenario: Scenario;
  readonly layout: HostLayout;
  readonly nowNs: number;
  /** Why workers died, by name. */
  readonly failures: ReadonlyMap<string, string>;
  /** Memory is compared too. */
  readonly final: boolean;
}

export function reportOfCast(cast: Cast, options: CastReportOptions): RunReport {
  const { scenario, layout, nowNs, failures, final } = options;
  const counters = { sleeps: 0, notifies: 0 };
  const snapshots = {
    guests: cast.guests.map((guest) => ({ part: guest.snapshot(), ...counters })),
    nics: cast.nics.map((nic) => ({ part: nic.snapshot(), ...counters })),
    arbiter: { part: cast.arbiters.snapshot(nowNs), ...counters },
    wire: { part: cast.wire.snapshot(), ...counters },
    failures,
  };
  return { ...composeReport(scenario, layout, snapshots, nowNs, final), engine: "seeded" };
}

/** Of the state now: what every actor counts and holds, and all of memory. */
export const hashOfCast = ({ guests, nics, arbiters, wire }: Cast, { memory }: HostLayout): string =>
  stateHash({
    guests: guests.map((guest) => guest.snapshot()),
    nics: nics.map((nic) => nic.snapshot()),
    arbiter: arbiters.snapshot(0),
    wire: wire.snapshot(),
    memory,
  });
