/**
 * Schedules per second: the toy of toy.ts on the seeded engine and under fast-check's scheduler, in the same run and with
 * the same number of messages in each schedule; and a whole scenario under all oracles. `node dist/bench/schedulers.js`.
 */

import { NS_PER_MS, NS_PER_S } from "../src/base/units.ts";
import { BUILT_IN } from "../src/devices/catalogue.ts";
import { packageRoot } from "../src/engine/root.ts";
import type { Scheduler } from "../src/engine/scheduler.ts";
import { SeededEngine } from "../src/engine/seeded.ts";
import type { Actor, Ports } from "../src/machine/actor.ts";
import type { Address } from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import { loadScenario } from "../src/scenario/load.ts";
import { runRange, type SeedRange } from "../src/stress/range.ts";
import { randomWalk } from "../src/stress/schedulers/random-walk.ts";
import type { Workload } from "../src/workloads/catalogue.ts";
import { messagesOf, type Sent, Toy, type ToyDefect, type ToyShape } from "./toy.ts";

const SHAPE: ToyShape = { clients: 3, turns: 4 };
const SCENARIO = "duel-rtl8139";
const FAST_CHECK = "fast-check's scheduler";
const WARM_UP_ROUNDS = 4;
const MEASURE_NS = 2 * NS_PER_S;
/** Schedules that one runs before it is the next one's turn. */
const BATCH = 25;
const COSTS = { exitNs: 1, modelNs: 1, ioNs: 1, restoreNs: 1, stepNs: 1 };

type FastCheck = Pick<typeof import("fast-check"), "asyncProperty" | "check" | "scheduler">;

/** The library; undefined where development's packages are not installed. */
export async function fastCheck(): Promise<FastCheck | undefined> {
  try {
    return await import("fast-check");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What schedules did: how many were tried, what they did in all, and the first breach of the toy's invariant. */
export interface Tried {
  readonly schedules: number;
  /** Messages delivered. */
  readonly operations: number;
  readonly breach: string | undefined;
}

/** One actor of the toy, as our engines drive it. */
class ToyActor implements Actor {
  readonly address: Address;
  readonly stateName = "";
  readonly runnable = false;
  readonly #toy: Toy;
  readonly #ports: Ports;

  constructor(address: Address, toy: Toy, ports: Ports) {
    this.address = address;
    this.#toy = toy;
    this.#ports = ports;
  }

  step(): void {}

  deliver(from: Address, message: Message): void {
    for (const { to, message: sent } of this.#toy.deliver({ from, to: this.address, message }))
      this.#ports.send(to, sent);
  }
}

/** Schedules of the toy on the seeded engine, up to the first breach. */
export function onSeededEngine(
  shape: ToyShape,
  seeds: SeedRange,
  defect: ToyDefect = "none",
  schedulerOf: (seed: number) => Scheduler = randomWalk,
): Tried {
  let operations = 0;
  for (let n = 0; n < seeds.count; n++) {
    const toy = new Toy(shape, defect);
    const engine = new SeededEngine(schedulerOf(seeds.first + n), COSTS);
    for (const address of toy.addresses) engine.add(new ToyActor(address, toy, engine.portsFor(address)));
    for (const { from, to, message } of toy.start()) engine.portsFor(from).send(to, message);
    while (engine.move());
    operations += engine.moves;
    if (toy.breach !== undefined) return { schedules: n + 1, operations, breach: toy.breach };
  }
  return { schedules: seeds.count, operations, breach: undefined };
}

/** The same under fast-check's scheduler; what it shrinks to a smaller schedule is not counted. */
export async function onFastCheck(
  fc: FastCheck,
  shape: ToyShape,
  seeds: SeedRange,
  defect: ToyDefect = "none",
): Promise<Tried> {
  let operations = 0;
  let breach: string | undefined;
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const toy = new Toy(shape, defect);
    const put = (sent: Sent): void => {
      void scheduler.schedule(Promise.resolve()).then(() => {
        operations++;
        toy.deliver(sent).forEach(put);
      });
    };
    toy.start().forEach(put);
    await scheduler.waitIdle();
    breach ??= toy.breach;
    return toy.breach === undefined;
  });
  const { numRuns } = await fc.check(property, {
    seed: seeds.first,
    numRuns: seeds.count,
    endOnFailure: true,
  });
  return { schedules: numRuns, operations, breach };
}

export interface ScheduleRow {
  readonly engine: string;
  readonly what: string;
  readonly schedulesPerS: number;
  readonly operationsPerS: number;
  /** Operations per second beside those of the first row. */
  readonly ratio: number;
}

/** What is measured: runs schedules, from the first seed on. */
interface Contender {
  readonly engine: string;
  readonly what: string;
  readonly run: (seeds: SeedRange) => Tried | Promise<Tried>;
}

/** Two rows or three, two seconds each: the toy on our engine, under fast-check where it is installed, a scenario. */
export async function schedulersBench(): Promise<readonly ScheduleRow[]> {
  const toy = `toy, ${messagesOf(SHAPE)} messages`;
  const fc = await fastCheck();
  const contenders: readonly Contender[] = [
    { engine: "seeded engine", what: toy, run: (seeds) => onSeededEngine(SHAPE, seeds) },
    ...(fc === undefined
      ? []
      : [{ engine: FAST_CHECK, what: toy, run: (seeds: SeedRange) => onFastCheck(fc, SHAPE, seeds) }]),
    { engine: "seeded engine", what: `${SCENARIO}, all oracles`, run: onScenario() },
  ];
  const totals = await measure(contenders);
  const first = totals[0]?.operationsPerS ?? Number.NaN;
  return totals.map((total) => ({ ...total, ratio: total.operationsPerS / first }));
}

/** Schedules of a scenario that ships. */
function onScenario(): (seeds: SeedRange) => Tried {
  const scenario = loadScenario(`${packageRoot()}/scenarios/stress/${SCENARIO}.yaml`);
  const loaded = {
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  };
  const brief = {
    scenario,
    scheduler: { kind: "random", depth: 1 },
    faults: [],
    maxMoves: 200_000,
    expectedMoves: 5000,
    twice: false,
    bail: true,
  } as const;
  return (range) => {
    const { seeds, moves, failures } = runRange(brief, loaded, range);
    return { schedules: seeds, operations: moves, breach: failures[0]?.violation.incident.what };
  };
}

/**
 * Lets them run in turns, so that a machine that is busy elsewhere is so for all of them. Throws when a schedule finds
 * anything: what is measured must be right.
 */
async function measure(contenders: readonly Contender[]): Promise<readonly Omit<ScheduleRow, "ratio">[]> {
  const totals = contenders.map(() => ({ seeds: 0, schedules: 0, operations: 0, elapsedNs: 0 }));
  for (let round = 0; totals.some(({ elapsedNs }) => elapsedNs < MEASURE_NS); round++) {
    for (const [i, { run }] of contenders.entries()) {
      const total = totals[i];
      if (total === undefined || total.elapsedNs >= MEASURE_NS) continue;
      const beganMs = performance.now();
      const { schedules, operations, breach } = await run({ first: total.seeds, count: BATCH });
      if (breach !== undefined) throw new Error(`found in a schedule: ${breach}`);
      total.seeds += BATCH;
      if (round < WARM_UP_ROUNDS) continue;
      total.schedules += schedules;
      total.operations += operations;
      total.elapsedNs += (performance.now() - beganMs) * NS_PER_MS;
    }
  }
  return contenders.map(({ engine, what }, i) => {
    const { schedules = 0, operations = 0, elapsedNs = 1 } = totals[i] ?? {};
    const seconds = elapsedNs / NS_PER_S;
    return { engine, what, schedulesPerS: schedules / seconds, operationsPerS: operations / seconds };
  });
}

/** Rows as lines of aligned columns, and what is missing. */
export function schedulersTable(rows: readonly ScheduleRow[]): string {
  const head = ["engine", "what", "schedules/s", "operations/s", "to the first"];
  const body = rows.map(({ engine, what, schedulesPerS, operationsPerS, ratio }) => [
    engine,
    what,
    Math.round(schedulesPerS).toLocaleString("en"),
    Math.round(operationsPerS).toLocaleString("en"),
    `${ratio.toFixed(2)}x`,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const missing = rows.some(({ engine }) => engine === FAST_CHECK)
    ? []
    : ["fast-check is not installed (npm ci without --omit=dev has it): its scheduler is not measured"];
  return [...[head, ...body].map(line), ...missing].join("\n");
}

if (process.argv[1]?.endsWith("/bench/schedulers.js")) console.log(schedulersTable(await schedulersBench()));
