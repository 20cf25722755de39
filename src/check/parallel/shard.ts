/**
 * One worker of a parallel exploration. Each state belongs to one worker, by its content; each worker looks at its own
 * states, level by level, and sends those successors away that are not its own.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Canonical } from "../canonical.ts";
import { Ints } from "../growable.ts";
import { Handoff, type Parts } from "../handoff.ts";
import { LeapFinder } from "../leaps.ts";
import { Pieces } from "../pieces.ts";
import { type Break, brokenBy, isEnd, overfull } from "../properties.ts";
import { TupleSet } from "../tuple-set.ts";
import { Listener, Teller } from "./naming.ts";
import type { Batch, FromShard, ShardBrief, StateName } from "./protocol.ts";
import { Sharding } from "./sharding.ts";
import { toWords } from "./words.ts";

/** States that are sent together, and how often the worker looks for what others have sent. */
const BATCH_STATES = 2048;

type Broken = Extract<FromShard, { readonly type: "level" }>["broken"];

/** What goes to and comes from one other worker. */
interface Peer {
  readonly port: MessagePort;
  readonly teller: Teller;
  readonly listener: Listener;
  outgoing: Int32Array;
  held: number;
  /** It has said that it has no more of this level. */
  done: boolean;
}

export class Shard {
  readonly #brief: ShardBrief;
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #leaps: LeapFinder;
  readonly #canonical: Canonical;
  readonly #sharding: Sharding;
  readonly #states: TupleSet;
  /** Of each state its parent: worker and index in one number. */
  readonly #parents = new Ints();
  readonly #peers: readonly (Peer | undefined)[];
  readonly #state: Int32Array;
  readonly #words: Int32Array;
  #expanded = 0;
  #levelEnd = 0;
  #transitions = 0;
  #broken: Broken;
  #onPeersDone: (() => void) | undefined;

  constructor(brief: ShardBrief, parts: Parts) {
    for (const chart of Object.values(parts.charts)) chart.learn();
    this.#brief = brief;
    const system = new Handoff(brief.bounds, parts);
    this.#system = system;
    this.#pieces = new Pieces(system);
    this.#leaps = new LeapFinder(system, this.#pieces);
    this.#canonical = new Canonical(system, this.#pieces);
    this.#sharding = new Sharding(system, this.#pieces, this.#canonical, brief.workers);
    this.#states = new TupleSet(1 + system.bounds.guests);
    this.#state = new Int32Array(1 + system.bounds.guests);
    this.#words = system.initial();
    this.#pieces.collapse(this.#words, this.#state);
    this.#peers = brief.ports.map((port) => port && this.#peerAt(port));
    this.#canonical.apply(this.#state);
    if (this.#sharding.workerOf(this.#state) === brief.index) this.#add(this.#state, -1);
    this.#levelEnd = this.#states.size;
  }

  /** Looks at all states that are known by now; answers when the others have done so too. */
  async expand(): Promise<Extract<FromShard, { readonly type: "level" }>> {
    while (this.#expanded < this.#levelEnd && this.#broken === undefined && !this.#isFull()) {
      this.#states.read(this.#expanded, this.#state);
      this.#expandOne(this.#state, this.#expanded++);
      if (this.#expanded % BATCH_STATES === 0) this.#hearAll();
    }
    for (const peer of this.#peers) if (peer !== undefined) this.#send(peer, true);
    await this.#peersDone();
    // What comes from now on is a level further on.
    this.#levelEnd = this.#states.size;
    return {
      type: "level",
      states: this.#states.size,
      waiting: this.#levelEnd - this.#expanded,
      transitions: this.#transitions,
      memoryBytes: this.#bytes,
      full: this.#isFull(),
      broken: this.#broken,
    };
  }

  describe(index: number): Extract<FromShard, { readonly type: "state" }> {
    const state = new Int32Array(this.#states.width);
    this.#states.read(index, state);
    return {
      type: "state",
      words: toWords(this.#system, this.#wordsOf(state)),
      parent: this.#parentOf(index),
    };
  }

  get coverage(): readonly string[] {
    return [...this.#system.coverage];
  }

  get #bytes(): number {
    return this.#states.bytes + this.#pieces.bytes + this.#parents.bytes;
  }

  #peerAt(port: MessagePort): Peer {
    const words = BATCH_STATES * (this.#system.width + 1);
    const teller = new Teller(this.#system);
    const listener = new Listener(this.#system);
    const peer = { port, teller, listener, outgoing: new Int32Array(words), held: 0, done: false };
    port.on("message", (batch: Batch) => this.#hear(peer, batch));
    return peer;
  }

  #expandOne(state: Int32Array, index: number): void {
    const leaps = this.#leaps;
    leaps.clear();
    leaps.find(state, this.#brief.reduce);
    for (let i = 0; i < leaps.count && this.#broken === undefined; i++) this.#follow(state, index, i);
    if (leaps.count === 0 && !isEnd(this.#system, this.#wordsOf(state)))
      this.#break({ property: "no deadlock", what: "nothing can happen any more" }, index, true);
  }

  /** The `nth` step found out of a state. */
  #follow(state: Int32Array, index: number, nth: number): void {
    const leaps = this.#leaps;
    const broken = leaps.isWatched(nth)
      ? brokenBy(this.#system, this.#wordsOf(state), leaps.step(nth))
      : undefined;
    if (broken !== undefined) return this.#break(broken, index, false);
    this.#transitions++;
    const next = leaps.next[nth] as Int32Array;
    this.#canonical.apply(next);
    const peer = this.#peers[this.#sharding.workerOf(next)];
    if (peer === undefined) this.#take(next, { worker: this.#brief.index, index });
    else this.#put(peer, this.#wordsOf(next), index);
  }

  #wordsOf(state: Int32Array): Int32Array {
    this.#pieces.expand(state, this.#words);
    return this.#words;
  }

  #break(broken: Break, index: number, deadlock: boolean): void {
    this.#broken ??= { ...broken, at: { worker: this.#brief.index, index }, deadlock };
  }

  /** A state of its own. */
  #take(state: Int32Array, parent: StateName): void {
    if (!this.#add(state, parent.index * this.#brief.workers + parent.worker)) return;
    const leak = this.#leaps.overfull(state) ? overfull(this.#system, this.#wordsOf(state)) : undefined;
    if (leak !== undefined) this.#broken ??= { ...leak, at: parent, deadlock: false };
  }

  #add(state: Int32Array, parent: number): boolean {
    const isNew = this.#states.add(state) < 0;
    if (isNew) this.#parents.push(parent);
    return isNew;
  }

  #parentOf(index: number): StateName {
    const parent = this.#parents.at(index);
    const { workers } = this.#brief;
    return parent < 0
      ? { worker: 0, index: -1 }
      : { worker: parent % workers, index: Math.floor(parent / workers) };
  }

  #put(peer: Peer, state: Int32Array, parent: number): void {
    const words = this.#system.width + 1;
    peer.outgoing.set(state, peer.held * words);
    peer.outgoing[peer.held * words + words - 1] = parent;
    if (++peer.held === BATCH_STATES) this.#send(peer, false);
  }

  #send(peer: Peer, last: boolean): void {
    const words = this.#system.width + 1;
    const states = peer.outgoing.slice(0, peer.held * words);
    peer.held = 0;
    const batch: Batch = { news: peer.teller.news(), states, last };
    peer.port.postMessage(batch, [states.buffer]);
  }

  #hear(peer: Peer, { news, states, last }: Batch): void {
    peer.listener.hear(news);
    const worker = this.#peers.indexOf(peer);
    const { width } = this.#system;
    const own = new Int32Array(width);
    const state = new Int32Array(this.#states.width);
    for (let from = 0; from < states.length; from += width + 1) {
      peer.listener.translate(states, from, own);
      this.#pieces.collapse(own, state);
      this.#canonical.apply(state);
      this.#take(state, { worker, index: states[from + width] ?? 0 });
    }
    if (last) peer.done = true;
    this.#sayWhenDone();
  }

  /** What has arrived by now; messages must not pile up while this thread is busy. */
  #hearAll(): void {
    for (const peer of this.#peers) {
      if (peer === undefined) continue;
      for (
        let got = receiveMessageOnPort(peer.port);
        got !== undefined;
        got = receiveMessageOnPort(peer.port)
      )
        this.#hear(peer, got.message as Batch);
    }
  }

  #peersDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#onPeersDone = resolve;
      this.#sayWhenDone();
    });
  }

  #sayWhenDone(): void {
    if (this.#onPeersDone === undefined || this.#peers.some((peer) => peer?.done === false)) return;
    for (const peer of this.#peers) if (peer !== undefined) peer.done = false;
    this.#onPeersDone();
    this.#onPeersDone = undefined;
  }

  #isFull(): boolean {
    return this.#bytes + this.#states.bytesToGrow(1) > this.#brief.memoryBytes;
  }
}
