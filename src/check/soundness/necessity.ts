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
import { type Counterexample, search } from "./search.ts";
import type { Hook, Specimen, Step, World } from "./specimen.ts";

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
  /** Hooks that were not looked at, because it was enough. */
  readonly left: number;
  /** States in which it was looked at what is hooked. */
  readonly states: number;
  /** What breaks with all hooks in place; then there is no finding about any. */
  readonly broken: Counterexample | undefined;
  /** What breaks without all that are not needed; undefined when nothing does. */
  readonly withoutAll: Counterexample | undefined;
}

export interface HookProgress {
  readonly done: number;
  readonly all: number;
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
  const survey = new HookSurvey(specimen, OTHER_STEPS);
  const { states, broken } = survey;
  if (broken !== undefined) return { hooks: [], left: 0, states, broken, withoutAll: undefined };
  const findings: HookFinding[] = [];
  const all = survey.hooks.length;
  for (const hook of survey.hooks) {
    yield { done: findings.length, all };
    if (stopped()) break;
    findings.push({ hook, when: survey.when(hook), without: brokenWithout(specimen, [hook]) });
  }
  const needless = findings.filter(({ without }) => without === undefined).map(({ hook }) => hook);
  const withoutAll = needless.length < 2 ? undefined : brokenWithout(specimen, needless)?.counterexample;
  return { hooks: findings, left: all - findings.length, states, broken, withoutAll };
}

/** What breaks without these hooks: in the small worlds about them, and if nothing does in all others. */
export function brokenWithout(specimen: Specimen, hooks: readonly Hook[]): Necessity | undefined {
  const touches = hooks.flatMap(specimen.touches);
  for (const hook of hooks) {
    const found = firstBreak(specimen, withTouches(specimen.surroundings(hook), touches), hooks, STEPS);
    if (found !== undefined) return found;
  }
  for (const world of specimen.worlds) {
    const found = firstBreak(specimen, withTouches(world, touches), hooks, OTHER_STEPS);
    if (found !== undefined) return found;
  }
  return undefined;
}

const withTouches = (world: World, touches: readonly Step[]): World => ({
  ...world,
  steps: [...world.steps, ...touches],
});

function firstBreak(
  specimen: Specimen,
  world: World,
  out: readonly Hook[],
  steps: number,
): Necessity | undefined {
  const unhooked = unhooking(out);
  const [counterexample] = search(() => new CardUnderModel(specimen, world, unhooked), {
    steps,
  }).counterexamples;
  return counterexample && { world: world.name, counterexample };
}
