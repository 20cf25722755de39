/**
 * Is each hook necessary? A hook is taken out, so that those accesses pass straight to the silicon while the
 * model hears nothing of them, and the search is for the shortest way to break something: in a small world
 * about that hook, and if nothing breaks there in all others. A hook without which nothing breaks is not
 * needed, as far as these worlds go; all of those are then taken out together, for what one makes up for in
 * the absence of another.
 */
import type { Access } from "../../devices/model.ts";
import { CardUnderModel, type Unhooked } from "./card-under-model.ts";
import { HookSurvey } from "./hook-survey.ts";
import { type Counterexample, searching } from "./search.ts";
import type { Hook, Specimen } from "./specimen.ts";

/** Steps of a way in the small world about a hook, and in the others. */
const STEPS = 5;
const OTHER_STEPS = 3;

/** What breaks without a hook, and a shortest way to it in that world. */
export interface Necessity {
  readonly world: string;
  readonly counterexample: Counterexample;
}

export interface HookFinding {
  readonly hook: Hook;
  /** When it is in place. */
  readonly when: string;
  /** Undefined when nothing breaks. */
  readonly without: Necessity | undefined;
}

export interface HookedListFindings {
  readonly hooks: readonly HookFinding[];
  /** Somebody had enough before the end. */
  readonly stopped: boolean;
  /** Hooks that were not looked at then. */
  readonly left: number;
  /** States in which it was looked at what is hooked. */
  readonly states: number;
  /** What breaks with all hooks in place; then there is no finding about any. */
  readonly broken: Counterexample | undefined;
  /** What breaks without all that are not needed; undefined when nothing does. */
  readonly withoutAll: Counterexample | undefined;
}

/** `all`: undefined as long as nobody knows what is hooked. */
export interface HookProgress {
  readonly done: number;
  readonly all: number | undefined;
}

/** Accesses that pass straight to the silicon when these hooks are out. */
export const unhooking =
  (hooks: readonly Hook[]): Unhooked =>
  ({ port, direction }: Access, page) =>
    hooks.some(
      (hook) =>
        hook.direction === direction &&
        port >= hook.port &&
        port < hook.port + hook.bytes &&
        (hook.page === undefined || hook.page === page),
    );

export function* findingNecessary(
  specimen: Specimen,
  stopped: () => boolean = () => false,
): Generator<HookProgress, HookedListFindings> {
  const survey = new HookSurvey(specimen);
  yield* saying(survey.look(OTHER_STEPS, stopped), { done: 0, all: undefined });
  const { states, broken } = survey;
  const findings: HookFinding[] = [];
  const all = survey.hooks.length;
  for (const hook of broken === undefined ? survey.hooks : []) {
    const without = yield* saying(breaking(specimen, [hook], stopped), { done: findings.length, all });
    if (stopped()) break;
    findings.push({ hook, when: survey.when(hook), without });
  }
  const needless = findings.filter(({ without }) => without === undefined).map(({ hook }) => hook);
  const together = breaking(specimen, needless.length < 2 ? [] : needless, stopped);
  const withoutAll = yield* saying(together, { done: findings.length, all });
  return {
    hooks: findings,
    stopped: stopped(),
    left: all - findings.length,
    states,
    broken,
    withoutAll: withoutAll?.counterexample,
  };
}

/** Says that in place of what `work` says. */
function* saying<P, T>(work: Generator<unknown, T>, progress: P): Generator<P, T> {
  let step = work.next();
  for (; !step.done; step = work.next()) yield progress;
  return step.value;
}

/**
 * What breaks without these hooks: in the small worlds about them, and if nothing does in all others.
 * Undefined when nothing does, or when it has been stopped.
 */
export function* breaking(
  specimen: Specimen,
  hooks: readonly Hook[],
  stopped: () => boolean = () => false,
): Generator<unknown, Necessity | undefined> {
  if (hooks.length === 0) return undefined;
  const touches = hooks.flatMap(specimen.touches);
  const near = hooks.map((hook) => ({ world: specimen.surroundings(hook), steps: STEPS }));
  const far = specimen.worlds.map((world) => ({ world, steps: OTHER_STEPS }));
  const unhooked = unhooking(hooks);
  for (const { world, steps } of [...near, ...far]) {
    const touched = { ...world, steps: [...world.steps, ...touches] };
    const make = (): CardUnderModel => new CardUnderModel(specimen, touched, unhooked);
    const { counterexamples } = yield* searching(make, { steps, stopped });
    const [counterexample] = counterexamples;
    if (counterexample !== undefined) return { world: world.name, counterexample };
  }
  return undefined;
}
