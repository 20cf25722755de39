/**
 * The hosts on the wire. A peer is pure: it is called with a time and frames, and answers with frames. All
 * peers answer ARP and ping, and check the probes that are sent to them.
 */
import { Histogram, type HistogramData } from "../base/histogram.ts";
import { parseArp } from "../ethernet/arp.ts";
import { ETHERTYPE, type EthernetFrame, parseEthernet } from "../ethernet/ethernet.ts";
import { type FlowReport, FlowTable } from "../ethernet/flows.ts";
import { arpReplyFrame, type Host, isAddressedTo, padFrame, pingReplyFrame } from "../ethernet/host.ts";
import { type Ipv4Packet, parseIpv4 } from "../ethernet/ipv4.ts";
import type { Mac } from "../ethernet/mac.ts";
import { probeIn } from "../ethernet/probe.ts";
import type { HttpReport } from "./http/report.ts";

export type PeerKind = "echo" | "sink" | "source" | "http";

export interface PeerReport {
  readonly name: string;
  readonly kind: PeerKind;
  /** Frames addressed to the peer or to a group. */
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  readonly sentFrames: number;
  readonly sentBytes: number;
  /** Frames for other stations. */
  readonly foreignFrames: number;
  /** Received frames that are neither ARP, nor ping, nor probes, nor what the peer is there for. */
  readonly otherFrames: number;
  /** Probes with a wrong checksum or pattern. */
  readonly corrupted: number;
  /** Probes that a source was too late to send. */
  readonly skipped: number;
  /** Nanoseconds from a probe's handing over at its sender to here. */
  readonly latency: HistogramData;
  /** Flows of probes that arrived here. */
  readonly flows: readonly FlowReport[];
  /** Probes of more flows than a report has room for. */
  readonly untracked: number;
  /** Of an `http` peer. */
  readonly http: HttpReport | undefined;
}

export interface Peer extends Host {
  readonly name: string;
  /** Takes a frame (only valid during the call) and answers with what to send at once. */
  receive(frame: Uint8Array, nowNs: number): readonly Uint8Array[];
  /** When `timer` is to be called next; undefined: not until something else happens. */
  nextNs(): number | undefined;
  /** The time has come, or has passed: answers with what to send at once. */
  timer(nowNs: number): readonly Uint8Array[];
  report(): PeerReport;
}

export interface PeerAddress extends Host {
  readonly name: string;
}

const NO_FRAMES: readonly Uint8Array[] = [];

const only = (frame: Uint8Array | undefined): readonly Uint8Array[] | undefined => frame && [frame];

export abstract class BasePeer implements Peer {
  readonly name: string;
  readonly mac: Mac;
  readonly ip: number;
  readonly #kind: PeerKind;
  readonly #latency = new Histogram();
  readonly #flows = new FlowTable();
  #receivedFrames = 0;
  #receivedBytes = 0;
  #sentFrames = 0;
  #sentBytes = 0;
  #foreignFrames = 0;
  #otherFrames = 0;
  #corrupted = 0;

  constructor(kind: PeerKind, address: PeerAddress) {
    this.#kind = kind;
    this.name = address.name;
    this.mac = address.mac;
    this.ip = address.ip;
  }

  receive(bytes: Uint8Array, nowNs: number): readonly Uint8Array[] {
    const frame = parseEthernet(bytes);
    if (frame === undefined || !isAddressedTo(this, frame)) {
      this.#foreignFrames++;
      return NO_FRAMES;
    }
    this.#receivedFrames++;
    this.#receivedBytes += bytes.length;
    return this.sending(this.#handle(frame, nowNs));
  }

  nextNs(): number | undefined {
    return undefined;
  }

  timer(_nowNs: number): readonly Uint8Array[] {
    return NO_FRAMES;
  }

  report(): PeerReport {
    return {
      name: this.name,
      kind: this.#kind,
      receivedFrames: this.#receivedFrames,
      receivedBytes: this.#receivedBytes,
      sentFrames: this.#sentFrames,
      sentBytes: this.#sentBytes,
      foreignFrames: this.#foreignFrames,
      otherFrames: this.#otherFrames,
      corrupted: this.#corrupted,
      skipped: 0,
      latency: this.#latency.data(),
      flows: this.#flows.report(),
      untracked: this.#flows.untracked,
      http: undefined,
    };
  }

  /** The peer's own answer to a packet that is no ping; undefined when it is nothing to the peer. */
  protected respond(_packet: Ipv4Packet, _senderMac: Mac, _nowNs: number): readonly Uint8Array[] | undefined {
    return undefined;
  }

  /** Pads the frames and counts them as sent. */
  protected sending(frames: readonly Uint8Array[]): readonly Uint8Array[] {
    const padded = frames.map(padFrame);
    for (const frame of padded) {
      this.#sentFrames++;
      this.#sentBytes += frame.length;
    }
    return padded;
  }

  /** Answers the replies. */
  #handle(frame: EthernetFrame, nowNs: number): readonly Uint8Array[] {
    const arp = frame.etherType === ETHERTYPE.arp ? parseArp(frame.payload) : undefined;
    if (arp !== undefined) return only(arpReplyFrame(this, arp)) ?? NO_FRAMES;
    const packet = frame.etherType === ETHERTYPE.ipv4 ? parseIpv4(frame.payload) : undefined;
    if (packet === undefined) {
      this.#otherFrames++;
      return NO_FRAMES;
    }
    const known = this.#checkProbe(packet, nowNs);
    const pong = only(pingReplyFrame(this, frame.source, packet));
    const replies = pong ?? this.respond(packet, frame.source, nowNs);
    if (!known && replies === undefined) this.#otherFrames++;
    return replies ?? NO_FRAMES;
  }

  #checkProbe(packet: Ipv4Packet, nowNs: number): boolean {
    const arrived = probeIn(packet);
    if (arrived === undefined) return false;
    this.#flows.record(packet, arrived);
    if (arrived.intact) this.#latency.record(nowNs - arrived.probe.sentNs);
    else this.#corrupted++;
    return true;
  }
}
