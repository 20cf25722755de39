/**
 * All actors of a run on one thread, in virtual time: at each turn a seeded choice delivers one message, lets one actor
 * do a step, or, when nothing else can move, lets time pass to the next timer. Messages between two actors stay in order.
 */
import { Prng } from "../../src/base/prng.ts";
import type { Actor, Ports } from "../../src/machine/actor.ts";
import type { Address } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";

interface Channel {
  readonly from: Address;
  readonly to: Address;
  readonly queue: Message[];
  /** Messages at the end of the queue that are posted and not published. */
  posted: number;
}

interface Timer {
  readonly actor: Address;
  readonly id: number;
  readonly atNs: number;
}

/** Virtual nanoseconds that every turn takes. */
const TURN_NS = 200;

export class Hall {
  nowNs = 0;
  readonly #prng: Prng;
  readonly #actors = new Map<Address, Actor>();
  readonly #channels = new Map<string, Channel>();
  #timers: Timer[] = [];

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  add(actor: Actor): void {
    this.#actors.set(actor.address, actor);
  }

  portsFor(from: Address): Ports {
    return {
      send: (to, message) => {
        const channel = this.#channel(from, to);
        channel.queue.push(copied(message));
        channel.posted = 0;
      },
      post: (to, message) => {
        const channel = this.#channel(from, to);
        channel.queue.push(copied(message));
        channel.posted++;
      },
      flush: (to) => {
        this.#channel(from, to).posted = 0;
      },
      room: (to) => 256 - this.#channel(from, to).queue.length,
      nowNs: () => this.nowNs,
      setTimer: (id, atNs) => {
        this.#timers = this.#timers.filter((timer) => timer.actor !== from || timer.id !== id);
        if (atNs !== undefined) this.#timers.push({ actor: from, id, atNs });
      },
    };
  }

  /** One turn; false when nothing can move and no timer is left. */
  turn(): boolean {
    const ready = [...this.#channels.values()].filter(({ queue, posted }) => queue.length > posted);
    const runnable = [...this.#actors.values()].filter((actor) => actor.runnable);
    const due = this.#timers.filter(({ atNs }) => atNs <= this.nowNs);
    const choices = ready.length + runnable.length + due.length;
    if (choices === 0) return this.#passTime();
    this.nowNs += TURN_NS;
    const choice = this.#prng.below(choices);
    if (choice < ready.length) this.#deliver(ready[choice] as Channel);
    else if (choice < ready.length + runnable.length) (runnable[choice - ready.length] as Actor).step();
    else this.#fire(due[choice - ready.length - runnable.length] as Timer);
    return true;
  }

  /** Turns until `done`, at most `turns`; true when done. */
  run(done: () => boolean, turns = 5_000_000): boolean {
    for (let i = 0; i < turns; i++) {
      if (done()) return true;
      if (!this.turn()) return done();
    }
    return done();
  }

  #passTime(): boolean {
    const next = this.#timers.toSorted((a, b) => a.atNs - b.atNs)[0];
    if (next === undefined) return false;
    this.nowNs = Math.max(this.nowNs, next.atNs);
    return true;
  }

  #deliver(channel: Channel): void {
    const message = channel.queue.shift();
    if (message !== undefined) this.#actors.get(channel.to)?.deliver(channel.from, message);
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
    this.#actors.get(timer.actor)?.deliver(timer.actor, { type: "timer", id: timer.id });
  }

  #channel(from: Address, to: Address): Channel {
    const key = `${from}>${to}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const fresh: Channel = { from, to, queue: [], posted: 0 };
    this.#channels.set(key, fresh);
    return fresh;
  }
}

/** Bytes are only the sender's during the call. */
function copied(message: Message): Message {
  switch (message.type) {
    case "frame":
      return { ...message, bytes: message.bytes.slice() };
    case "hooks":
      return { ...message, list: message.list.slice() };
    case "machineCheck":
      return { ...message, reason: message.reason.slice() };
    default:
      return message;
  }
}
