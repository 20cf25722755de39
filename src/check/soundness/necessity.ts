/**
 * Is each hook necessary? A hook is taken out, so that those accesses pass straight to the silicon while the model hears
 * nothing of them, and the search is for the shortest way to break something: in a small world about that hook, and if
 * nothing breaks there in all others. A hook without which nothing breaks is not needed, as far as these worlds go.
 */
import type { Access } from "../../devices/model.ts";
import { CardUnderModel, type Unhooked } from "./card-under-model.ts";
import { type Counterexample, search } from "./search.ts";
import type { Hook, Specimen, Step, World } from "./specimen.ts";

export interface HookFinding {
  readonly hook: Hook;
  /** When it is hooked: a circumstance, or in how many states. */
  readonly when: string;
  /** What breaks without it; undefined when nothing does. */
  readonly without: Counterexample | undefined;
}

export interface HookedListFindings {
  readonly hooks: readonly HookFinding[];
  /** States in which it was looked at what is hooked. */
  readonly states: number;
  /** What breaks when all that are not needed are taken out together; undefined when nothing does. */
  readonly withoutAll: Counterexample | undefined;
}

export interface NecessityOptions {
  /** Steps of a way in the small world about a hook, and in the others. */
  readonly steps: number;
  readonly otherSteps: number;
  readonly onProgress?: (done: number, all: number, hook: Hook) => void;
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

export function findNecessary(specimen: Specimen, options: NecessityOptions): HookedListFindings {
  const survey = surveyHooks(specimen, options.otherSteps);
  const hooked = specimen.hooks.filter((hook) => survey.count(hook) > 0);
  const hooks = hooked.map((hook, i): HookFinding => {
    options.onProgress?.(i, hooked.length, hook);
    return { hook, when: survey.when(hook), without: brokenWithout(specimen, hook, options) };
  });
  const needless = hooks.filter(({ without }) => without === undefined).map(({ hook }) => hook);
  const withoutAll = needless.length > 1 ? breakWithout(specimen, needless, options) : undefined;
  return { hooks, states: survey.states, withoutAll };
}

function brokenWithout(
  specimen: Specimen,
  hook: Hook,
  { steps, otherSteps }: NecessityOptions,
): Counterexample | undefined {
  const touches = specimen.touches(hook);
  const found = firstBreak(specimen, withTouches(specimen.surroundings(hook), touches), [hook], steps);
  if (found !== undefined) return found;
  for (const world of specimen.worlds) {
    const other = firstBreak(specimen, withTouches(world, touches), [hook], otherSteps);
    if (other !== undefined) return other;
  }
  return undefined;
}

const withTouches = (world: World, touches: readonly Step[]): World => ({
  ...world,
  steps: [...world.steps, ...touches],
});

function breakWithout(
  specimen: Specimen,
  hooks: readonly Hook[],
  { steps, otherSteps }: NecessityOptions,
): Counterexample | undefined {
  for (const hook of hooks) {
    const world = withTouches(specimen.surroundings(hook), specimen.touches(hook));
    const found = firstBreak(specimen, world, hooks, steps);
    if (found !== undefined) return found;
  }
  for (const world of specimen.worlds) {
    const found = firstBreak(specimen, world, hooks, otherSteps);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstBreak(
  specimen: Specimen,
  world: World,
  out: readonly Hook[],
  steps: number,
): Counterexample | undefined {
  const unhooked = unhooking(out);
  return search(() => new CardUnderModel(specimen, world, unhooked), { steps }).counterexamples[0];
}

/** In which states what is hooked. */
class Survey {
  states = 0;
  readonly #specimen: Specimen;
  readonly #hooked: number[];
  /** For each hook, the circumstances in which it has always been, and outside which never. */
  readonly #circumstances: boolean[][];

  constructor(specimen: Specimen) {
    this.#specimen = specimen;
    this.#hooked = specimen.hooks.map(() => 0);
    this.#circumstances = specimen.hooks.map(() => specimen.circumstances.map(() => true));
  }

  look({ hooking: { hooks, page, model } }: CardUnderModel): void {
    this.states++;
    const holds = this.#specimen.circumstances.map((circumstance) => circumstance.holds(model));
    for (const [i, hook] of this.#specimen.hooks.entries()) {
      const here = hook.page === undefined || hook.page === page;
      const hooked = here && hooks.covers(hook.port, hook.bytes, hook.direction);
      if (hooked) this.#hooked[i] = this.count(hook) + 1;
      this.#circumstances[i] = (this.#circumstances[i] ?? []).map((so, c) => so && holds[c] === hooked);
    }
  }

  count(hook: Hook): number {
    return this.#hooked[this.#specimen.hooks.indexOf(hook)] ?? 0;
  }

  when(hook: Hook): string {
    const count = this.count(hook);
    if (count === this.states) return "always";
    const at = this.#circumstances[this.#specimen.hooks.indexOf(hook)]?.indexOf(true) ?? -1;
    return this.#specimen.circumstances[at]?.what ?? `in ${count} of ${this.states} states`;
  }
}

function surveyHooks(specimen: Specimen, steps: number): Survey {
  const survey = new Survey(specimen);
  for (const world of specimen.worlds) {
    search(() => new CardUnderModel(specimen, world), { steps, onState: (subject) => survey.look(subject) });
  }
  return survey;
}
