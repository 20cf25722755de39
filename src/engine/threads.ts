/**
 * The threads engine: one worker for each guest, one for each NIC, one for the arbiters, one for the wire, one for each
 * uplink. This is its supervisor, on the main thread: it lays memory and rings out, starts and stops the workers, and
 * speaks for those that die.
 */
import { setTimeout as delay } from "node:timers/promises";
import { VpioError } from "../base/errors.ts";
import { guestId } from "../base/ids.ts";
import { NS_PER_MS } from "../base/units.ts";
import {
  type Address,
  arbiterAddress,
  guestAddress,
  nicAddress,
  uplinkAddress,
} from "../protocol/address.ts";
import type { Guest, Scenario } from "../scenario/scenario.ts";
import type { ArbiterSnapshot } from "./arbiter-worker.ts";
import { monotonicNs } from "./clock.ts";
import { composeReport, type RunSnapshots } from "./compose-report.ts";
import type { WorkerBrief, WorkerPart, WorkerSnapshot } from "./control.ts";
import { briefOf, type FaultsBrief, FaultTally } from "./fault-tally.ts";
import type { GuestSnapshot } from "./guest-worker.ts";
import { speakForTheDead } from "./last-words.ts";
import { fillMemory, type HostLayout, layOutHost } from "./layout.ts";
import { checkDevices } from "./loaded.ts";
import type { NicSnapshot } from "./nic-worker.ts";
import { bundlePlugins } from "./plugin-bundle.ts";
import { devicesOf, type PluginCode } from "./plugin-device.ts";
import type { ActorLog } from "./recording.ts";
import type {
  CapturedFrame,
  FaultsReport,
  RunOptions,
  RunOutcome,
  RunRecording,
  RunReport,
} from "./report.ts";
import { StandstillWatch } from "./standstill.ts";
import { stateHash } from "./state-hash.ts";
import { SupervisedWorker } from "./supervised-worker.ts";
import type { UplinkSnapshot } from "./uplink-worker.ts";
import type { WireSnapshot } from "./wire-worker.ts";
import { type Wiring, wireUp, workerOf } from "./wiring.ts";

/** How often the state of things is asked for. */
const PROGRESS_MS = 250;
/** After the guests have stopped, frames under way get this long to arrive. */
const SETTLE_MS = 20;
const SETTLE_ROUNDS = 25;

/**
 * Runs a scenario for its duration, or until every workload that has an end has come to it. Throws an INTERNAL error when
 * a part dies without which nothing can go on (the arbiters' worker, the wire's), a CAPTURE, PROGRAM or
 * PLUGIN error when a file that the scenario names cannot be used.
 */
export async function runOnThreads(scenario: Scenario, options: RunOptions = {}): Promise<RunOutcome> {
  const plugins = await bundlePlugins(scenario.plugins);
  checkDevices(scenario, devicesOf(plugins));
  const run = new ThreadsRun(scenario, options, plugins);
  try {
    return await run.run();
  } finally {
    await run.terminate();
  }
}

/** A run that tests can reach into. */
export class ThreadsRun {
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #plugins: readonly PluginCode[];
  #layout: HostLayout;
  readonly #wiring: Wiring;
  readonly #faults: FaultsBrief | undefined;
  readonly #guests: readonly SupervisedWorker<GuestSnapshot>[];
  /** Empty, and undefined, until all of the guests' memory is known. */
  #nics: readonly SupervisedWorker<NicSnapshot>[] = [];
  #arbiter: SupervisedWorker<ArbiterSnapshot> | undefined;
  readonly #wire: SupervisedWorker<WireSnapshot>;
  readonly #uplinks: readonly SupervisedWorker<UplinkSnapshot>[];
  readonly #frames: CapturedFrame[] = [];
  #fatal: Error | undefined;
  #beganNs = 0n;
  #elapsedNs = 0;
  readonly #standstills = new StandstillWatch();
  #lateNs = 0;

  constructor(scenario: Scenario, options: RunOptions = {}, plugins: readonly PluginCode[] = []) {
    this.#scenario = scenario;
    this.#options = options;
    this.#plugins = plugins;
    this.#layout = layOutHost(scenario);
    this.#wiring = wireUp(scenario);
    this.#faults = options.faults && briefOf(options.faults);
    fillMemory(this.#layout, scenario.seed);
    this.#wire = this.#spawn("wire", { kind: "wire" }, this.#isFatal);
    this.#uplinks = scenario.wire.uplinks.map(({ id }) =>
      this.#spawn(workerOf(uplinkAddress(id)), { kind: "uplink", uplink: id }, this.#isFatal),
    );
    this.#guests = scenario.guests.map(({ id, card }) =>
      this.#spawn(workerOf(guestAddress(id)), { kind: "guest", guest: id }, () =>
        speakForTheDead(this.#wiring, guestAddress(id), arbiterAddress(card), { type: "ended" }),
      ),
    );
    if (this.#layout.pageLogs.size === 0) this.#spawnTheCards();
  }

  /** Kills the worker of a guest, as a crash would: for tests. */
  async killGuest(guest: Guest["id"]): Promise<void> {
    await this.#guests[guest]?.kill();
  }

  /** Kills the worker of a card. */
  async killCard(card: number): Promise<void> {
    await this.#nics[card]?.kill();
  }

  async run(): Promise<RunOutcome> {
    const startedAt = await this.#start();
    for (let report = await this.#report(false); !this.#isOver(report); report = await this.#report(false)) {
      this.#options.onProgress?.(report);
      await this.#pause(PROGRESS_MS);
    }
    await this.#settle();
    const report = await this.#report(true);
    if (this.#fatal !== undefined) throw internal(this.#fatal);
    const frames = this.#frames.toSorted((a, b) => a.timestampNs - b.timestampNs);
    return { report, frames, startedAt, recording: await this.#recording() };
  }

  async terminate(): Promise<void> {
    // Until now they have held on, so that the report says how they were. Whatever has happened, they let go.
    await Promise.all(this.#uplinks.map((uplink) => uplink.stop()));
    await Promise.all(this.#all().map((worker) => worker.terminate()));
  }

  async #start(): Promise<bigint> {
    // What is not to be had outside is said before the guests take their time.
    await allBuilt(this.#uplinks);
    if (this.#arbiter === undefined) {
      await allBuilt(this.#guests);
      this.#spawnTheCards();
    }
    await allBuilt(this.#all());
    this.#beganNs = monotonicNs();
    const startedAt = BigInt(Date.now()) * BigInt(NS_PER_MS);
    for (const worker of this.#all()) await worker.start(this.#beganNs);
    this.#options.onConsoles?.((guest, bytes) => void this.#guests[guest]?.type(bytes));
    return startedAt;
  }

  /** Who reaches into the guests' memory. Linux guests make their own: there it must be known before. */
  #spawnTheCards(): void {
    const own = this.#guests.flatMap(({ memory }, id) =>
      memory === undefined ? [] : [[guestId(id), memory] as const],
    );
    this.#layout = { ...this.#layout, own: new Map(own) };
    this.#arbiter = this.#spawn("arbiter", { kind: "arbiter" }, this.#isFatal);
    this.#nics = this.#scenario.cards.map(({ id }) =>
      this.#spawn(workerOf(nicAddress(id)), { kind: "nic", card: id }, () =>
        speakForTheDead(this.#wiring, nicAddress(id), arbiterAddress(id), { type: "cardLost" }),
      ),
    );
  }

  readonly #isFatal = (error: Error): void => {
    this.#fatal ??= error;
  };

  #isOver(report: RunReport): boolean {
    if (this.#fatal !== undefined || this.#options.signal?.aborted) return true;
    if (report.elapsedNs >= this.#scenario.durationNs) return true;
    return report.guests.every(
      ({ state, software }) => state.kind !== "running" || software?.workload.finished === true,
    );
  }

  /** Waits; less when the run's duration ends earlier, or when it is aborted. */
  async #pause(ms: number): Promise<void> {
    const leftMs = Math.max(0, (this.#scenario.durationNs - this.#sinceBeginNs()) / NS_PER_MS);
    const { signal } = this.#options;
    const dueNs = this.#sinceBeginNs() + Math.min(ms, leftMs) * NS_PER_MS;
    const waited = delay(Math.min(ms, leftMs), undefined, signal === undefined ? {} : { signal });
    await waited.catch((error) => {
      if (signal?.aborted !== true) throw error;
    });
    this.#isLate(dueNs);
  }

  /** It is now, and could have been then. */
  #isLate(dueNs: number): void {
    this.#lateNs = Math.max(this.#lateNs, this.#sinceBeginNs() - dueNs);
  }

  /** Hushes the peers, stops the guests; then waits until cards and wire have nothing under way. */
  async #settle(): Promise<void> {
    this.#elapsedNs = this.#sinceBeginNs();
    await this.#wire.hush();
    await delay(SETTLE_MS);
    await Promise.all(this.#guests.map((guest) => guest.stop()));
    await Promise.all(this.#uplinks.map((uplink) => uplink.hush()));
    let before = "";
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      await delay(SETTLE_MS);
      const nics = await Promise.all(this.#nics.map(async (nic) => (await nic.snapshot())?.part));
      const wire = (await this.#wire.snapshot())?.part;
      const now = JSON.stringify([nics, wire], (_, value) => (value instanceof Map ? [...value] : value));
      if (now === before) break;
      before = now;
    }
    await Promise.all(this.#inside().map((worker) => worker.stop()));
  }

  async #report(final: boolean): Promise<RunReport> {
    if (this.#options.capture) {
      for (const worker of [...this.#guests, ...this.#nics])
        this.#frames.push(...(await worker.takeFrames()));
    }
    const askedNs = this.#sinceBeginNs();
    const guests = await Promise.all(this.#guests.map((guest) => guest.snapshot()));
    // Guests that have been stopped wait for nobody.
    if (!final) {
      this.#isLate(askedNs);
      this.#standstills.look(guests.map(partOf), askedNs, this.#sinceBeginNs());
    }
    const snapshots: RunSnapshots = {
      guests,
      standstills: this.#standstills,
      lateNs: this.#lateNs,
      nics: await Promise.all(this.#nics.map((nic) => nic.snapshot())),
      arbiter: await this.#arbiter?.snapshot(),
      wire: await this.#wire.snapshot(),
      uplinks: await Promise.all(this.#uplinks.map((uplink) => uplink.snapshot())),
      failures: new Map(this.#all().map((worker) => [worker.name, worker.failure?.message])),
      unheard: this.#namesOf(({ isUnheard }) => isUnheard),
      ...(this.#faults !== undefined && { faults: this.#faultsReport(this.#faults) }),
    };
    const elapsedNs = final ? this.#elapsedNs : this.#sinceBeginNs();
    return composeReport(this.#scenario, this.#layout, snapshots, elapsedNs, final);
  }

  #faultsReport(brief: FaultsBrief): FaultsReport {
    const killed = this.#namesOf(({ fault }) => fault !== undefined);
    return { counts: new FaultTally(brief).counts, killed: [...killed] };
  }

  #namesOf(which: (worker: SupervisedWorker<unknown>) => boolean): ReadonlySet<string> {
    return new Set(
      this.#all()
        .filter(which)
        .map(({ name }) => name),
    );
  }

  /** What all workers have recorded, once they have stopped. */
  async #recording(): Promise<RunRecording | undefined> {
    if (this.#options.record !== true) return undefined;
    const logs = new Map<Address, ActorLog>();
    for (const worker of this.#all()) {
      const taken = await worker.takeLogs();
      if (taken === undefined) return undefined;
      for (const [address, log] of taken) logs.set(address, log);
    }
    const part = async <Part>(worker: SupervisedWorker<Part>): Promise<Part | undefined> =>
      (await worker.snapshot())?.part;
    const finalHash = stateHash({
      guests: await Promise.all(this.#guests.map(part)),
      nics: await Promise.all(this.#nics.map(part)),
      arbiter: this.#arbiter && (await part(this.#arbiter)),
      wire: await part(this.#wire),
      memory: this.#layout.memory,
    });
    return { capture: this.#options.capture === true, logs, finalHash };
  }

  #sinceBeginNs(): number {
    return Number(monotonicNs() - this.#beganNs);
  }

  #spawn<Part>(name: string, part: WorkerPart, onFailure: (error: Error) => void): SupervisedWorker<Part> {
    const brief: WorkerBrief = {
      part,
      scenario: this.#scenario,
      plugins: this.#plugins,
      layout: this.#layout,
      wiring: this.#wiring,
      capture: this.#options.capture === true,
      record: this.#options.record === true,
      faults: this.#faults,
    };
    const onConsole = (bytes: Uint8Array): void => {
      if (part.kind === "guest") this.#options.onConsole?.(part.guest, bytes);
    };
    const patienceMs = part.kind === "guest" ? patienceWith(this.#scenario, part.guest) : 0;
    return new SupervisedWorker<Part>({ name, brief, onFailure, onConsole, patienceMs });
  }

  #all(): readonly SupervisedWorker<unknown>[] {
    return [...this.#inside(), ...this.#uplinks];
  }

  /** Those with nothing outside. */
  #inside(): readonly SupervisedWorker<unknown>[] {
    const arbiter = this.#arbiter === undefined ? [] : [this.#arbiter];
    return [this.#wire, ...this.#nics, ...arbiter, ...this.#guests];
  }
}

/**
 * How long a guest may be deaf because it waits for its card: Linux waits in the middle of an instruction, until each of the
 * others has had the card for as long as the VMM lets it.
 */
function patienceWith({ guests, cards }: Scenario, id: Guest["id"]): number {
  const guest = guests[id];
  const card = guest && cards[guest.card];
  if (card === undefined || guest?.workload.kind !== "linux") return 0;
  const others = guests.filter((other) => other.card === card.id).length - 1;
  return (others * (card.watchdogNs + card.revokeNs)) / NS_PER_MS;
}

/** Waits for all of them; throws what has kept one from being built. */
async function allBuilt(workers: readonly SupervisedWorker<unknown>[]): Promise<void> {
  const ready = await Promise.all(workers.map(async (worker) => [worker, await worker.ready()] as const));
  const failed = ready.find(([, built]) => !built)?.[0];
  if (failed !== undefined) throw failed.failure ?? internal(new Error(`${failed.name} was not built`));
}

const partOf = <Part>(snapshot: WorkerSnapshot<Part> | undefined): Part | undefined => snapshot?.part;

function internal(error: Error): Error {
  return error instanceof VpioError ? error : new VpioError("INTERNAL", error.message);
}
