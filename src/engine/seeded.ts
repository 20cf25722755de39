/**
 * The seeded engine: the same actors and bodies as on threads, on one thread and in virtual time. A scheduler decides at
 * every step who moves, so that a run is a function of its scenario and its decisions.
 */
import { invariant } from "../base/errors.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import type { Move, Scheduler } from "./scheduler.ts";

interface Channel {
  readonly from: Address;
  readonly to: Address;
  readonly queue: Message[];
  /** Messages at the end of the queue that are posted and not published: nobody sees them yet. */
  posted: number;
}

interface Timer {
  readonly actor: Address;
  readonly id: number;
  readonly atNs: number;
}

/** Messages that fit between two actors, as on threads. */
const CHANNEL_MESSAGES = 256;
/** Virtual time that each move takes; what takes longer (links, quanta) is a timer. */
const MOVE_NS = 200;

export class SeededEngine {
  readonly #scheduler: Scheduler;
  readonly #actors = new Map<Address, Actor>();
  readonly #channels: Channel[] = [];
  #timers: readonly Timer[] = [];
  #nowNs = 0;
  #moves = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Moves made so far. */
  get moves(): number {
    return this.#moves;
  }

  add(actor: Actor): void {
    this.#actors.set(actor.address, actor);
  }

  /** Takes an actor out, as if its worker had died: what is under way to it is lost. */
  remove(address: Address): void {
    this.#actors.delete(address);
    this.#timers = this.#timers.filter(({ actor }) => actor !== address);
  }

  /** Puts a message under way that no actor has sent. */
  inject(from: Address, to: Address, message: Message): void {
    this.#channel(from, to).queue.push(message);
  }

  portsFor(from: Address): Ports {
    return {
      send: (to, message) => {
        const channel = this.#put(from, to, message);
        channel.posted = 0;
      },
      post: (to, message) => {
        this.#put(from, to, message).posted++;
      },
      flush: (to) => {
        this.#channel(from, to).posted = 0;
      },
      room: (to) => CHANNEL_MESSAGES - this.#channel(from, to).queue.length,
      nowNs: () => this.#nowNs,
      setTimer: (id, atNs) => {
        const others = this.#timers.filter((timer) => timer.actor !== from || timer.id !== id);
        this.#timers = atNs === undefined ? others : [...others, { actor: from, id, atNs }];
      },
    };
  }

  /** Makes one move, letting time pass when nothing else can happen; false when nothing ever will. */
  move(): boolean {
    let moves = this.#possible();
    if (moves.length === 0) {
      const next = this.#timers.reduce<number | undefined>(
        (at, { atNs }) => Math.min(at ?? atNs, atNs),
        undefined,
      );
      if (next === undefined) return false;
      this.#nowNs = Math.max(this.#nowNs, next);
      moves = this.#possible();
    }
    const move = moves[this.#scheduler.choose(moves)];
    invariant(move !== undefined, `scheduler ${this.#scheduler.name} picks a move that exists`);
    this.#nowNs += MOVE_NS;
    this.#moves++;
    this.#make(move);
    return true;
  }

  /** Moves until `done`, for at most `limit` moves; true when done. */
  runUntil(done: () => boolean, limit: number): boolean {
    for (let i = 0; i < limit && !done(); i++) if (!this.move()) break;
    return done();
  }

  #possible(): readonly Move[] {
    const moves: Move[] = [];
    for (const { from, to, queue, posted } of this.#channels) {
      const [oldest] = queue;
      if (oldest !== undefined && queue.length > posted)
        moves.push({ kind: "deliver", from, to, type: oldest.type });
    }
    for (const actor of this.#actors.values())
      if (actor.runnable) moves.push({ kind: "step", actor: actor.address });
    for (const { actor, id, atNs } of this.#timers) {
      if (atNs <= this.#nowNs) moves.push({ kind: "timer", actor, id });
    }
    return moves;
  }

  #make(move: Move): void {
    switch (move.kind) {
      case "deliver": {
        const message = this.#channel(move.from, move.to).queue.shift();
        if (message !== undefined) this.#actors.get(move.to)?.deliver(move.from, message);
        return;
      }
      case "step":
        return this.#actors.get(move.actor)?.step();
      case "timer":
        this.#timers = this.#timers.filter(({ actor, id }) => actor !== move.actor || id !== move.id);
        return this.#actors.get(move.actor)?.deliver(move.actor, { type: "timer", id: move.id });
    }
  }

  #put(from: Address, to: Address, message: Message): Channel {
    const channel = this.#channel(from, to);
    invariant(
      channel.queue.length < CHANNEL_MESSAGES,
      `room from ${addressName(from)} to ${addressName(to)}`,
    );
    channel.queue.push(kept(message));
    return channel;
  }

  #channel(from: Address, to: Address): Channel {
    const known = this.#channels.find((channel) => channel.from === from && channel.to === to);
    if (known !== undefined) return known;
    const fresh: Channel = { from, to, queue: [], posted: 0 };
    this.#channels.push(fresh);
    return fresh;
  }
}

/** A message to keep: its bytes are the sender's only during the call. */
function kept(message: Message): Message {
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
