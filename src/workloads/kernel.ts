/**
 * The guest's kernel, as small as it can be: one card, one workload. The interrupt handler only runs the
 * driver and queues frames; protocol work (ARP, ping) is done by the main program whenever the workload waits
 * or has sent, so a reply that must wait for room in the card never waits inside the handler that would make
 * the room.
 */
import type { NetDriver } from "../devices/driver.ts";
import { type ArpPacket, parseArp } from "../ethernet/arp.ts";
import { ETHERTYPE, type EthernetFrame, parseEthernet } from "../ethernet/ethernet.ts";
import {
  arpReplyFrame,
  arpRequestFrame,
  type Host,
  isAddressedTo,
  pingReplyFrame,
  udpFrame,
} from "../ethernet/host.ts";
import { parseIpv4 } from "../ethernet/ipv4.ts";
import type { Mac } from "../ethernet/mac.ts";
import type { UdpDatagram } from "../ethernet/udp.ts";
import { cli, clock, hlt, type Program, sti } from "../hardware/cpu.ts";
import { ArpTable } from "./arp-table.ts";
import { Report } from "./report.ts";
import type { GuestSoftware, KernelCounters } from "./software.ts";
import type { Arrival, Station, StationProgram } from "./station.ts";

/**
 * Sees each frame that crosses the border between kernel and driver, for captures; must not keep or change
 * it.
 */
export interface FrameObserver {
  frameSent(frame: Uint8Array): void;
  frameReceived(frame: Uint8Array): void;
}

export interface KernelOptions {
  /** The guest's own address until it is given another, unsigned, 32 bits. */
  readonly ip: number;
  /** Makes the card's driver; it calls `onReceive` from its interrupt handler. */
  readonly makeDriver: (onReceive: (frame: Uint8Array) => void) => NetDriver;
  readonly observer?: FrameObserver | undefined;
  /** Frames in each of the two receive queues; 256 unless told. */
  readonly queueFrames?: number;
  /** How long one ARP request is waited for; 100 ms unless told. */
  readonly arpTimeoutNs?: number;
  /**
   * How many ARP requests are sent before giving up; 20 unless told: the card may be another guest's for a
   * while.
   */
  readonly arpTries?: number;
}

const QUEUE_FRAMES = 256;
const ARP_TIMEOUT_NS = 100_000_000;
const ARP_TRIES = 20;

export class Kernel implements Station {
  readonly driver: NetDriver;
  readonly report = new Report();
  readonly #options: KernelOptions;
  readonly #queueFrames: number;
  readonly #arp = new ArpTable();
  /** Filled by the interrupt handler, emptied by the main program. */
  readonly #backlog: Uint8Array[] = [];
  /** What the workload has asked for and not fetched. */
  readonly #inbox: Arrival[] = [];
  readonly #counters = {
    backlogDropped: 0,
    inboxDropped: 0,
    foreign: 0,
    unwanted: 0,
    arpRequestsSent: 0,
    arpRepliesSent: 0,
    pingRepliesSent: 0,
  };
  #ip: number;
  #wanted: (arrival: Arrival) => boolean = () => false;
  #identification = 0;

  constructor(options: KernelOptions) {
    this.#ip = options.ip;
    this.#options = options;
    this.#queueFrames = options.queueFrames ?? QUEUE_FRAMES;
    this.driver = options.makeDriver((frame) => this.#queue(frame));
  }

  get ip(): number {
    return this.#ip;
  }

  get mac(): Mac {
    return this.driver.mac;
  }

  get counters(): KernelCounters {
    return { ...this.#counters };
  }

  /** The kernel with `workload` on it, ready to run. */
  software(workload: StationProgram): GuestSoftware {
    return {
      main: () => this.#main(workload),
      interrupt: () => this.driver.interrupt(),
      report: () => ({
        workload: this.report.snapshot(),
        kernel: this.counters,
        driver: { ...this.driver.counters },
      }),
    };
  }

  *clock(): Program<number> {
    return yield clock;
  }

  *send(frame: Uint8Array): Program<void> {
    yield* this.#transmit(frame);
    this.report.countSent(frame);
    yield* this.#bottomHalf();
  }

  *sendUdp(to: Host, datagram: UdpDatagram): Program<void> {
    yield* this.send(udpFrame(this, to, this.#identification++, datagram));
  }

  setAddress(ip: number): void {
    this.#ip = ip;
  }

  accept(wanted: (arrival: Arrival) => boolean): void {
    this.#wanted = wanted;
  }

  *receive(untilNs: number | undefined): Program<Arrival | undefined> {
    yield* this.#waitFor(() => this.#inbox.length > 0, untilNs);
    return this.#inbox.shift();
  }

  *sleepUntil(atNs: number): Program<void> {
    yield* this.#waitFor(() => false, atNs);
  }

  *resolve(ip: number): Program<Host | undefined> {
    const tries = this.#options.arpTries ?? ARP_TRIES;
    for (let tried = 0; tried < tries && !this.#arp.has(ip); tried++) {
      this.#counters.arpRequestsSent++;
      yield* this.#transmit(arpRequestFrame(this, ip));
      const sentNs = yield clock;
      yield* this.#waitFor(() => this.#arp.has(ip), sentNs + (this.#options.arpTimeoutNs ?? ARP_TIMEOUT_NS));
    }
    const mac = this.#arp.get(ip);
    return mac === undefined ? undefined : { mac, ip };
  }

  *#main(workload: StationProgram): Program<void> {
    yield* this.driver.open();
    yield* workload(this);
    yield* this.#waitFor(() => this.driver.transmitIdle, undefined);
    this.report.finished = true;
    yield* this.#waitFor(() => false, undefined);
  }

  /** Runs within the driver's interrupt handler. */
  #queue(frame: Uint8Array): void {
    this.#options.observer?.frameReceived(frame);
    if (this.#backlog.length >= this.#queueFrames) this.#counters.backlogDropped++;
    else this.#backlog.push(frame);
  }

  /**
   * Hands the frame to the driver, waiting for room. From the driver's refusal to the halt interrupts stay
   * off, so the interrupt that makes room cannot slip in between. `hlt` returns at once while the interrupt
   * line is high, whether interrupts are on or off, and `sti` lets the handler run. (x86 has the same in
   * `sti; hlt`: the first instruction takes effect only after the second has begun.)
   */
  *#transmit(frame: Uint8Array): Program<void> {
    this.#options.observer?.frameSent(frame);
    yield cli;
    while (!(yield* this.driver.transmit(frame))) {
      yield hlt();
      yield sti;
      yield cli;
    }
    yield sti;
  }

  /** Does the protocol work until `done` holds (true) or it is `untilNs` (false; undefined: for ever). */
  *#waitFor(done: () => boolean, untilNs: number | undefined): Program<boolean> {
    for (;;) {
      yield* this.#bottomHalf();
      if (done()) return true;
      if (untilNs !== undefined && (yield clock) >= untilNs) return false;
      yield cli;
      if (this.#backlog.length === 0 && !done()) yield hlt(untilNs);
      yield sti;
    }
  }

  /**
   * Handles the frames that are queued now; those that come meanwhile must wait, so that a flood starves
   * nobody.
   */
  *#bottomHalf(): Program<void> {
    for (let left = this.#backlog.length; left > 0; left--) {
      const bytes = this.#backlog.shift();
      const frame = bytes === undefined ? undefined : parseEthernet(bytes);
      if (frame !== undefined) yield* this.#handle(frame);
    }
  }

  *#handle(frame: EthernetFrame): Program<void> {
    if (!isAddressedTo(this, frame)) {
      this.#counters.foreign++;
      return;
    }
    const arp = frame.etherType === ETHERTYPE.arp ? parseArp(frame.payload) : undefined;
    if (arp !== undefined) {
      yield* this.#handleArp(arp);
      return;
    }
    const packet = frame.etherType === ETHERTYPE.ipv4 ? parseIpv4(frame.payload) : undefined;
    const reply = packet && pingReplyFrame(this, frame.source, packet);
    if (reply === undefined) {
      this.#deliver({ frame, packet });
      return;
    }
    this.#counters.pingRepliesSent++;
    yield* this.#transmit(reply);
  }

  *#handleArp(packet: ArpPacket): Program<void> {
    this.#arp.learn(packet, this.ip);
    const reply = arpReplyFrame(this, packet);
    if (reply === undefined) return;
    this.#counters.arpRepliesSent++;
    yield* this.#transmit(reply);
  }

  #deliver(arrival: Arrival): void {
    if (!this.#wanted(arrival)) this.#counters.unwanted++;
    else if (this.#inbox.length >= this.#queueFrames) this.#counters.inboxDropped++;
    else this.#inbox.push(arrival);
  }
}
