/**
 * A campaign: rounds of operations, each against a fresh target, until so many are done or one breaks something. Round r
 * of seed s is the first round of seed s + r, so a failure is one round away from its own seed.
 */
import { Prng } from "../base/prng.ts";
import { DmmTarget, GUEST_BYTES } from "./dmm-target.ts";
import { ne2000Profile } from "./ne2000.ts";
import { type FuzzOp, literalOf } from "./operation.ts";
import { type Level, OperationStream } from "./operation-stream.ts";
import type { CardProfile, FuzzedCard } from "./profile.ts";
import { rtl8139Profile } from "./rtl8139.ts";
import { shrink } from "./shrink.ts";
import { SILICON_MEMORY_BYTES, SiliconTarget } from "./silicon-target.ts";
import { addTally, emptyTally, type Tally, type Target } from "./target.ts";
import { endsWithin } from "./time-limit.ts";

export type { Level } from "./operation-stream.ts";

/** What is attacked, and where. */
export interface Front {
  readonly profile: CardProfile;
  readonly level: Level;
}

export interface Failure {
  /** The seed whose first round this is. */
  readonly seed: number;
  readonly message: string;
  /** The shortest sequence found that fails; every operation in it is needed. */
  readonly sequence: readonly FuzzOp[];
}

/** How a campaign stands. */
export interface Campaign {
  readonly card: FuzzedCard;
  readonly level: Level;
  readonly seed: number;
  readonly operations: number;
  readonly tally: Tally;
  readonly failure: Failure | undefined;
}

/** Operations of a round: enough to bring a card into any state, few enough to shrink. */
export const ROUND_OPERATIONS = 4000;
/** A round takes some milliseconds: one that takes so long is in an endless loop. While shrinking, less must do. */
const ROUND_LIMIT_MS = 10_000;
const SHRINK_LIMIT_MS = 1000;

export const PROFILES: Readonly<Record<FuzzedCard, CardProfile>> = {
  rtl8139: rtl8139Profile,
  ne2000: ne2000Profile,
};
const LEVELS: Readonly<
  Record<Level, { readonly memoryBytes: number; readonly make: (profile: CardProfile) => Target }>
> = {
  silicon: { memoryBytes: SILICON_MEMORY_BYTES, make: (profile) => new SiliconTarget(profile) },
  dmm: { memoryBytes: GUEST_BYTES, make: (profile) => new DmmTarget(profile) },
};

/** The first `count` operations of the round that belongs to `seed`. */
export function operationsOf({ profile, level }: Front, seed: number, count: number): readonly FuzzOp[] {
  const { memoryBytes } = LEVELS[level];
  const stream = new OperationStream(new Prng(seed), profile, level, { memoryBytes });
  return Array.from({ length: count }, () => stream.next());
}

/** Runs a sequence against a fresh target. Answers what it breaks, undefined when nothing. */
export function replay(
  front: Front,
  sequence: readonly FuzzOp[],
  limitMs: number = ROUND_LIMIT_MS,
): string | undefined {
  return attack(front, sequence, limitMs).broken?.message;
}

interface Outcome {
  readonly tally: Tally;
  /** `done`: operations before the one that broke something; all of them when it was the end of the round. */
  readonly broken: { readonly message: string; readonly done: number } | undefined;
}

function attack({ profile, level }: Front, sequence: readonly FuzzOp[], limitMs: number): Outcome {
  let done = 0;
  let target: Target | undefined;
  const run = (): void => {
    target = LEVELS[level].make(profile);
    for (const op of sequence) {
      target.apply(op);
      done++;
    }
    target.finish();
  };
  let message: string | undefined;
  try {
    if (!endsWithin(limitMs, run)) message = `an operation does not end within ${limitMs} ms`;
  } catch (error) {
    message = error instanceof Error && error.name === "Broken" ? error.message : String(error);
  }
  const tally = target?.tally ?? emptyTally();
  return { tally, broken: message === undefined ? undefined : { message, done } };
}

/** Yields after each round how the campaign stands, at last with what it has found. */
export function* campaign(front: Front, seed: number, operations: number): Generator<Campaign, void, void> {
  const tally = emptyTally();
  let done = 0;
  for (let round = 0; done < operations; round++) {
    const roundSeed = (seed + round) >>> 0;
    const sequence = operationsOf(front, roundSeed, Math.min(ROUND_OPERATIONS, operations - done));
    const outcome = attack(front, sequence, ROUND_LIMIT_MS);
    addTally(tally, outcome.tally);
    done += outcome.broken?.done ?? sequence.length;
    const failure = outcome.broken && explain(front, roundSeed, sequence.slice(0, outcome.broken.done + 1));
    yield { card: front.profile.card, level: front.level, seed, operations: done, tally, failure };
    if (failure !== undefined) return;
  }
}

function explain(front: Front, seed: number, sequence: readonly FuzzOp[]): Failure {
  const shortest = shrink(sequence, (candidate) => replay(front, candidate, SHRINK_LIMIT_MS) !== undefined);
  const message = replay(front, shortest, SHRINK_LIMIT_MS) ?? "the failure does not repeat itself";
  return { seed, message, sequence: shortest };
}

/** A failure as a test that can be pasted into test/fuzz/regressions.test.ts. */
export function testOf(
  { card, level }: Pick<Campaign, "card" | "level">,
  { seed, message, sequence }: Failure,
): string {
  const lines = sequence.map((op) => `    ${literalOf(op)},`);
  return [
    `it(${JSON.stringify(`${card}, ${level}, seed ${seed}: ${message}`)}, () => {`,
    `  const broken = replay({ profile: PROFILES.${card}, level: "${level}" }, [`,
    ...lines,
    "  ]);",
    "  expect(broken).toBeUndefined();",
    "});",
  ].join("\n");
}
