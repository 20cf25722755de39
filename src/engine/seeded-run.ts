/** A scenario on the seeded engine: all its actors, built as on threads, and one report of them. */
import type { GuestId } from "../base/ids.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import { type BuiltArbiters, buildArbiters } from "./arbiter-worker.ts";
import { composeReport } from "./compose-report.ts";
import { type BuiltGuest, buildGuest } from "./guest-worker.ts";
import { fillMemory, type HostLayout, layOutHost } from "./layout.ts";
import { type BuiltNic, buildNic } from "./nic-worker.ts";
import type { CapturedFrame, RunReport } from "./report.ts";
import type { Scheduler } from "./scheduler.ts";
import { SeededEngine } from "./seeded.ts";
import { type BuiltWire, buildWire } from "./wire-worker.ts";
import { workerOf } from "./wiring.ts";

export interface SeededOptions {
  readonly scheduler: Scheduler;
  /** The workload of each guest, by id, with its files loaded. */
  readonly workloads: readonly Workload[];
  readonly onFrame?: (frame: CapturedFrame) => void;
}

export class SeededRun {
  readonly engine: SeededEngine;
  readonly guests: readonly BuiltGuest[];
  readonly nics: readonly BuiltNic[];
  readonly arbiters: BuiltArbiters;
  readonly wire: BuiltWire;
  readonly layout: HostLayout;
  readonly #scenario: Scenario;
  readonly #dead = new Map<string, string>();

  constructor(scenario: Scenario, { scheduler, workloads, onFrame }: SeededOptions) {
    this.#scenario = scenario;
    this.engine = new SeededEngine(scheduler);
    this.layout = layOutHost(scenario);
    fillMemory(this.layout, scenario.seed);
    const { engine, layout } = this;
    this.guests = scenario.guests.map(({ id }) => {
      const ports = engine.portsFor(guestAddress(id));
      return buildGuest({ scenario, layout, guest: id, workload: workloads[id] as Workload, ports, onFrame });
    });
    this.nics = scenario.cards.map(({ id }) =>
      buildNic({ scenario, layout, card: id, ports: engine.portsFor(nicAddress(id)), onFrame }),
    );
    this.arbiters = buildArbiters(scenario, layout, (address) => engine.portsFor(address));
    this.wire = buildWire(scenario, engine.portsFor(WIRE));
    const parts = [...this.guests, ...this.nics].map(({ actor }) => actor);
    for (const actor of [...parts, ...this.arbiters.actors, ...this.wire.actors]) engine.add(actor);
    this.wire.begin();
    this.arbiters.begin();
  }

  /** Moves until the scenario's duration is over or `done`; false when `limit` moves were not enough. */
  run(limit: number, done: () => boolean = () => false): boolean {
    return this.engine.runUntil(() => this.engine.nowNs >= this.#scenario.durationNs || done(), limit);
  }

  /** The guest's worker dies in the middle of whatever it does. */
  crashGuest(guest: GuestId, why: string): void {
    const card = this.#scenario.guests[guest]?.card;
    if (card === undefined || this.#dead.has(workerOf(guestAddress(guest)))) return;
    this.#dead.set(workerOf(guestAddress(guest)), why);
    this.engine.remove(guestAddress(guest));
    this.engine.inject(guestAddress(guest), arbiterAddress(card), { type: "ended" });
  }

  /** `final`: memory is compared too. */
  report(final: boolean): RunReport {
    const counters = { sleeps: 0, notifies: 0 };
    const snapshots = {
      guests: this.guests.map((guest) => ({ part: guest.snapshot(), ...counters })),
      nics: this.nics.map((nic) => ({ part: nic.snapshot(), ...counters })),
      arbiter: { part: this.arbiters.snapshot(this.engine.nowNs), ...counters },
      wire: { part: this.wire.snapshot(), ...counters },
      failures: this.#dead,
    };
    return {
      ...composeReport(this.#scenario, this.layout, snapshots, this.engine.nowNs, final),
      engine: "seeded",
    };
  }
}
