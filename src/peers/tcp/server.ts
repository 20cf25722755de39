/** Listens at one port: the connections to it, and the resets for what belongs to none. */
import { earliest } from "../../base/earliest.ts";
import { type Host, ipv4Frame } from "../../ethernet/host.ts";
import { IP_PROTOCOL, type Ipv4Packet } from "../../ethernet/ipv4.ts";
import type { Mac } from "../../ethernet/mac.ts";
import { advanced, buildTcp, parseTcp, sequenceLength, type TcpSegment } from "../../ethernet/tcp.ts";
import { Connection, type Converse, type Reply } from "./connection.ts";
import type { Ending } from "./state.ts";

/** More at once are refused. */
export const MAX_CONNECTIONS = 64;
/** Initial sequence numbers rise by one in this time (RFC 9293, section 3.4.1). */
const SEQUENCE_TICK_NS = 4_000;

export interface ServerReport {
  /** Connections that were opened. */
  readonly accepted: number;
  /** That found as many open as there may be. */
  readonly refused: number;
  /** That the other side broke off. */
  readonly reset: number;
  /** Whose other side was not heard of any more, or asked for nothing. */
  readonly timedOut: number;
  /** That both sides have closed. */
  readonly finished: number;
  /** Not ended yet; those that both sides have closed and that wait for stray segments not counted. */
  readonly open: number;
  /** Bytes that were acknowledged, those of heads included. */
  readonly servedBytes: number;
  readonly retransmittedSegments: number;
  /** Segments with a wrong checksum or a malformed head. */
  readonly damagedSegments: number;
}

export interface ServerOptions {
  readonly host: Host;
  readonly port: number;
  /** Of the initial sequence numbers. */
  readonly seed: number;
  readonly converse: Converse;
}

interface Line {
  readonly remote: Host;
  readonly remotePort: number;
  readonly connection: Connection;
}

const RESET = {
  syn: false,
  fin: false,
  rst: true,
  push: false,
  window: 0,
  mss: undefined,
  windowShift: undefined,
} as const;

export class TcpServer {
  readonly #options: ServerOptions;
  /** By the other side's address and port, the one opened first in front. */
  readonly #lines = new Map<number, Line>();
  #dueNs: number | undefined;
  #identification = 0;
  #accepted = 0;
  #refused = 0;
  #damaged = 0;
  readonly #ended: Record<Ending, number> = { finished: 0, reset: 0, "timed out": 0 };
  /** Of connections that are gone. */
  #servedBytes = 0;
  #retransmitted = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** When `timer` is to be called; undefined: not until a packet comes. */
  nextNs(): number | undefined {
    return this.#dueNs;
  }

  /** `packet`: one that carries TCP to this host. Answers the frames to be sent. */
  receive(packet: Ipv4Packet, senderMac: Mac, nowNs: number): readonly Uint8Array[] {
    const segment = parseTcp(packet.payload, packet.source, packet.destination);
    if (segment === undefined) {
      this.#damaged++;
      return [];
    }
    const remote = { mac: senderMac, ip: packet.source };
    const line = this.#lineFor(remote, segment, nowNs);
    if (line === undefined) return this.#rejects(remote, segment);
    line.connection.receive(segment, nowNs);
    const frames = this.#flush(line, nowNs);
    this.#settle();
    return frames;
  }

  /** Does what is due, and sends what has been answered meanwhile. */
  timer(nowNs: number): readonly Uint8Array[] {
    const frames = [...this.#lines.values()].flatMap((line) => {
      line.connection.timer(nowNs);
      return this.#flush(line, nowNs);
    });
    this.#settle();
    return frames;
  }

  report(): ServerReport {
    const connections = [...this.#lines.values()].map(({ connection }) => connection);
    const waiting = connections.filter(isWaiting).length;
    const sum = (of: (connection: Connection) => number): number =>
      connections.reduce((total, connection) => total + of(connection), 0);
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      reset: this.#ended.reset,
      timedOut: this.#ended["timed out"],
      finished: this.#ended.finished + waiting,
      open: connections.length - waiting,
      servedBytes: this.#servedBytes + sum(({ servedBytes }) => servedBytes),
      retransmittedSegments: this.#retransmitted + sum(({ retransmitted }) => retransmitted),
      damagedSegments: this.#damaged,
    };
  }

  /** The connection that a segment belongs to, or that it opens. */
  #lineFor(remote: Host, segment: TcpSegment, nowNs: number): Line | undefined {
    if (segment.destinationPort !== this.#options.port) return undefined;
    const key = keyOf(remote, segment.sourcePort);
    const known = this.#lines.get(key);
    if (known === undefined) {
      if (!segment.syn || segment.rst || segment.acknowledgment !== undefined || !this.#hasRoom()) {
        return undefined;
      }
      return this.#open(key, remote, segment, this.#initialSequence(key, nowNs));
    }
    if (!known.connection.isFollowedBy(segment)) return known;
    this.#remove(key, known.connection);
    return this.#open(key, remote, segment, known.connection.freshSequence);
  }

  #open(key: number, remote: Host, syn: TcpSegment, initialSequence: number): Line {
    const connection = new Connection({ syn, initialSequence, converse: this.#options.converse });
    const line: Line = {
      remote: { mac: remote.mac.slice(), ip: remote.ip },
      remotePort: syn.sourcePort,
      connection,
    };
    this.#lines.set(key, line);
    this.#accepted++;
    return line;
  }

  /** One that only waits for stray segments gives way. */
  #hasRoom(): boolean {
    if (this.#lines.size < MAX_CONNECTIONS) return true;
    for (const [key, { connection }] of this.#lines) {
      if (!isWaiting(connection)) continue;
      this.#remove(key, connection);
      return true;
    }
    this.#refused++;
    return false;
  }

  #flush(line: Line, nowNs: number): readonly Uint8Array[] {
    const { remote, remotePort, connection } = line;
    const frames = connection.output(nowNs).map((reply) => this.#frame(remote, remotePort, reply));
    if (connection.state.kind === "closed") this.#remove(keyOf(remote, remotePort), connection);
    return frames;
  }

  #remove(key: number, connection: Connection): void {
    const { state } = connection;
    this.#lines.delete(key);
    this.#ended[state.kind === "closed" ? state.ending : "finished"]++;
    this.#servedBytes += connection.servedBytes;
    this.#retransmitted += connection.retransmitted;
  }

  /** Works out when something is due next. */
  #settle(): void {
    this.#dueNs = undefined;
    for (const { connection } of this.#lines.values()) {
      this.#dueNs = earliest(this.#dueNs, connection.nextNs());
    }
  }

  /** A segment of no connection is answered with a reset, unless it is one (RFC 9293, section 3.10.7.1). */
  #rejects(remote: Host, segment: TcpSegment): readonly Uint8Array[] {
    if (segment.rst) return [];
    const { acknowledgment } = segment;
    const payload = new Uint8Array(0);
    const reply: Reply =
      acknowledgment === undefined
        ? {
            ...RESET,
            payload,
            sequence: 0,
            acknowledgment: advanced(segment.sequence, sequenceLength(segment)),
          }
        : { ...RESET, payload, sequence: acknowledgment, acknowledgment: undefined };
    return [this.#frame(remote, segment.sourcePort, reply, segment.destinationPort)];
  }

  #frame(remote: Host, remotePort: number, reply: Reply, port = this.#options.port): Uint8Array {
    const { host } = this.#options;
    const segment = { ...reply, sourcePort: port, destinationPort: remotePort };
    const bytes = buildTcp(segment, host.ip, remote.ip);
    return ipv4Frame(host, remote, IP_PROTOCOL.tcp, this.#identification++, bytes);
  }

  /** Hard to guess for who does not know the seed, and never soon the same for the same two ports (RFC 6528). */
  #initialSequence(key: number, nowNs: number): number {
    const ticks = Math.floor(nowNs / SEQUENCE_TICK_NS);
    const low = mixed(this.#options.seed ^ (key % 0x1_0000_0000));
    return advanced(mixed(low ^ Math.floor(key / 0x1_0000_0000)), ticks % 0x1_0000_0000);
  }
}

const isWaiting = ({ state }: Connection): boolean => state.kind === "time-wait";

const keyOf = ({ ip }: Host, port: number): number => ip * 0x1_0000 + port;

/** Spreads every bit of a word over all of it (the finaliser of MurmurHash3). */
function mixed(word: number): number {
  let hash = word | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
