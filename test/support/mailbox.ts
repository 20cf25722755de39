/**
 * Actors on the test's own thread, in virtual time: messages are delivered one at a time in the order in which they
 * became visible, then timers that are due, then one step of an actor that has work. Whom nobody plays only listens: what
 * is sent there is in the log.
 */
import type { Actor, Ports } from "../../src/machine/actor.ts";
import { type Address, addressName } from "../../src/protocol/address.ts";
import type { Message, MessageOf, MessageType } from "../../src/protocol/messages.ts";

export interface Letter {
  readonly atNs: number;
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

interface Timer {
  readonly actor: Address;
  readonly id: number;
  readonly atNs: number;
}

export class Mailbox {
  nowNs = 0;
  /** Time that a step of an actor takes. */
  stepNs = 100;
  /** Everything that was published, in order. */
  readonly log: Letter[] = [];
  /** Messages that may wait for an address; without limit unless told. */
  readonly capacity = new Map<Address, number>();
  readonly #actors: Actor[] = [];
  readonly #queue: Letter[] = [];
  /** Posted and not published, by sender and receiver. */
  readonly #posted = new Map<string, Letter[]>();
  /** How much of what was sent to an address `take` has answered. */
  readonly #taken = new Map<Address, number>();
  #timers: readonly Timer[] = [];

  readonly ports = (from: Address): Ports => ({
    send: (to, message) => {
      this.#post(from, to, message);
      this.#publish(from, to);
    },
    post: (to, message) => this.#post(from, to, message),
    flush: (to) => this.#publish(from, to),
    room: (to) => (this.capacity.get(to) ?? Infinity) - this.#queue.filter((one) => one.to === to).length,
    nowNs: () => this.nowNs,
    setTimer: (id, atNs) => this.#setTimer(from, id, atNs),
  });

  add(...actors: Actor[]): void {
    this.#actors.push(...actors);
  }

  /** Hands `message` to the actors as if `from` had sent it; not delivered before `run` or `settle`. */
  send(from: Address, to: Address, message: Message): void {
    this.ports(from).send(to, message);
  }

  /** Messages of one type that were sent to `to`, oldest first. */
  sent<T extends MessageType>(to: Address, type: T): readonly MessageOf<T>[] {
    return this.log.flatMap(({ to: receiver, message }) =>
      receiver === to && message.type === type ? [message as MessageOf<T>] : [],
    );
  }

  /** What was sent to `to` since the last call. */
  take(to: Address): readonly Message[] {
    const from = this.#taken.get(to) ?? 0;
    const all = this.log.filter((one) => one.to === to);
    this.#taken.set(to, all.length);
    return all.slice(from).map(({ message }) => message);
  }

  /** Delivers messages and lets actors work until all of them wait; the clock moves only by their steps. */
  settle(limit = 100_000): void {
    for (let i = 0; i < limit; i++) if (!this.#deliverNext() && !this.#stepNext()) return;
    throw new Error(`the actors do not come to rest: ${this.#states()}`);
  }

  /** Runs until the clock shows `untilNs`, until `done`, or until nothing can ever happen again. */
  run(untilNs: number, done: () => boolean = () => false): void {
    while (this.nowNs < untilNs && !done()) {
      if (this.#deliverNext() || this.#fireTimer() || this.#stepNext()) continue;
      const next = this.#timers.reduce((atNs, timer) => Math.min(atNs, timer.atNs), untilNs);
      this.nowNs = Math.max(this.nowNs, next);
    }
    while (!done() && (this.#deliverNext() || this.#fireTimer()));
  }

  #post(from: Address, to: Address, message: Message): void {
    const key = `${from} ${to}`;
    const letters = this.#posted.get(key) ?? [];
    this.#posted.set(key, letters);
    letters.push({ atNs: this.nowNs, from, to, message: copyOf(message) });
  }

  #publish(from: Address, to: Address): void {
    for (const letter of this.#posted.get(`${from} ${to}`)?.splice(0) ?? []) {
      this.log.push(letter);
      if (this.#actors.some(({ address }) => address === to)) this.#queue.push(letter);
    }
  }

  #deliverNext(): boolean {
    const letter = this.#queue.shift();
    if (letter === undefined) return false;
    const given = copyOf(letter.message);
    this.#actorAt(letter.to)?.deliver(letter.from, given);
    poison(given);
    return true;
  }

  #fireTimer(): boolean {
    const due = this.#timers.find(({ atNs }) => atNs <= this.nowNs);
    if (due === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== due);
    this.#actorAt(due.actor)?.deliver(due.actor, { type: "timer", id: due.id });
    return true;
  }

  #stepNext(): boolean {
    const actor = this.#actors.find(({ runnable }) => runnable);
    if (actor === undefined) return false;
    // Whoever has worked goes to the end of the line.
    this.#actors.splice(this.#actors.indexOf(actor), 1);
    this.#actors.push(actor);
    actor.step();
    this.nowNs += this.stepNs;
    return true;
  }

  #setTimer(actor: Address, id: number, atNs: number | undefined): void {
    const others = this.#timers.filter((timer) => timer.actor !== actor || timer.id !== id);
    const set = atNs === undefined ? others : [...others, { actor, id, atNs }];
    this.#timers = set.sort((a, b) => a.atNs - b.atNs);
  }

  #actorAt(address: Address): Actor | undefined {
    return this.#actors.find((actor) => actor.address === address);
  }

  #states(): string {
    return this.#actors.map(({ address, stateName }) => `${addressName(address)} ${stateName}`).join("; ");
  }
}

function copyOf(message: Message): Message {
  switch (message.type) {
    case "frame":
      return { ...message, bytes: message.bytes.slice() };
    case "hooks":
      return { ...message, list: message.list.slice() };
    case "machineCheck":
      return { ...message, reason: message.reason.slice() };
    default:
      return { ...message };
  }
}

/** Bytes are valid during the handler only: who keeps a view finds something else there. */
function poison(message: Message): void {
  if (message.type === "frame") message.bytes.fill(0xee);
  else if (message.type === "hooks") message.list.fill(0xee);
  else if (message.type === "machineCheck") message.reason.fill(0xee);
}
