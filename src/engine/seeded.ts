/**
 * The seeded engine: the same actors and bodies as on threads, on one thread and in virtual time. A scheduler decides at
 * every step who moves, so that a run is a function of its scenario and its decisions.
 */
import { VpioError } from "../base/errors.ts";
import type { Actor, OnStep, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import type { Message, MessageType } from "../protocol/messages.ts";
import type { Costs } from "../scenario/scenario.ts";
import { moveNs } from "./costs.ts";
import { kept } from "./post.ts";
import type { Move, Scheduler } from "./scheduler.ts";

/** Messages that fit between two actors, as on threads. */
const CHANNEL_MESSAGES = 256;

interface Channel {
  readonly kind: "channel";
  readonly from: Address;
  readonly to: Address;
  readonly queue: Message[];
  /** Messages at the end of the queue that are posted and not published: nobody sees them yet. */
  posted: number;
  /** The move that delivers the oldest message, by its type: made once, listed often. */
  readonly moves: Map<MessageType, DeliverMove>;
  /** The one that was listed last: most channels carry the same message again and again. */
  move: DeliverMove | undefined;
}

type DeliverMove = Extract<Move, { readonly kind: "deliver" }>;

interface Timer {
  readonly kind: "timer";
  readonly actor: Address;
  readonly id: number;
  /** Infinity while it is not set. */
  atNs: number;
  readonly move: Move;
}

interface Player {
  readonly kind: "player";
  readonly actor: Actor;
  readonly move: Move;
}

/** Where a possible move comes from. */
type Source = Channel | Timer | Player;

/** Sees a run move by move, and changes nothing. */
export interface Observer {
  /** A message is put under way. */
  readonly sent?: (from: Address, to: Address, message: Message) => void;
  /** A move begins; `message` is what it delivers. */
  readonly begins?: (move: Move, message: Message | undefined) => void;
  /** The move is over, and all that it has caused at once. */
  readonly ends?: (move: Move) => void;
  /** An actor's statechart has taken an event. */
  readonly stepped?: (actor: Address, ...step: Parameters<OnStep>) => void;
}

/** Stands between the actors and the engine, to do harm. */
export interface Middleware {
  /** What is put under way in place of a message that is sent. */
  readonly pass: (from: Address, to: Address, message: Message) => readonly Message[];
  /** Before a move that has been chosen: true when it is called off, because of what has been done to its actor. */
  readonly strikes: (move: Move) => boolean;
}

export class SeededEngine {
  readonly isTimed = true;
  readonly #scheduler: Scheduler;
  readonly #costs: Costs;
  readonly #players: Player[] = [];
  readonly #channels: Channel[] = [];
  /** The same channels, by sender and by receiver. */
  readonly #bySender = new Map<Address, Map<Address, Channel>>();
  readonly #timers: Timer[] = [];
  /** What is done at a certain time, beside the moves. */
  #alarms: readonly { readonly atNs: number; readonly action: () => void }[] = [];
  readonly #gone = new Set<Address>();
  readonly #stalled = new Set<Address>();
  readonly #possible: Move[] = [];
  /** Where each of them comes from; and how many there are. */
  readonly #sources: Source[] = [];
  #listed = 0;
  #nowNs = 0;
  #moves = 0;
  #observers: readonly Observer[] = [];
  /** Those of them that look on at statecharts: most runs have none. */
  #stepWatchers: readonly NonNullable<Observer["stepped"]>[] = [];
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

  underWay(from: Address, to: Address): number {
    return this.#channel(from, to).queue.length;
  }

  /** Those that were added and have not been removed. */
  get actors(): readonly Actor[] {
    return this.#players.map(({ actor }) => actor);
  }

  add(actor: Actor): void {
    this.#players.push({ kind: "player", actor, move: { kind: "step", actor: actor.address } });
  }

  observe(observer: Observer): void {
    this.#observers = [...this.#observers, observer];
    if (observer.stepped !== undefined) this.#stepWatchers = [...this.#stepWatchers, observer.stepped];
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
    const own = this.#channelsOf(from);
    const channelTo = (to: Address): Channel => own.get(to) ?? this.#channelAmong(own, from, to);
    return {
      send: (to, message) => {
        const channel = channelTo(to);
        this.#pass(channel, message);
        channel.posted = 0;
      },
      post: (to, message) => {
        const channel = channelTo(to);
        channel.posted += this.#pass(channel, message);
      },
      flush: (to) => {
        channelTo(to).posted = 0;
      },
      room: (to) => CHANNEL_MESSAGES - channelTo(to).queue.length,
      nowNs: () => this.#nowNs,
      setTimer: (id, atNs) => {
        this.#timer(from, id).atNs = atNs ?? Number.POSITIVE_INFINITY;
      },
      onStep: (...step) => {
        for (const watcher of this.#stepWatchers) watcher(from, ...step);
      },
    };
  }

  /** What could come next, of what is possible at this very time. Changes nothing. */
  possible(): readonly Move[] {
    this.#listNow();
    return [...this.#possible];
  }

  /** Makes one move, letting time pass when nothing else can happen; false when nothing ever will. */
  move(): boolean {
    if (!this.#list()) return false;
    const at = this.#scheduler.choose(this.#possible);
    const [move, source] = [this.#possible[at], this.#sources[at]];
    if (move === undefined || source === undefined)
      throw new VpioError("INTERNAL", `scheduler ${this.#scheduler.name} picks a move that does not exist`);
    this.#moves++;
    if (this.#middleware?.strikes(move)) return true;
    const message = take(source);
    this.#nowNs += moveNs(this.#costs, move, message);
    for (const observer of this.#observers) observer.begins?.(move, message);
    this.#make(source, message);
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
      if (this.#alarms.length > 0) this.#soundAlarms();
      this.#listNow();
      if (this.#listed > 0) return true;
      const nextNs = this.#nextNs();
      if (nextNs === Number.POSITIVE_INFINITY) return false;
      this.#nowNs = Math.max(this.#nowNs, nextNs);
    }
  }

  #listNow(): void {
    this.#listed = 0;
    for (const channel of this.#channels) {
      if (channel.queue.length > channel.posted) this.#listDelivery(channel);
    }
    for (const player of this.#players) {
      if (player.actor.runnable) this.#listSource(player.move, player, player.actor.address);
    }
    for (const timer of this.#timers)
      if (timer.atNs <= this.#nowNs) this.#listSource(timer.move, timer, timer.actor);
    // Only ever cut short: an array that is emptied gives its memory back, at every move.
    while (this.#possible.length > this.#listed) this.#possible.pop();
  }

  #listSource(move: Move, source: Source, mover: Address): void {
    if (this.#stalled.size > 0 && this.#stalled.has(mover)) return;
    this.#possible[this.#listed] = move;
    this.#sources[this.#listed++] = source;
  }

  #listDelivery(channel: Channel): void {
    const [oldest] = channel.queue;
    if (oldest === undefined) return;
    if (channel.move?.type !== oldest.type) channel.move = moveOf(channel, oldest.type);
    this.#listSource(channel.move, channel, channel.to);
  }

  #soundAlarms(): void {
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

  #make(source: Source, message: Message | undefined): void {
    switch (source.kind) {
      case "channel":
        if (message !== undefined) this.#actor(source.to)?.deliver(source.from, message);
        return;
      case "player":
        return source.actor.step();
      case "timer":
        return this.#actor(source.actor)?.deliver(source.actor, { type: "timer", id: source.id });
    }
  }

  #actor(address: Address): Actor | undefined {
    for (const { actor } of this.#players) if (actor.address === address) return actor;
    return undefined;
  }

  /** Puts under way what becomes of a message that is sent; answers how many that are. */
  #pass(channel: Channel, message: Message): number {
    if (this.#isGone(channel.to)) return 0;
    if (this.#middleware === undefined) {
      this.#put(channel, message);
      return 1;
    }
    const passed = this.#middleware.pass(channel.from, channel.to, message);
    for (const one of passed) this.#put(channel, one);
    return passed.length;
  }

  #put({ from, to, queue }: Channel, message: Message): void {
    if (this.#isGone(to)) return;
    if (queue.length >= CHANNEL_MESSAGES)
      throw new VpioError("INTERNAL", `no room from ${addressName(from)} to ${addressName(to)}`);
    const safe = kept(message);
    queue.push(safe);
    for (const observer of this.#observers) observer.sent?.(from, to, safe);
  }

  #isGone(address: Address): boolean {
    return this.#gone.size > 0 && this.#gone.has(address);
  }

  #channel(from: Address, to: Address): Channel {
    return this.#channelAmong(this.#channelsOf(from), from, to);
  }

  #channelsOf(from: Address): Map<Address, Channel> {
    const known = this.#bySender.get(from) ?? new Map<Address, Channel>();
    this.#bySender.set(from, known);
    return known;
  }

  #channelAmong(own: Map<Address, Channel>, from: Address, to: Address): Channel {
    const known = own.get(to);
    if (known !== undefined) return known;
    const fresh: Channel = {
      kind: "channel",
      from,
      to,
      queue: [],
      posted: 0,
      moves: new Map(),
      move: undefined,
    };
    own.set(to, fresh);
    this.#channels.push(fresh);
    return fresh;
  }

  #timer(actor: Address, id: number): Timer {
    for (const timer of this.#timers) if (timer.actor === actor && timer.id === id) return timer;
    const move = { kind: "timer", actor, id } as const;
    const fresh: Timer = { kind: "timer", actor, id, atNs: Number.POSITIVE_INFINITY, move };
    this.#timers.push(fresh);
    return fresh;
  }
}

/** Takes away what a move uses up; answers the message that it delivers. */
function take(source: Source): Message | undefined {
  if (source.kind === "channel") return source.queue.shift();
  if (source.kind === "timer") source.atNs = Number.POSITIVE_INFINITY;
  return undefined;
}

function moveOf({ from, to, moves }: Channel, type: MessageType): DeliverMove {
  const known = moves.get(type);
  if (known !== undefined) return known;
  const move = { kind: "deliver", from, to, type } as const;
  moves.set(type, move);
  return move;
}
