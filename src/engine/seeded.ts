/**
 * The seeded engine: the same actors and bodies as on threads, on one thread and in virtual time. A scheduler decides at
 * every step who moves, so that a run is a function of its scenario and its decisions.
 */
import { invariant } from "../base/errors.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import type { Message, MessageType } from "../protocol/messages.ts";
import type { Costs } from "../scenario/scenario.ts";
import { moveNs } from "./costs.ts";
import { kept } from "./post.ts";
import { type Move, moverOf, type Scheduler } from "./scheduler.ts";

/** Messages that fit between two actors, as on threads. */
const CHANNEL_MESSAGES = 256;

interface Channel {
  readonly from: Address;
  readonly to: Address;
  readonly queue: Message[];
  /** Messages at the end of the queue that are posted and not published: nobody sees them yet. */
  posted: number;
  /** The move that delivers the oldest message, by its type: made once, listed often. */
  readonly moves: Map<MessageType, Move>;
}

interface Timer {
  readonly actor: Address;
  readonly id: number;
  /** Infinity while it is not set. */
  atNs: number;
  readonly move: Move;
}

interface Player {
  readonly actor: Actor;
  readonly move: Move;
}

/** Sees a run move by move, and changes nothing. */
export interface Observer {
  /** A message is put under way. */
  readonly sent?: (from: Address, to: Address, message: Message) => void;
  /** A move begins; `message` is what it delivers. */
  readonly begins?: (move: Move, message: Message | undefined) => void;
  /** The move is over, and all that it has caused at once. */
  readonly ends?: (move: Move) => void;
}

/** Stands between the actors and the engine, to do harm. */
export interface Middleware {
  /** What is put under way in place of a message that is sent. */
  readonly pass: (from: Address, to: Address, message: Message) => readonly Message[];
  /** Before a move that has been chosen: true when it is called off, because of what has been done to its actor. */
  readonly strikes: (move: Move) => boolean;
}

export class SeededEngine {
  readonly #scheduler: Scheduler;
  readonly #costs: Costs;
  readonly #players: Player[] = [];
  readonly #channels: Channel[] = [];
  readonly #timers: Timer[] = [];
  /** What is done at a certain time, beside the moves. */
  #alarms: readonly { readonly atNs: number; readonly action: () => void }[] = [];
  readonly #gone = new Set<Address>();
  readonly #stalled = new Set<Address>();
  #possible: Move[] = [];
  #nowNs = 0;
  #moves = 0;
  #observers: readonly Observer[] = [];
  #middleware: Middleware | undefined;

  constructor(scheduler: Scheduler, costs: Costs) {
    this.#scheduler = scheduler;
    this.#costs = costs;
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Moves made so far; during a move, its number from 1. */
  get moves(): number {
    return this.#moves;
  }

  /** Those that were added and have not been removed. */
  get actors(): readonly Actor[] {
    return this.#players.map(({ actor }) => actor);
  }

  add(actor: Actor): void {
    this.#players.push({ actor, move: { kind: "step", actor: actor.address } });
  }

  observe(observer: Observer): void {
    this.#observers = [...this.#observers, observer];
  }

  /** One at most. */
  interpose(middleware: Middleware): void {
    this.#middleware = middleware;
  }

  /** Takes an actor out, as if its worker had died: what is under way to it is lost, and what it has not published. */
  remove(address: Address): void {
    this.#gone.add(address);
    const at = this.#players.findIndex(({ actor }) => actor.address === address);
    if (at >= 0) this.#players.splice(at, 1);
    for (const timer of this.#timers) if (timer.actor === address) timer.atNs = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels) {
      if (channel.to === address) channel.queue.length = 0;
      if (channel.to === address || channel.from === address) {
        channel.queue.length -= Math.min(channel.posted, channel.queue.length);
        channel.posted = 0;
      }
    }
  }

  /** From now until then an actor does nothing at all. */
  stall(address: Address, untilNs: number): void {
    this.#stalled.add(address);
    this.at(untilNs, () => void this.#stalled.delete(address));
  }

  /** Puts a message under way that no actor has sent. */
  inject(from: Address, to: Address, message: Message): void {
    this.#put(this.#channel(from, to), message);
  }

  /** Calls `action` between two moves, once that time has come. */
  at(atNs: number, action: () => void): void {
    this.#alarms = [...this.#alarms, { atNs, action }];
  }

  portsFor(from: Address): Ports {
    return {
      send: (to, message) => {
        const channel = this.#channel(from, to);
        this.#pass(channel, message);
        channel.posted = 0;
      },
      post: (to, message) => {
        const channel = this.#channel(from, to);
        channel.posted += this.#pass(channel, message);
      },
      flush: (to) => {
        this.#channel(from, to).posted = 0;
      },
      room: (to) => CHANNEL_MESSAGES - this.#channel(from, to).queue.length,
      nowNs: () => this.#nowNs,
      setTimer: (id, atNs) => {
        this.#timer(from, id).atNs = atNs ?? Number.POSITIVE_INFINITY;
      },
    };
  }

  /** Makes one move, letting time pass when nothing else can happen; false when nothing ever will. */
  move(): boolean {
    if (!this.#list()) return false;
    const move = this.#possible[this.#scheduler.choose(this.#possible)];
    invariant(move !== undefined, `scheduler ${this.#scheduler.name} picks a move that exists`);
    this.#moves++;
    if (this.#middleware?.strikes(move)) return true;
    const message = this.#take(move);
    this.#nowNs += moveNs(this.#costs, move, message);
    for (const observer of this.#observers) observer.begins?.(move, message);
    this.#make(move, message);
    for (const observer of this.#observers) observer.ends?.(move);
    return true;
  }

  /** Moves until `done`, for at most `limit` moves; true when done. */
  runUntil(done: () => boolean, limit: number): boolean {
    for (let i = 0; i < limit && !done(); i++) if (!this.move()) break;
    return done();
  }

  /** Lists what is possible now, or as soon as anything is; false when nothing ever will be. */
  #list(): boolean {
    for (;;) {
      this.#soundAlarms();
      this.#possible.length = 0;
      for (const channel of this.#channels) this.#listDelivery(channel);
      for (const { actor, move } of this.#players) {
        if (actor.runnable && !this.#stalled.has(actor.address)) this.#possible.push(move);
      }
      for (const { actor, atNs, move } of this.#timers) {
        if (atNs <= this.#nowNs && !this.#stalled.has(actor)) this.#possible.push(move);
      }
      if (this.#possible.length > 0) return true;
      const nextNs = this.#nextNs();
      if (nextNs === Number.POSITIVE_INFINITY) return false;
      this.#nowNs = Math.max(this.#nowNs, nextNs);
    }
  }

  #listDelivery({ to, queue, posted, moves, from }: Channel): void {
    const [oldest] = queue;
    if (oldest === undefined || queue.length <= posted || this.#stalled.has(to)) return;
    let move = moves.get(oldest.type);
    if (move === undefined) {
      move = { kind: "deliver", from, to, type: oldest.type };
      moves.set(oldest.type, move);
    }
    this.#possible.push(move);
  }

  #soundAlarms(): void {
    if (this.#alarms.length === 0) return;
    const due = this.#alarms.filter(({ atNs }) => atNs <= this.#nowNs);
    if (due.length === 0) return;
    this.#alarms = this.#alarms.filter(({ atNs }) => atNs > this.#nowNs);
    for (const { action } of due) action();
  }

  /** When the next thing happens by itself. */
  #nextNs(): number {
    let nextNs = Number.POSITIVE_INFINITY;
    for (const { atNs } of this.#alarms) nextNs = Math.min(nextNs, atNs);
    for (const { actor, atNs } of this.#timers) {
      if (!this.#stalled.has(actor)) nextNs = Math.min(nextNs, atNs);
    }
    return nextNs;
  }

  /** Takes away what the move uses up; answers the message that it delivers. */
  #take(move: Move): Message | undefined {
    if (move.kind === "deliver") return this.#channel(move.from, move.to).queue.shift();
    if (move.kind === "timer") this.#timer(move.actor, move.id).atNs = Number.POSITIVE_INFINITY;
    return undefined;
  }

  #make(move: Move, message: Message | undefined): void {
    const mover = moverOf(move);
    const actor = this.#players.find((player) => player.actor.address === mover)?.actor;
    switch (move.kind) {
      case "deliver":
        if (message !== undefined) actor?.deliver(move.from, message);
        return;
      case "step":
        return actor?.step();
      case "timer":
        return actor?.deliver(mover, { type: "timer", id: move.id });
    }
  }

  /** Puts under way what becomes of a message that is sent; answers how many that are. */
  #pass(channel: Channel, message: Message): number {
    if (this.#gone.has(channel.to)) return 0;
    if (this.#middleware === undefined) {
      this.#put(channel, message);
      return 1;
    }
    const passed = this.#middleware.pass(channel.from, channel.to, message);
    for (const one of passed) this.#put(channel, one);
    return passed.length;
  }

  #put(channel: Channel, message: Message): void {
    const { from, to, queue } = channel;
    if (this.#gone.has(to)) return;
    invariant(queue.length < CHANNEL_MESSAGES, `room from ${addressName(from)} to ${addressName(to)}`);
    const safe = kept(message);
    queue.push(safe);
    for (const observer of this.#observers) observer.sent?.(from, to, safe);
  }

  #channel(from: Address, to: Address): Channel {
    for (const channel of this.#channels) if (channel.from === from && channel.to === to) return channel;
    const fresh: Channel = { from, to, queue: [], posted: 0, moves: new Map() };
    this.#channels.push(fresh);
    return fresh;
  }

  #timer(actor: Address, id: number): Timer {
    for (const timer of this.#timers) if (timer.actor === actor && timer.id === id) return timer;
    const fresh: Timer = { actor, id, atNs: Number.POSITIVE_INFINITY, move: { kind: "timer", actor, id } };
    this.#timers.push(fresh);
    return fresh;
  }
}
