/**
 * The same search on several threads: level by level, each thread the states that are its own. It comes to the same counts
 * and the same verdict as on one, since which states there are depends on nobody's numbers for them.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { packageRoot } from "../../engine/root.ts";
import { beginnings } from "../beginnings.ts";
import type { Bounds } from "../bodies/contract.ts";
import { Canonical } from "../canonical.ts";
import { type Counterexample, type Exploration, goWrong } from "../explorer.ts";
import { Handoff, type Parts, REAL_PARTS } from "../handoff.ts";
import { Pieces } from "../pieces.ts";
import { Way } from "../trace.ts";
import type { FromShard, ShardBrief, StateName, ToShard } from "./protocol.ts";
import { fromWords } from "./words.ts";

export interface ParallelOptions {
  readonly jobs: number;
  readonly memoryBytes: number;
  readonly reduce: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onLevel?: ((states: number, depth: number) => void) | undefined;
  /** What is explored, and the file of a worker with the same inside; those that ship unless told. */
  readonly parts?: Parts;
  readonly worker?: string;
}

export interface ParallelExploration {
  readonly exploration: Exploration;
  readonly coverage: readonly string[];
  /** It was stopped before it came to an end. */
  readonly stopped: boolean;
}

type Level = Extract<FromShard, { readonly type: "level" }>;

export async function exploreInParallel(
  bounds: Bounds,
  options: ParallelOptions,
): Promise<ParallelExploration> {
  const shards = open(bounds, options);
  const { signal } = options;
  const stop = new Promise<"stopped">((resolve) =>
    signal?.addEventListener("abort", () => resolve("stopped")),
  );
  try {
    let levels: readonly Level[] = [];
    for (let depth = 0; ; depth++) {
      const next = signal?.aborted
        ? "stopped"
        : await Promise.race([
            stop,
            Promise.all(shards.map((shard) => shard.ask<Level>({ type: "expand" }))),
          ]);
      if (next === "stopped")
        return { exploration: resultOf("inconclusive", levels, depth), coverage: [], stopped: true };
      levels = next;
      options.onLevel?.(sum(levels.map(({ states }) => states)), depth);
      const broken = levels.find((level) => level.broken !== undefined)?.broken;
      const full = levels.some((level) => level.full);
      if (broken === undefined && !full && levels.some(({ waiting }) => waiting > 0)) continue;
      const counterexample =
        broken && (await counterexampleOf(bounds, options.parts ?? REAL_PARTS, shards, broken));
      const verdict = broken !== undefined ? "violated" : full ? "inconclusive" : "holds";
      const coverage = await Promise.all(shards.map((shard) => shard.ask<Coverage>({ type: "end" })));
      const exploration = resultOf(verdict, levels, depth, counterexample);
      return { exploration, coverage: coverage.flatMap(({ pairs }) => pairs), stopped: false };
    }
  } finally {
    await Promise.all(shards.map((shard) => shard.close()));
  }
}

type Coverage = Extract<FromShard, { readonly type: "coverage" }>;

interface Remote {
  ask<Answer extends FromShard>(message: ToShard): Promise<Answer>;
  close(): Promise<number>;
}

function open(bounds: Bounds, { jobs, memoryBytes, reduce, worker }: ParallelOptions): readonly Remote[] {
  const ports: (MessagePort | undefined)[][] = Array.from({ length: jobs }, () => []);
  for (let a = 0; a < jobs; a++) {
    for (let b = a + 1; b < jobs; b++) {
      const { port1, port2 } = new MessageChannel();
      (ports[a] ?? [])[b] = port1;
      (ports[b] ?? [])[a] = port2;
    }
  }
  return ports.map((own, index) => {
    const complete = Array.from({ length: jobs }, (_, i) => own[i]);
    const brief: ShardBrief = {
      ...{ bounds, reduce, index, workers: jobs, ports: complete },
      memoryBytes: memoryBytes / jobs,
    };
    return remote(worker ?? `${packageRoot()}/dist/workers/check.js`, brief);
  });
}

function remote(file: string, brief: ShardBrief): Remote {
  const transferList = brief.ports.filter((port) => port !== undefined);
  const thread = new Worker(file, { workerData: brief, transferList });
  let waiting: { resolve: (answer: never) => void; reject: (error: unknown) => void } | undefined;
  thread.on("message", (answer: FromShard) => waiting?.resolve(answer as never));
  thread.on("error", (error) => waiting?.reject(error));
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        thread.postMessage(message);
      }),
    close: () => thread.terminate(),
  };
}

async function counterexampleOf(
  bounds: Bounds,
  parts: Parts,
  shards: readonly Remote[],
  { at, deadlock, property, what }: NonNullable<Level["broken"]>,
): Promise<Counterexample> {
  for (const chart of Object.values(parts.charts)) chart.learn();
  const system = new Handoff(bounds, parts);
  const pieces = new Pieces(system);
  const canonical = new Canonical(system, pieces);
  const wanted: Int32Array[] = [];
  for (let name: StateName = at; name.index >= 0; ) {
    const shard = shards[name.worker];
    if (shard === undefined) break;
    const { words, parent } = await shard.ask<Extract<FromShard, { readonly type: "state" }>>({
      type: "describe",
      index: name.index,
    });
    wanted.unshift(canonical.of(fromWords(system, words)));
    name = parent;
  }
  const first = beginnings(system).find((words) => canonical.of(words).join() === wanted[0]?.join());
  const way = new Way(system, pieces, canonical, first);
  for (const state of wanted.slice(1)) way.goTo(state);
  if (!deadlock) goWrong(system, way);
  return { property, what, trace: way.steps };
}

function resultOf(
  verdict: Exploration["verdict"],
  levels: readonly Level[],
  depth: number,
  counterexample?: Counterexample,
): Exploration {
  return {
    verdict,
    states: sum(levels.map(({ states }) => states)),
    transitions: sum(levels.map(({ transitions }) => transitions)),
    depth,
    memoryBytes: sum(levels.map(({ memoryBytes }) => memoryBytes)),
    unexplored: sum(levels.map(({ waiting }) => waiting)),
    counterexample,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
