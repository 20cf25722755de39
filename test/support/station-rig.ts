/**
 * A guest's software on a processor, a card that is nothing but two queues, and peers behind a wire, all in
 * virtual time and one step at a time. Every port operation takes `OP_NS`; a frame takes `WIRE_NS` from end
 * to end.
 */
import { type DriverCounters, type NetDriver, newCounters } from "../../src/devices/driver.ts";
import type { Mac } from "../../src/ethernet/mac.ts";
import { inb, outb, type Program } from "../../src/hardware/cpu.ts";
import { Processor } from "../../src/hardware/processor.ts";
import type { Peer } from "../../src/peers/peer.ts";
import type { GuestSoftware } from "../../src/workloads/software.ts";

export const OP_NS = 100;
export const WIRE_NS = 10_000;
export const GUEST_MAC: Mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
export const GUEST_IP = 0x0a00_0001;
const PORT = 0x300;

interface Event {
  readonly atNs: number;
  readonly run: () => void;
}

export interface RigOptions {
  readonly peers?: readonly Peer[];
  /** Frames the card takes before it must be waited for; 4 unless told. */
  readonly cardFrames?: number;
  /** From a frame's handing over to the interrupt that says it has left; 1 µs unless told. */
  readonly sendNs?: number;
  /** True for the frames that the wire is to lose, by direction and the frame's number there, from 0. */
  readonly loses?: (direction: "out" | "in", index: number, frame: Uint8Array) => boolean;
}

/** The card and the wire; `line` is the interrupt line. */
export class Rig {
  nowNs = 0;
  /** What has left the card, lost frames included. */
  readonly sent: Uint8Array[] = [];
  readonly #options: RigOptions;
  readonly #events: Event[] = [];
  #underWay = 0;
  #completed = 0;
  #arrived: Uint8Array[] = [];
  #outCount = 0;
  #inCount = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    for (const peer of options.peers ?? []) this.#armTimer(peer);
  }

  get line(): boolean {
    return this.#completed > 0 || this.#arrived.length > 0;
  }

  readonly makeDriver = (onReceive: (frame: Uint8Array) => void): NetDriver => new RigDriver(this, onReceive);

  get hasRoom(): boolean {
    return this.#underWay < (this.#options.cardFrames ?? 4);
  }

  get idle(): boolean {
    return this.#underWay === 0;
  }

  /** The driver's doorbell. */
  transmit(frame: Uint8Array): void {
    const copy = frame.slice();
    this.#underWay++;
    this.at(this.nowNs + (this.#options.sendNs ?? 1000), () => {
      this.#completed++;
      this.sent.push(copy);
      if (this.#options.loses?.("out", this.#outCount++, copy)) return;
      this.at(this.nowNs + WIRE_NS, () => this.#reachPeers(copy));
    });
  }

  /** The driver's acknowledgement: answers the frames that have arrived. */
  acknowledge(): readonly Uint8Array[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#underWay -= this.#completed;
    this.#completed = 0;
    return arrived;
  }

  /** A frame from the wire, now. */
  deliver(frame: Uint8Array): void {
    if (this.#options.loses?.("in", this.#inCount++, frame)) return;
    this.#arrived.push(frame.slice());
  }

  at(atNs: number, run: () => void): void {
    const index = this.#events.findIndex((event) => event.atNs > atNs);
    this.#events.splice(index < 0 ? this.#events.length : index, 0, { atNs, run });
  }

  /**
   * Runs until `done`, until the software ends, or until `limitNs`; answers true when not the limit ended it.
   */
  run(software: GuestSoftware, done: () => boolean, limitNs = 10_000_000_000): boolean {
    const processor = new Processor(software);
    let answer = 0;
    while (this.nowNs < limitNs) {
      processor.line = this.line;
      const stop = processor.resume(answer, () => this.nowNs);
      if (done() || stop.kind === "end") return true;
      answer = stop.kind === "in" ? 0xff : 0;
      if (stop.kind !== "hlt") this.#advance(this.nowNs + OP_NS);
      else if (!this.#halt(stop.untilNs, limitNs)) return false;
    }
    return false;
  }

  /** Lets what is on the wire reach the peers. */
  settle(): void {
    this.#advance(this.nowNs + WIRE_NS);
  }

  /** Waits as HLT does; false when nothing can ever happen again. */
  #halt(untilNs: number | undefined, limitNs: number): boolean {
    while (!this.line && this.nowNs < (untilNs ?? limitNs)) {
      const next = Math.min(this.#events[0]?.atNs ?? Infinity, untilNs ?? Infinity);
      if (next === Infinity) return false;
      this.#advance(Math.max(next, this.nowNs));
    }
    return true;
  }

  #advance(toNs: number): void {
    for (let event = this.#events[0]; event !== undefined && event.atNs <= toNs; event = this.#events[0]) {
      this.#events.shift();
      this.nowNs = Math.max(this.nowNs, event.atNs);
      event.run();
    }
    this.nowNs = toNs;
  }

  #reachPeers(frame: Uint8Array): void {
    for (const peer of this.#options.peers ?? []) {
      for (const reply of peer.receive(frame, this.nowNs)) this.#fromPeer(reply);
    }
  }

  #fromPeer(frame: Uint8Array): void {
    this.at(this.nowNs + WIRE_NS, () => this.deliver(frame));
  }

  #armTimer(peer: Peer): void {
    const nextNs = peer.nextNs();
    if (nextNs === undefined) return;
    this.at(nextNs, () => {
      for (const frame of peer.timer(this.nowNs)) this.#fromPeer(frame);
      this.#armTimer(peer);
    });
  }
}

/** One port operation for each call, so that interrupts find their boundaries. */
class RigDriver implements NetDriver {
  readonly counters: DriverCounters = newCounters();
  readonly mac = GUEST_MAC;
  readonly #rig: Rig;
  readonly #onReceive: (frame: Uint8Array) => void;

  constructor(rig: Rig, onReceive: (frame: Uint8Array) => void) {
    this.#rig = rig;
    this.#onReceive = onReceive;
  }

  *open(): Program<void> {
    yield outb(PORT, 1);
  }

  *transmit(frame: Uint8Array): Program<boolean> {
    const { hasRoom } = this.#rig;
    // Room that is made from here on comes with an interrupt, which the caller must not miss.
    yield inb(PORT);
    if (!hasRoom) return false;
    this.#rig.transmit(frame);
    this.counters.sentFrames++;
    return true;
  }

  get transmitIdle(): boolean {
    return this.#rig.idle;
  }

  *interrupt(): Program<void> {
    yield inb(PORT);
    for (const frame of this.#rig.acknowledge()) {
      this.counters.receivedFrames++;
      this.#onReceive(frame);
    }
  }

  *close(): Program<void> {
    yield outb(PORT, 0);
  }
}
