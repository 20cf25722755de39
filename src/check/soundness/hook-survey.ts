/** In which states what is hooked: seen in every state of every world, within so many steps. */
import { CardUnderModel } from "./card-under-model.ts";
import { type Counterexample, type Progress, searching } from "./search.ts";
import type { Hook, Specimen } from "./specimen.ts";

export class HookSurvey {
  states = 0;
  /** The model broke with all its hooks in place. */
  broken: Counterexample | undefined;
  readonly #specimen: Specimen;
  readonly #hooked: number[];
  /** For each hook, the circumstances in which it has always been, and outside which never. */
  readonly #circumstances: boolean[][];

  constructor(specimen: Specimen) {
    this.#specimen = specimen;
    this.#hooked = specimen.hooks.map(() => 0);
    this.#circumstances = specimen.hooks.map(() => specimen.circumstances.map(() => true));
  }

  /** Looks at all that can be reached in so many steps. */
  *look(steps: number, stopped: () => boolean): Generator<Progress, void> {
    for (const world of this.#specimen.worlds) {
      const onState = (subject: CardUnderModel): void => this.#note(subject);
      const make = (): CardUnderModel => new CardUnderModel(this.#specimen, world);
      const { counterexamples } = yield* searching(make, { steps, onState, stopped });
      this.broken ??= counterexamples[0];
    }
  }

  /** Hooks that are in place in some state. */
  get hooks(): readonly Hook[] {
    return this.#specimen.hooks.filter((_, i) => (this.#hooked[i] ?? 0) > 0);
  }

  /** When a hook is in place: the circumstance, if it is one of those that are known. */
  when(hook: Hook): string {
    const i = this.#specimen.hooks.indexOf(hook);
    const count = this.#hooked[i] ?? 0;
    if (count === this.states) return "always";
    const at = this.#circumstances[i]?.indexOf(true) ?? -1;
    return this.#specimen.circumstances[at]?.what ?? `in ${count} of ${this.states} states`;
  }

  #note({ hooking: { hooks, page, model } }: CardUnderModel): void {
    this.states++;
    const holds = this.#specimen.circumstances.map((circumstance) => circumstance.holds(model));
    for (const [i, hook] of this.#specimen.hooks.entries()) {
      const here = hook.page === undefined || hook.page === page;
      const hooked = here && hooks.covers(hook.port, hook.bytes, hook.direction);
      if (hooked) this.#hooked[i] = (this.#hooked[i] ?? 0) + 1;
      this.#circumstances[i] = (this.#circumstances[i] ?? []).map((so, c) => so && holds[c] === hooked);
    }
  }
}
