/** A scenario on the seeded engine: all its actors, built as on threads, and one report of them. */
import type { CardId, GuestId } from "../base/ids.ts";
import type { Devices } from "../devices/catalogue.ts";
import { type Address, arbiterAddress, guestAddress, nicAddress } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { BuiltArbiters } from "./arbiter-worker.ts";
import { actorsOf, buildCast, type Cast } from "./build.ts";
import { hashOfCast, reportOfCast } from "./cast-report.ts";
import type { BuiltGuest } from "./guest-worker.ts";
import { fillMemory, type HostLayout, layOutHost } from "./layout.ts";
import type { Loaded } from "./loaded.ts";
import type { BuiltNic } from "./nic-worker.ts";
import type { RunReport } from "./report.ts";
import type { Scheduler } from "./scheduler.ts";
import { SeededEngine } from "./seeded.ts";
import type { Taps } from "./taps.ts";
import type { WatchedRun } from "./watched-run.ts";
import type { BuiltWire } from "./wire-worker.ts";
import { workerOf } from "./wiring.ts";

export interface SeededOptions extends Taps, Loaded {
  readonly scheduler: Scheduler;
}

export class SeededRun implements WatchedRun {
  readonly scenario: Scenario;
  readonly engine: SeededEngine;
  readonly layout: HostLayout;
  readonly #cast: Cast;
  readonly #dead = new Map<string, string>();
  #begun = false;

  constructor(scenario: Scenario, { scheduler, workloads, devices, ...taps }: SeededOptions) {
    this.scenario = scenario;
    this.engine = new SeededEngine(scheduler, scenario.costs);
    this.layout = layOutHost(scenario);
    fillMemory(this.layout, scenario.seed);
    const portsFor = (address: Address) => this.engine.portsFor(address);
    this.#cast = buildCast(scenario, this.layout, { workloads, devices }, portsFor, taps);
    for (const actor of actorsOf(this.#cast)) this.engine.add(actor);
  }

  get devices(): Devices {
    return this.#cast.devices;
  }

  get guests(): readonly BuiltGuest[] {
    return this.#cast.guests;
  }

  get nics(): readonly BuiltNic[] {
    return this.#cast.nics;
  }

  get arbiters(): BuiltArbiters {
    return this.#cast.arbiters;
  }

  get wire(): BuiltWire {
    return this.#cast.wire;
  }

  /** Starts the actors; `run` does it when nobody has. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#cast.wire.begin();
    this.#cast.arbiters.begin();
  }

  /** Moves until the scenario's duration is over or `done`; false when `limit` moves were not enough. */
  run(limit: number, done: () => boolean = () => false): boolean {
    this.begin();
    return this.engine.runUntil(() => this.engine.nowNs >= this.scenario.durationNs || done(), limit);
  }

  /** The guest's worker dies in the middle of whatever it does. */
  crashGuest(guest: GuestId, why: string): void {
    const card = this.scenario.guests[guest]?.card;
    if (card === undefined || !this.#kill(guestAddress(guest), why)) return;
    this.engine.inject(guestAddress(guest), arbiterAddress(card), { type: "ended" });
  }

  /** The card's worker dies. */
  loseCard(card: CardId, why: string): void {
    if (!this.#kill(nicAddress(card), why)) return;
    this.engine.inject(nicAddress(card), arbiterAddress(card), { type: "cardLost" });
  }

  /** Why an actor's worker died; undefined while it lives. */
  deathOf(address: Address): string | undefined {
    return this.#dead.get(workerOf(address));
  }

  /** `final`: memory is compared too. */
  report(final: boolean): RunReport {
    const { scenario, layout, engine } = this;
    return reportOfCast(this.#cast, { scenario, layout, nowNs: engine.nowNs, failures: this.#dead, final });
  }

  /** Of the state now: what every actor counts and holds, and all of memory. */
  stateHash(): string {
    return hashOfCast(this.#cast, this.layout);
  }

  #kill(address: Address, why: string): boolean {
    if (this.#dead.has(workerOf(address))) return false;
    this.#dead.set(workerOf(address), why);
    this.engine.remove(address);
    return true;
  }
}
