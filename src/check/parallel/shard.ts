/**
 * One worker of a parallel exploration. Each state belongs to one worker, by its content; each worker looks at its own
 * states, level by level, and sends those successors away that are not its own.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { beginnings } from "../beginnings.ts";
import { Canonical } from "../canonical.ts";
import { Ints } from "../growable.ts";
import { Handoff, type Parts } from "../handoff.ts";
import { LeapFinder } from "../leaps.ts";
import { Pieces } from "../pieces.ts";
import { type Break, brokenBy, isEnd, overfull } from "../properties.ts";
import { TupleSet } from "../tuple-set.ts";
import { Found } from "./found.ts";
import { Listener, Teller } from "./naming.ts";
import type { Batch, FromShard, ShardBrief, StateName } from "./protocol.ts";
import { RecentTuples } from "./recent.ts";
import { Sharding } from "./sharding.ts";
import { toWords } from "./words.ts";

/** States that are sent together, and how often the worker looks for what others have sent. */
const BATCH_STATES = 2048;
/** States that are looked at together: what comes of them is added at once. */
const CHUNK_STATES = 64;

type Broken = Extract<FromShard, { readonly type: "level" }>["broken"];

/** What goes to and comes from one other worker. */
interface Peer {
  readonly port: MessagePort;
  readonly teller: Teller;
  readonly listener: Listener;
  /** What has gone to it already need not go again. */
  readonly sent: RecentTuples;
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
  readonly #found = new Found();
  /** Room for the states of a batch. */
  readonly #heard: Int32Array[] = [];
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
    this.#words = new Int32Array(system.width);
    this.#peers = brief.ports.map((port) => port && this.#peerAt(port));
    for (const initial of beginnings(system)) this.#begin(initial);
    this.#levelEnd = this.#states.size;
  }

  #begin(initial: Int32Array): void {
    const state = this.#canonical.of(initial);
    if (this.#sharding.workerOf(state) !== this.#brief.index) return;
    if (this.#states.add(state) < 0) this.#parents.push(-1);
  }

  /** Looks at all states that are known by now; answers when the others have done so too. */
  async expand(): Promise<Extract<FromShard, { readonly type: "level" }>> {
    for (let chunk = 1; this.#expanded < this.#levelEnd; chunk++) {
      if (this.#broken !== undefined || this.#isFull()) break;
      this.#expandChunk(Math.min(this.#expanded + CHUNK_STATES, this.#levelEnd));
      if (chunk % (BATCH_STATES / CHUNK_STATES) === 0) this.#hearAll();
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
      parent: this.#nameFrom(this.#parents.at(index)),
    };
  }

  get coverage(): readonly string[] {
    return [...this.#system.coverage];
  }

  get #bytes(): number {
    return this.#states.bytes + this.#pieces.bytes + this.#parents.bytes;
  }

  #peerAt(port: MessagePort): Peer {
    const { width } = this.#states;
    const peer = {
      ...{ port, teller: new Teller(this.#system, this.#pieces) },
      ...{ listener: new Listener(this.#system, this.#pieces), sent: new RecentTuples(width) },
      ...{ outgoing: new Int32Array(BATCH_STATES * (width + 1)), held: 0, done: false },
    };
    port.on("message", (batch: Batch) => this.#hear(peer, batch));
    return peer;
  }

  /** Looks at the states up to `end`. */
  #expandChunk(end: number): void {
    this.#leaps.clear();
    this.#found.clear();
    while (this.#expanded < end && this.#broken === undefined) {
      this.#states.read(this.#expanded, this.#state);
      this.#expandOne(this.#state, this.#expanded++);
    }
    this.#addFound();
  }

  #expandOne(state: Int32Array, index: number): void {
    const leaps = this.#leaps;
    const first = leaps.count;
    leaps.find(state, this.#brief.reduce);
    for (let i = first; i < leaps.count && this.#broken === undefined; i++) this.#follow(state, index, i);
    if (leaps.count === first && !isEnd(this.#system, this.#wordsOf(state)))
      this.#break({ property: "no deadlock", what: "nothing can happen any more" }, index, true);
  }

  /** The `nth` step found. */
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
    if (peer === undefined) this.#found.push(next, this.#nameOf(this.#brief.index, index));
    else this.#put(peer, next, index);
  }

  #wordsOf(state: Int32Array): Int32Array {
    this.#pieces.expand(state, this.#words);
    return this.#words;
  }

  #break(broken: Break, index: number, deadlock: boolean): void {
    this.#broken ??= { ...broken, at: { worker: this.#brief.index, index }, deadlock };
  }

  /** Keeps those found that are new. */
  #addFound(): void {
    const { states, parents, count } = this.#found;
    const indices = this.#states.addAll(states, count);
    for (let i = 0; i < count; i++) {
      if ((indices[i] ?? 0) >= 0) continue;
      const parent = parents[i] ?? -1;
      this.#parents.push(parent);
      this.#lookForLeaks(states[i] as Int32Array, parent);
    }
  }

  #lookForLeaks(state: Int32Array, parent: number): void {
    if (!this.#leaps.overfull(state)) return;
    const leak = overfull(this.#system, this.#wordsOf(state));
    if (leak !== undefined) this.#broken ??= { ...leak, at: this.#nameFrom(parent), deadlock: false };
  }

  /** A state's name as one number. */
  #nameOf(worker: number, index: number): number {
    return index * this.#brief.workers + worker;
  }

  #nameFrom(name: number): StateName {
    const { workers } = this.#brief;
    return name < 0
      ? { worker: 0, index: -1 }
      : { worker: name % workers, index: Math.floor(name / workers) };
  }

  #put(peer: Peer, state: Int32Array, parent: number): void {
    if (peer.sent.meet(state)) return;
    peer.teller.mention(state);
    const at = peer.held * (state.length + 1);
    peer.outgoing.set(state, at);
    peer.outgoing[at + state.length] = parent;
    if (++peer.held === BATCH_STATES) this.#send(peer, false);
  }

  #send(peer: Peer, last: boolean): void {
    const states = peer.outgoing.slice(0, peer.held * (this.#states.width + 1));
    peer.held = 0;
    const batch: Batch = { news: peer.teller.news(), states, last };
    peer.port.postMessage(batch, [states.buffer]);
  }

  #hear(peer: Peer, { news, states, last }: Batch): void {
    peer.listener.hear(news);
    const worker = this.#peers.indexOf(peer);
    const { width } = this.#states;
    this.#found.clear();
    for (let from = 0; from < states.length; from += width + 1) {
      const state = this.#heard[this.#found.count] ?? this.#newRow(this.#found.count);
      peer.listener.translate(states, from, state);
      this.#canonical.apply(state);
      this.#found.push(state, this.#nameOf(worker, states[from + width] ?? 0));
    }
    this.#addFound();
    if (last) peer.done = true;
    this.#sayWhenDone();
  }

  #newRow(index: number): Int32Array {
    const row = new Int32Array(this.#states.width);
    this.#heard[index] = row;
    return row;
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
    return this.#bytes + this.#states.bytesToGrow(BATCH_STATES) > this.#brief.memoryBytes;
  }
}
