/**
 * A walk at random through the worlds of a card, much longer than any way that can be searched exhaustively:
 * what it finds is a defect, what it does not find it has not shown to be absent. The same seed gives the
 * same walk.
 */
import { invariant } from "../../base/errors.ts";
import { Prng } from "../../base/prng.ts";
import { shrink } from "../../fuzz/shrink.ts";
import { widthMask } from "../../hardware/cpu.ts";
import { access, read, write } from "./accesses.ts";
import { CardUnderModel } from "./card-under-model.ts";
import type { Counterexample } from "./search.ts";
import type { Specimen, Step, World } from "./specimen.ts";
import type { Breach, TakenStep } from "./subject.ts";

export interface WalkOptions {
  readonly steps: number;
  readonly seed: number;
  readonly stopped?: () => boolean;
}

export interface Walked {
  /** Steps taken; fewer than were asked for when something broke. */
  readonly steps: number;
  readonly rounds: number;
  /** The world in which something broke, and a way to it from which no step can be left out. */
  readonly broken: { readonly world: string; readonly counterexample: Counterexample } | undefined;
}

/** What the guest writes to any register. */
const PATTERNS = [0, 0xffff_ffff, 0x5a5a_5a5a, 0x0101_0101, 0x4646_4646];
/** How often the world's own steps are there beside accesses to any register. */
const OWN_SHARE = 4;
/** Steps from the beginning of a world before the next one begins. */
const ROUND_STEPS = 250;
/** Steps that it goes on when there is no card left to compare with. */
const SAFETY_STEPS = 20;
/** The VMM's operations before which something else may happen. */
const OPERATIONS_MAX = 24;

/** Yields the steps taken so far, after each round. */
export function* walking(
  specimen: Specimen,
  { steps, seed, stopped = () => false }: WalkOptions,
): Generator<number, Walked> {
  const prng = new Prng(seed);
  const worlds = specimen.worlds.map((world) => withRegisters(world, specimen));
  let taken = 0;
  let rounds = 0;
  while (taken < steps && !stopped()) {
    const world = prng.pick(worlds);
    const { way, breach } = walkRound(specimen, world, prng, steps - taken);
    taken += way.length;
    rounds++;
    yield taken;
    if (breach === undefined) continue;
    const counterexample = shorten(specimen, world, way, breach);
    return { steps: taken, rounds, broken: { world: world.name, counterexample } };
  }
  return { steps: taken, rounds, broken: undefined };
}

interface Round {
  readonly way: readonly number[];
  /** With its last step, or when one looks. */
  readonly breach: Breach | undefined;
}

function walkRound(specimen: Specimen, world: World, prng: Prng, stepsMax: number): Round {
  const subject = new CardUnderModel(specimen, world);
  const way: number[] = [];
  let left = Math.min(ROUND_STEPS, stepsMax);
  for (; left > 0; left--) {
    const action = subject.chance(prng, OPERATIONS_MAX);
    way.push(action);
    const breach = subject.take(action);
    if (breach !== undefined) return { way, breach };
    if (!subject.compares) left = Math.min(left, SAFETY_STEPS);
  }
  return { way, breach: subject.probe() };
}

/** The guest also reads and writes each of its registers now and then. */
function withRegisters(world: World, { registers }: Specimen): World {
  const reads = registers.map(({ name, port, width }) =>
    access(`the guest reads ${name}`, read(port, width)),
  );
  const writes = registers.flatMap(({ name, port, width }) =>
    PATTERNS.map((pattern) => {
      const value = (pattern & widthMask(width)) >>> 0;
      return access(`the guest writes ${name}: 0x${value.toString(16)}`, write(port, width, value));
    }),
  );
  const own = new Array<readonly Step[]>(OWN_SHARE).fill(world.steps).flat();
  return { ...world, steps: [...own, ...reads, ...writes] };
}

function shorten(
  specimen: Specimen,
  world: World,
  actions: readonly number[],
  { property }: Breach,
): Counterexample {
  const go = (way: readonly number[]): Counterexample | undefined => {
    const subject = new CardUnderModel(specimen, world);
    const steps: TakenStep[] = [];
    for (const action of way) {
      const breach = subject.take(action);
      steps.push(...subject.taken);
      if (breach !== undefined) return { ...breach, steps };
    }
    const breach = subject.probe();
    return breach === undefined ? undefined : { ...breach, steps: [...steps, ...subject.taken] };
  };
  const short = shrink(actions, (way) => go(way)?.property === property);
  const found = go(short);
  invariant(found !== undefined, "what was broken once is broken again on the same way");
  return found;
}
