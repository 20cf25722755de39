/** Campaigns of a made-up kind: their seeds are not run, and fail where they are told to. */
import type { Violation } from "../../../src/stress/oracles/oracle.ts";
import type { RedisLink } from "../../../src/stress/queue/redis.ts";
import type { RangeExecutor, Served, ServeNews, ServeOptions } from "../../../src/stress/queue/serve.ts";
import { serveQueue } from "../../../src/stress/queue/serve.ts";
import type { CampaignSpec } from "../../../src/stress/queue/spec.ts";
import { EMPTY_TALLY, type SeedRange, type StressTally } from "../../../src/stress/range.ts";
import { duel } from "../support.ts";

export const BUILD = "0.0.0-test";

/** Each hundred of seeds violates a property of its own. */
const violationOf = (seed: number): Violation => ({
  property: ([1, 2, 3, 4, 5] as const)[Math.floor(seed / 100) % 5] ?? 1,
  oracle: "made up",
  incident: { what: `seed ${seed} is bad`, atNs: 0, move: 1 },
  because: undefined,
});

/** What a range finds in which each seed makes as many moves as it is called, and those of `bad` fail. */
export function foundIn({ first, count }: SeedRange, bad: readonly number[] = []): StressTally {
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const failures = seeds
    .filter((seed) => bad.includes(seed))
    .map((seed) => ({ seed, violation: violationOf(seed), moves: seed }));
  const moves = seeds.reduce((sum, seed) => sum + seed, 0);
  return { ...EMPTY_TALLY, seeds: count, moves, failures };
}

export const specFor = (seeds: SeedRange, rangeSeeds: number, bail = false): CampaignSpec => ({
  parts: [
    {
      source: { file: "duel.yaml", text: duel("rtl8139"), overrides: {} },
      brief: {
        scheduler: { kind: "random", depth: 3 },
        faults: [],
        maxMoves: 100_000,
        expectedMoves: 5000,
        twice: false,
        bail,
      },
    },
  ],
  seeds,
  rangeSeeds,
  attempts: 10,
});

/** Finds at once what there is to find. */
export const finder = (bad: readonly number[] = []): RangeExecutor => ({
  run: async (_spec, range) => foundIn(range, bad),
  shrink: async (_spec, seed) => `replay of ${seed}`,
});

/** A finder that stops at the range with `seed` until it is let go; then that one is as good as any other. */
export class Holder implements RangeExecutor {
  readonly #seed: number;
  readonly #inner: RangeExecutor;
  readonly held: Promise<void>;
  /** It was told to drop the range that it held. */
  dropped = false;
  #holds: () => void = () => undefined;
  #letGo: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => {
    this.#letGo = resolve;
  });

  constructor(seed: number, inner: RangeExecutor = finder()) {
    this.#seed = seed;
    this.#inner = inner;
    this.held = new Promise((resolve) => {
      this.#holds = resolve;
    });
  }

  letGo(): void {
    this.#letGo();
  }

  async run(spec: CampaignSpec, range: SeedRange, signal: AbortSignal): Promise<StressTally> {
    if (this.#seed >= range.first && this.#seed < range.first + range.count) {
      this.#holds();
      await Promise.race([this.#gate, aborted(signal)]);
      if (signal.aborted) {
        this.dropped = true;
        throw new Error("dropped");
      }
    }
    return this.#inner.run(spec, range, signal);
  }

  shrink(spec: CampaignSpec, seed: number, signal: AbortSignal): Promise<string | undefined> {
    return this.#inner.shrink(spec, seed, signal);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

export interface TestWorker {
  readonly news: readonly ServeNews[];
  readonly ended: Promise<Served>;
  stop(): void;
}

/** A worker in this process. */
export function worker(
  link: RedisLink,
  executor: RangeExecutor,
  options: Partial<ServeOptions> = {},
): TestWorker {
  const controller = new AbortController();
  const news: ServeNews[] = [];
  const ended = serveQueue({
    link,
    build: BUILD,
    name: "alpha",
    jobs: 1,
    executor,
    until: "stopped",
    signal: controller.signal,
    lockMs: 500,
    beatMs: 50,
    onNews: (one) => news.push(one),
    ...options,
  });
  // Whoever waits for it is told.
  ended.catch(() => undefined);
  return { news, ended, stop: () => controller.abort() };
}

/** Asks again and again; the test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
