/** ICMP echo requests at an interval, as `ping` sends them: replies may overtake, requests do not wait for them. */

import type { Host } from "../ethernet/host.ts";
import { ipv4Frame } from "../ethernet/host.ts";
import { buildIcmpEcho, parseIcmpEcho } from "../ethernet/icmp.ts";
import { formatIpv4Address, IP_PROTOCOL } from "../ethernet/ipv4.ts";
import { fillPattern, hasPattern } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { type Arrival, resolveOrFail, type Station } from "./station.ts";

export interface PingOptions {
  /** Whom to ping: IPv4 address, unsigned, 32 bits. */
  readonly to: number;
  /** From one request to the next; a request that was held up delays those after it. */
  readonly intervalNs: number;
  /** Bytes of data in each request, 0 to 1,472; the packet has 28 more. */
  readonly sizeBytes: number;
  /** How many requests; undefined: until the guest is stopped. */
  readonly count: number | undefined;
  /** A reply that takes longer than this is lost. */
  readonly timeoutNs: number;
}

const IDENTIFIER = 0x5650;

export function* ping(station: Station, options: PingOptions): Program<void> {
  const to = yield* resolveOrFail(station, options.to, formatIpv4Address(options.to));
  if (to === undefined) return;
  station.accept(({ packet }) => packet?.protocol === IP_PROTOCOL.icmp && packet.source === to.ip);
  const pinger = new Pinger(station, to, options);
  for (let sequence = 0; sequence !== options.count; sequence++) {
    const sentNs = yield* pinger.request(sequence & 0xffff);
    let nowNs = sentNs;
    while (nowNs < sentNs + options.intervalNs) nowNs = yield* pinger.collect(sentNs + options.intervalNs);
  }
  for (let deadlineNs = pinger.deadlineNs; deadlineNs !== undefined; deadlineNs = pinger.deadlineNs) {
    yield* pinger.collect(deadlineNs);
  }
}

class Pinger {
  readonly #station: Station;
  readonly #to: Host;
  readonly #options: PingOptions;
  /** When each request without a reply was sent, by sequence number, oldest first. */
  readonly #pending = new Map<number, number>();

  constructor(station: Station, to: Host, options: PingOptions) {
    this.#station = station;
    this.#to = to;
    this.#options = options;
  }

  /** When the oldest pending request times out; undefined when none is pending. */
  get deadlineNs(): number | undefined {
    for (const sentNs of this.#pending.values()) return sentNs + this.#options.timeoutNs;
    return undefined;
  }

  /** Answers when the request was handed over. */
  *request(sequence: number): Program<number> {
    const data = new Uint8Array(this.#options.sizeBytes);
    fillPattern(data, IDENTIFIER, sequence);
    const echo = buildIcmpEcho({ kind: "request", identifier: IDENTIFIER, sequence, data });
    if (this.#pending.has(sequence)) this.#timeOut(sequence);
    const nowNs = yield* this.#station.clock();
    this.#pending.set(sequence, nowNs);
    yield* this.#station.send(ipv4Frame(this.#station, this.#to, IP_PROTOCOL.icmp, sequence, echo));
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
    else if (echo.data.length !== this.#options.sizeBytes) report.corrupted++;
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
