/**
 * The mail of one worker: takes messages from its rings and hands them to the actors that live here, or does with them
 * what a fault wants; writes theirs to the rings of others, with posting, publishing and doorbells.
 */
import { invariant, VpioError } from "../base/errors.ts";
import { NS_PER_S } from "../base/units.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import type { Address } from "../protocol/address.ts";
import { addressName } from "../protocol/address.ts";
import { decode, encode } from "../protocol/codec.ts";
import type { Message } from "../protocol/messages.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { Inbox } from "../transport/inbox.ts";
import { RingReader, RingWriter } from "../transport/ring.ts";
import { Reception } from "./reception.ts";
import { type ActorLog, type Extra, LogWriter, type Taking } from "./recording.ts";
import { type Channel, doorbellOf, type Wiring, type WorkerName, workerOf } from "./wiring.ts";
import type { WorkerFaults } from "./worker-faults.ts";

/** A receiver that makes no room for so long is dead, or there is a deadlock: either is a defect. */
const FULL_RING_NS = 10 * NS_PER_S;

interface Outbox {
  readonly writer: RingWriter;
  readonly doorbell: Doorbell;
}

interface Timer {
  readonly actor: Address;
  readonly id: number;
  readonly atNs: number;
}

interface Resident {
  readonly actor: Actor;
  readonly reception: Reception;
}

export interface MailroomOptions {
  readonly name: WorkerName;
  readonly wiring: Wiring;
  readonly nowNs: () => number;
  /** Keep a log of each actor, for a replay. */
  readonly records: boolean;
  readonly faults: WorkerFaults | undefined;
}

export class Mailroom {
  readonly doorbell: Doorbell;
  readonly #name: WorkerName;
  readonly #nowNs: () => number;
  readonly #faults: WorkerFaults | undefined;
  readonly #inbox: Inbox;
  readonly #incoming: readonly Channel[];
  /** By sender, then by receiver: an actor writes only to its own rings. */
  readonly #outboxes = new Map<Address, Map<Address, Outbox>>();
  readonly #residents = new Map<Address, Resident>();
  #timers: readonly Timer[] = [];
  /** What is recorded of each actor here; empty when nothing is. */
  readonly #logs = new Map<Address, LogWriter>();
  readonly #records: boolean;
  #notifies = 0;

  constructor({ name, wiring, nowNs, records, faults }: MailroomOptions) {
    this.#name = name;
    this.#records = records;
    this.#nowNs = nowNs;
    this.#faults = faults;
    this.doorbell = new Doorbell(doorbellOf(wiring, name));
    this.#incoming = wiring.channels.filter(({ to }) => workerOf(to) === name);
    const rings = this.#incoming.map(({ from, ring }) => ({
      reader: new RingReader(ring),
      producer: new Doorbell(doorbellOf(wiring, workerOf(from))),
    }));
    this.#inbox = new Inbox({ rings, doorbell: this.doorbell, nowNs });
    for (const { from, to, ring } of wiring.channels) {
      if (workerOf(from) !== name) continue;
      const outbox = {
        writer: new RingWriter(ring),
        doorbell: new Doorbell(doorbellOf(wiring, workerOf(to))),
      };
      const mine = this.#outboxes.get(from) ?? new Map<Address, Outbox>();
      this.#outboxes.set(from, mine.set(to, outbox));
    }
  }

  get counters(): { readonly sleeps: number; readonly notifies: number } {
    return { sleeps: this.doorbell.sleeps, notifies: this.#notifies };
  }

  addActor(actor: Actor): void {
    const { send } = this.#plainPortsFor(actor.address);
    this.#residents.set(actor.address, { actor, reception: new Reception(actor, send) });
  }

  /** The log of the actor at `address`; undefined when nothing is recorded. */
  logOf(address: Address): LogWriter | undefined {
    return this.#logs.get(address);
  }

  /** The logs of all actors here, as plain data. */
  get logs(): ReadonlyMap<Address, ActorLog> {
    return new Map([...this.#logs].map(([address, log]) => [address, log.log()]));
  }

  /** The ports of the actor at `address`. */
  portsFor(address: Address): Ports {
    const ports = this.#plainPortsFor(address);
    if (!this.#records) return ports;
    const log = new LogWriter();
    this.#logs.set(address, log);
    return {
      ...ports,
      nowNs: () => log.value(ports.nowNs()),
      room: (to) => log.value(ports.room(to)),
    };
  }

  #plainPortsFor(address: Address): Ports {
    return {
      send: (to, message) => {
        const outbox = this.#write(address, to, message);
        this.#publish(outbox);
      },
      post: (to, message) => {
        this.#write(address, to, message);
      },
      flush: (to) => this.#publish(this.#outbox(address, to)),
      room: (to) => this.#outbox(address, to).writer.roomNow(),
      nowNs: this.#nowNs,
      setTimer: (id, atNs) => this.#setTimer(address, id, atNs),
    };
  }

  /** Lets an actor of this worker do a piece of its own work. */
  step(actor: Actor): void {
    this.#faults?.beforeMove(actor.address);
    this.#logs.get(actor.address)?.step();
    actor.step();
  }

  /** Delivers what has arrived, and the timers that are due; false when there was nothing. */
  deliver(): boolean {
    const taken = this.#inbox.poll((index, reader, offset) => {
      const channel = this.#incoming[index];
      invariant(channel !== undefined, `${this.#name} knows ring ${index}`);
      this.#arrive(channel, decode(reader, offset));
    });
    const late = this.#deliverLate();
    return this.#fireTimers() || late || taken > 0;
  }

  get isEmpty(): boolean {
    return this.#inbox.isEmpty();
  }

  /** Waits for mail or the next timer; returns after the longest sleep at the latest. */
  wait(): void {
    const nextNs = this.#nextNs();
    if (nextNs > this.#nowNs()) this.#inbox.wait(nextNs);
  }

  /** The same, while the event loop turns. */
  async doze(): Promise<void> {
    await this.#inbox.doze(this.#nextNs());
  }

  #nextNs(): number {
    return this.#timers.reduce(
      (at, timer) => Math.min(at, timer.atNs),
      this.#faults?.nextNs ?? Number.POSITIVE_INFINITY,
    );
  }

  #arrive({ from, to }: Channel, message: Message): void {
    if (this.#faults === undefined) return this.#take("deliver", from, to, message);
    this.#faults.beforeMove(to);
    const [taking, ...extras] = this.#faults.arrival(from, to, message);
    this.#take(taking, from, to, message);
    for (const extra of extras) this.#add(extra, from, to);
  }

  #take(how: Taking, from: Address, to: Address, message: Message): void {
    this.#logs.get(to)?.reach(how, from);
    this.#residentAt(to).reception.take(how, from, message);
  }

  #add(how: Extra, from: Address, to: Address): void {
    this.#logs.get(to)?.reach(how, from);
    this.#residentAt(to).reception.add(how, from);
  }

  #deliverLate(): boolean {
    if (this.#faults === undefined) return false;
    const due = this.#faults.takeDue(this.#nowNs());
    for (const { from, to } of due) {
      for (let left = this.#residentAt(to).reception.lateOf(from); left > 0; left--) {
        this.#faults.beforeMove(to);
        this.#add("late", from, to);
      }
    }
    return due.length > 0;
  }

  #write(from: Address, to: Address, message: Message): Outbox {
    const outbox = this.#outbox(from, to);
    const { writer } = outbox;
    const offset = writer.reserve() ?? this.#awaitRoom(outbox);
    encode(message, writer, offset, writer.spec.cellBytes);
    writer.advance();
    return outbox;
  }

  #publish({ writer, doorbell }: Outbox): void {
    if (writer.publish() && doorbell.ring()) this.#notifies++;
  }

  /** Only a burst of interrupts or frames gets here, and its receiver never waits for the sender. */
  #awaitRoom(outbox: Outbox): number {
    const { writer } = outbox;
    this.#publish(outbox);
    const giveUpNs = this.#nowNs() + FULL_RING_NS;
    for (;;) {
      const offset = writer.reserve();
      if (offset !== undefined) return offset;
      if (this.#nowNs() > giveUpNs)
        throw new VpioError("INTERNAL", `${writer.spec.name}: the ring stays full`);
    }
  }

  #fireTimers(): boolean {
    if (this.#timers.length === 0) return false;
    const nowNs = this.#nowNs();
    const due = this.#timers.filter(({ atNs }) => atNs <= nowNs);
    if (due.length === 0) return false;
    this.#timers = this.#timers.filter(({ atNs }) => atNs > nowNs);
    for (const { actor, id } of due) {
      this.#faults?.beforeMove(actor);
      this.#logs.get(actor)?.timer(id);
      this.#residentAt(actor).actor.deliver(actor, { type: "timer", id });
    }
    return true;
  }

  #setTimer(actor: Address, id: number, atNs: number | undefined): void {
    const others = this.#timers.filter((timer) => timer.actor !== actor || timer.id !== id);
    this.#timers = atNs === undefined ? others : [...others, { actor, id, atNs }];
  }

  #residentAt(address: Address): Resident {
    const resident = this.#residents.get(address);
    invariant(resident !== undefined, `${addressName(address)} lives in worker ${this.#name}`);
    return resident;
  }

  #outbox(from: Address, to: Address): Outbox {
    const outbox = this.#outboxes.get(from)?.get(to);
    invariant(outbox !== undefined, `there is a ring from ${addressName(from)} to ${addressName(to)}`);
    return outbox;
  }
}
