/**
 * An XState machine as a table that fills itself: (state id, event id) -> (next state id, effects). The first time a
 * pair is met XState's own pure `transition` decides; from then on it costs two array reads. So the machine that is
 * drawn and checked is the machine on the fast path.
 *
 * The machines of vpio are finite: no context, no invoked actors, no delays. Their actions are data: names with
 * parameters that the body of the actor carries out.
 */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  initialTransition,
  type StateValue,
  transition,
} from "xstate";
import { invariant, VpioError } from "../base/errors.ts";

/** An effect as the statechart names it. */
export interface Effect {
  readonly type: string;
  readonly params: unknown;
}

/** What an event leads to from one state. */
export interface Step<E extends Effect = Effect> {
  readonly next: number;
  readonly effects: readonly E[];
  /** False when the state has no transition for the event: nothing happens. */
  readonly accepted: boolean;
}

interface KnownState {
  readonly snapshot: AnyMachineSnapshot;
  readonly name: string;
  /** By event id. */
  readonly steps: (Step | undefined)[];
}

export class Automaton<Event extends string = string, E extends Effect = Effect> {
  readonly events: readonly Event[];
  readonly initial: Step<E>;
  readonly #machine: AnyStateMachine;
  readonly #eventIds: ReadonlyMap<string, number>;
  readonly #states: KnownState[] = [];
  readonly #stateIds = new Map<string, number>();

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
    this.events = machine.events.filter((name) => name !== "*") as Event[];
    this.#eventIds = new Map(this.events.map((name, id) => [name, id]));
    const [snapshot, actions] = initialTransition(machine);
    this.initial = { next: this.#intern(snapshot), effects: toEffects<E>(actions), accepted: true };
  }

  /** The statechart itself, for whoever draws it. */
  get machine(): AnyStateMachine {
    return this.#machine;
  }

  /** States met so far. */
  get stateCount(): number {
    return this.#states.length;
  }

  eventId(name: Event): number {
    const id = this.#eventIds.get(name);
    if (id === undefined) throw new VpioError("INTERNAL", `${this.#machine.id} knows no event ${name}`);
    return id;
  }

  /** Works out all of the table: from then on its numbers are the same wherever that has been done first. */
  learn(): void {
    for (let state = 0; state < this.stateCount; state++)
      for (let event = 0; event < this.events.length; event++) this.step(state, event);
  }

  step(state: number, event: number): Step<E> {
    const known = this.#state(state);
    return (known.steps[event] ?? this.#learn(known, event)) as Step<E>;
  }

  /** The statechart's own value of a state, as XState shows it. */
  value(state: number): StateValue {
    return this.#state(state).snapshot.value;
  }

  /** A short printable name, e.g. `owned.watching` or `transmitter.two receiver.armed`. */
  name(state: number): string {
    return this.#state(state).name;
  }

  hasTag(state: number, tag: string): boolean {
    return this.#state(state).snapshot.tags.has(tag);
  }

  /** The `meta` of every active state node. */
  metas(state: number): readonly unknown[] {
    return Object.values(this.#state(state).snapshot.getMeta());
  }

  #state(id: number): KnownState {
    const known = this.#states[id];
    if (known === undefined) throw new VpioError("INTERNAL", `${this.#machine.id} has no state ${id}`);
    return known;
  }

  #learn(known: KnownState, event: number): Step<E> {
    const name = this.events[event];
    invariant(name !== undefined, `${this.#machine.id} has no event ${event}`);
    const [snapshot, actions] = transition(this.#machine, known.snapshot, { type: name });
    const step: Step<E> = {
      next: this.#intern(snapshot),
      effects: toEffects<E>(actions),
      accepted: known.snapshot.can({ type: name }),
    };
    known.steps[event] = step;
    return step;
  }

  #intern(snapshot: AnyMachineSnapshot): number {
    const key = JSON.stringify(snapshot.value);
    const found = this.#stateIds.get(key);
    if (found !== undefined) return found;
    this.#stateIds.set(key, this.#states.length);
    this.#states.push({ snapshot, name: stateName(snapshot.value), steps: [] });
    return this.#states.length - 1;
  }
}

function toEffects<E extends Effect>(
  actions: readonly { readonly type: string; readonly params: unknown }[],
): readonly E[] {
  return actions.map(({ type, params }) => ({ type, params }) as E);
}

/** `{ owned: "watching" }` is "owned.watching"; parallel regions stand side by side. */
export function stateName(value: StateValue): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([region, inner]) => (inner === undefined ? region : `${region}.${stateName(inner)}`))
    .join(" ");
}
