/**
 * ICMP echo requests at an interval, as `ping` sends them: replies may overtake, requests do not wait for
 * them.
 */

import type { Host } from "../ethernet/host.ts";
import { ipv4Frame } from "../ethernet/host.ts";
import { buildIcmpEcho, parseIcmpEcho } from "../ethernet/icmp.ts";
import { IP_PROTOCOL } from "../ethernet/ipv4.ts";
import { fillPattern, hasPattern } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { type Arrival, resolveAll, type Station, type Target } from "./station.ts";

export interface PingOptions {
  /** One or more, pinged in turn. */
  readonly to: readonly Target[];
  /** From one request to the next; a request that was held up delays those after it. */
  readonly intervalNs: number;
  /** Bytes of data in each request, 0 to 1,472; the packet has 28 more. */
  readonly payloadBytes: number;
  /** How many requests; undefined: until the guest is stopped. */
  readonly count: number | undefined;
  /** A reply that takes longer than this is lost. */
  readonly timeoutNs: number;
}

const IDENTIFIER = 0x5650;
/** ICMP type (RFC 792). */
const ECHO_REPLY = 0;

export function* ping(station: Station, options: PingOptions): Program<void> {
  const hosts = yield* resolveAll(station, options.to);
  if (hosts.length === 0) return;
  station.accept(({ packet }) => packet?.protocol === IP_PROTOCOL.icmp && isOwnReply(packet.payload));
  const pinger = new Pinger(station, options);
  for (let n = 0; n !== options.count; n++) {
    const sentNs = yield* pinger.request(hosts[n % hosts.length] as Host, n & 0xffff);
    const nextNs = sentNs + options.intervalNs;
    while ((yield* pinger.collect(nextNs)) < nextNs);
  }
  for (let deadlineNs = pinger.deadlineNs; deadlineNs !== undefined; deadlineNs = pinger.deadlineNs) {
    yield* pinger.collect(deadlineNs);
  }
}

/** An echo reply to one of ours, whole or damaged; other stations' requests come by as well. */
function isOwnReply(icmp: Uint8Array): boolean {
  return icmp[0] === ECHO_REPLY && icmp[4] === IDENTIFIER >>> 8 && icmp[5] === (IDENTIFIER & 0xff);
}

class Pinger {
  readonly #station: Station;
  readonly #options: PingOptions;
  /** When each request without a reply was sent, by sequence number, oldest first. */
  readonly #pending = new Map<number, number>();

  constructor(station: Station, options: PingOptions) {
    this.#station = station;
    this.#options = options;
  }

  /** When the oldest pending request times out; undefined when none is pending. */
  get deadlineNs(): number | undefined {
    for (const sentNs of this.#pending.values()) return sentNs + this.#options.timeoutNs;
    return undefined;
  }

  /** Answers when the request was handed over. */
  *request(to: Host, sequence: number): Program<number> {
    const data = new Uint8Array(this.#options.payloadBytes);
    fillPattern(data, IDENTIFIER, sequence);
    const echo = buildIcmpEcho({ kind: "request", identifier: IDENTIFIER, sequence, data });
    if (this.#pending.has(sequence)) this.#timeOut(sequence);
    const nowNs = yield* this.#station.clock();
    this.#pending.set(sequence, nowNs);
    yield* this.#station.send(ipv4Frame(this.#station, to, IP_PROTOCOL.icmp, sequence, echo));
    return nowNs;
  }

  /** Takes one reply if it comes until `untilNs`, gives up what is overdue, and answers the time. */
  *collect(untilNs: number): Program<number> {
    const arrival = yield* this.#station.receive(untilNs);
    const nowNs = yield* this.#station.clock();
    if (arrival !== undefined) this.#settle(arrival, nowNs);
    for (const [sequence, sentNs] of this.#pending) {
      if (nowNs < sentNs + this.#options.timeoutNs) break;
      this.#timeOut(sequence);
    }
    return nowNs;
  }

  #settle({ packet }: Arrival, nowNs: number): void {
    const { report } = this.#station;
    const echo = packet && parseIcmpEcho(packet.payload);
    const sentNs = echo && this.#pending.get(echo.sequence);
    if (echo === undefined || !hasPattern(echo.data, IDENTIFIER, echo.sequence)) report.corrupted++;
    else if (echo.data.length !== this.#options.payloadBytes) report.corrupted++;
    else if (echo.kind !== "reply" || sentNs === undefined) report.unexpected++;
    else {
      this.#pending.delete(echo.sequence);
      report.countReceived(echo.data.length);
      report.latency.record(nowNs - sentNs);
    }
  }

  #timeOut(sequence: number): void {
    this.#pending.delete(sequence);
    this.#station.report.timeouts++;
    this.#station.report.lost++;
  }
}
