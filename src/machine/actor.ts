/**
 * An actor: a statechart (the protocol, pure) with a body (driver and memory, silicon, DMM). A message is read by the
 * body as an event of the machine; the machine answers with effects; the body carries them out, and what it then has to
 * say comes back as further events. No clock, no I/O: the body reaches the outside only through `Ports`.
 */
import { VpioError } from "../base/errors.ts";
import type { Address } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import type { Automaton, Effect } from "./automaton.ts";

/** What an engine gives to each actor. */
export interface Ports {
  send(to: Address, message: Message): void;
  /** Queues without making it visible; the next `send` to the same address, or `flush`, publishes it. */
  post(to: Address, message: Message): void;
  flush(to: Address): void;
  /** Messages that can be sent to `to` before its inbox is full. */
  room(to: Address): number;
  nowNs(): number;
  /** Asks for a `timer` message with this id at that time, in place of an earlier one with the same id. */
  setTimer(id: number, atNs: number | undefined): void;
  /** Told of each step of the actor's statechart; absent where nobody looks on. */
  readonly onStep?: OnStep;
}

/** A statechart has taken `event`, from one of its states to another or the same. */
export type OnStep = (automaton: Automaton, from: number, event: string, to: number) => void;

/** What engines drive. */
export interface Actor {
  readonly address: Address;
  /** The machine's state, for people. */
  readonly stateName: string;
  deliver(from: Address, message: Message): void;
  /** True when the actor has work of its own to go on with. */
  readonly runnable: boolean;
  /** Does a small piece of that work. */
  step(): void;
}

/** Runs a machine: events in, effects to the body, in order, to completion. */
export class MachineRunner<Event extends string, E extends Effect> {
  readonly #automaton: Automaton<Event, E>;
  readonly #perform: (effect: E) => void;
  readonly #onStep: OnStep | undefined;
  readonly #queue: Event[] = [];
  #state: number;
  #running = false;

  constructor(automaton: Automaton<Event, E>, perform: (effect: E) => void, onStep?: OnStep) {
    this.#automaton = automaton;
    this.#perform = perform;
    this.#onStep = onStep;
    this.#state = automaton.initial.next;
  }

  get stateName(): string {
    return this.#automaton.name(this.#state);
  }

  is(tag: string): boolean {
    return this.#automaton.hasTag(this.#state, tag);
  }

  /** True when the present state has a transition for the event. */
  accepts(event: Event): boolean {
    return this.#automaton.step(this.#state, this.#automaton.eventId(event)).accepted;
  }

  /** Takes the effects of the initial state. */
  start(): void {
    for (const effect of this.#automaton.initial.effects) this.#perform(effect);
  }

  /**
   * Hands an event to the machine. Raised from within an effect it waits until that step is over (run to completion).
   * An event that the present state does not know is a defect of the protocol, and says so.
   */
  raise(event: Event): void {
    if (this.#running) {
      this.#queue.push(event);
      return;
    }
    this.#running = true;
    try {
      for (let next: Event | undefined = event; next !== undefined; next = this.#queue.shift())
        this.#take(next);
    } finally {
      this.#running = false;
      // Unless an effect has failed it is empty: what it had raised is not for the next event to find.
      if (this.#queue.length > 0) this.#queue.length = 0;
    }
  }

  #take(event: Event): void {
    const step = this.#automaton.step(this.#state, this.#automaton.eventId(event));
    if (!step.accepted) throw new VpioError("INTERNAL", `${event} is unexpected in state ${this.stateName}`);
    this.#onStep?.(this.#automaton, this.#state, event, step.next);
    this.#state = step.next;
    for (const effect of step.effects) this.#perform(effect);
  }
}
