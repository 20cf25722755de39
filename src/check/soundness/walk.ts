/**
 * A walk at random through the worlds of a card, much longer than any way that can be searched exhaustively:
 * what it finds is a defect, what it does not find it has not shown to be absent. The same seed gives the
 * same walk.
 */
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
  for (; taken < steps && !stopped(); rounds++) {
    const world = prng.pick(worlds);
    const actions: number[] = [];
    const subject = new CardUnderModel(specimen, world);
    let breach: Breach | undefined;
    while (breach === undefined && actions.length < ROUND_STEPS && taken < steps) {
      const action = subject.chance(prng, OPERATIONS_MAX);
      breach = subject.take(action);
      actions.push(action);
      taken++;
    }
    breach ??= subject.probe();
    yield taken;
    if (breach !== undefined) {
      const counterexample = shorten(specimen, world, actions, breach);
      return { steps: taken, rounds: rounds + 1, broken: { world: world.name, counterexample } };
    }
  }
  return { steps: taken, rounds, broken: undefined };
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
  return go(short) ?? { property, what: "nothing any more", steps: [] };
}
