/**
 * One step of one actor under the explorer: what it may ask for and what came of it. The effects go nowhere; they are
 * the result.
 */
import type { ArbiterEvent } from "../../actors/arbiter.ts";
import type { Automaton, Effect } from "../machine/automaton.ts";
import type { Choose } from "./choices.ts";
import type { Msg } from "./messages.ts";

/** What must hold of every reachable state and step. */
export const SAFETY = {
  "one owner": "an I/O that reaches the silicon is the owner's and carries the current epoch",
  "quiet save": "the card is saved only when reusable: fenced off, drained, no transmit under way",
  "own interrupts": "an interrupt is injected only into the guest that holds the card",
  "in order": "an operation reaches the card only after all that its guest did before it",
  "own want": "nobody is queued for a card that it holds",
  "nobody forgotten": "whoever has an operation blocked has the card or is queued for it",
  "expected events": "no machine meets an event that its state does not know",
  "bounded channels": "no channel holds more messages than the explorer allows for",
  "no deadlock": "something can happen as long as a guest is not over",
} as const;
export type SafetyProperty = keyof typeof SAFETY;

/** Thrown out of a body: the step breaks a property. */
export class Broken extends Error {
  readonly property: SafetyProperty;

  constructor(property: SafetyProperty, what: string) {
    super(what);
    this.property = property;
  }
}

/** Another actor: the arbiter, the NIC, or a guest by number. */
export type Peer = "arbiter" | "nic" | number;

/** Something that a property watches for. `guest` is the one concerned, `epoch` the one it carries. */
export type Mark =
  | { readonly kind: "executed"; readonly guest: number; readonly epoch: number; readonly sync: boolean }
  | { readonly kind: "exited" | "injected" | "trapped"; readonly guest: number }
  | { readonly kind: "saved" }
  /** A guest is granted the card; `again`: it is its own already. */
  | { readonly kind: "owned"; readonly again: boolean }
  /** The policy gives the free card to `guest`, who is one of `among`. */
  | { readonly kind: "chosen"; readonly guest: number; readonly among: readonly number[] }
  /** A deadline has passed: what the arbiter does of it. */
  | { readonly kind: "due"; readonly event: ArbiterEvent };

export interface Sent {
  readonly to: Peer;
  readonly message: Msg;
}

/** A pair that has occurred: `guest|cpu.running card.away|TRAP`. */
export type Coverage = Set<string>;

export class Turn {
  readonly choose: Choose;
  readonly sent: Sent[] = [];
  readonly marks: Mark[] = [];
  /** For people: what the actor chose to do. */
  readonly notes: string[] = [];
  readonly #coverage: Coverage;

  constructor(choose: Choose, coverage: Coverage) {
    this.choose = choose;
    this.#coverage = coverage;
  }

  send(to: Peer, message: Msg): void {
    this.sent.push({ to, message });
  }

  mark(mark: Mark): void {
    this.marks.push(mark);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  met(role: string, state: string, event: string): void {
    this.#coverage.add(`${role}|${state}|${event}`);
  }
}

/** MachineRunner (src/machine/actor.ts) from any state: events in, effects to the body, to completion. */
export class Runner<Event extends string, E extends Effect> {
  readonly #role: string;
  readonly #automaton: Automaton<Event, E>;
  readonly #perform: (effect: E) => void;
  readonly #turn: Turn;
  readonly #queue: Event[] = [];
  state: number;
  #running = false;

  constructor(
    role: string,
    automaton: Automaton<Event, E>,
    state: number,
    perform: (effect: E) => void,
    turn: Turn,
  ) {
    this.#role = role;
    this.#automaton = automaton;
    this.state = state;
    this.#perform = perform;
    this.#turn = turn;
  }

  get stateName(): string {
    return this.#automaton.name(this.state);
  }

  is(tag: string): boolean {
    return this.#automaton.hasTag(this.state, tag);
  }

  start(): void {
    for (const effect of this.#automaton.initial.effects) this.#perform(effect);
  }

  raise(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#take(next);
    this.#running = false;
  }

  #take(event: Event): void {
    this.#turn.met(this.#role, this.stateName, event);
    const step = this.#automaton.step(this.state, this.#automaton.eventId(event));
    if (!step.accepted) {
      throw new Broken(
        "expected events",
        `${event} is unexpected in state ${this.stateName} of the ${this.#role}`,
      );
    }
    this.state = step.next;
    for (const effect of step.effects) this.#perform(effect);
  }
}
