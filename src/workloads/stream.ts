/** A one-way flow of UDP probes, as fast as the card takes them or at a rate. */
import { Pacer } from "../base/pacer.ts";
import { NS_PER_S } from "../base/units.ts";
import { formatIpv4Address } from "../ethernet/ipv4.ts";
import { buildProbe, DISCARD_PORT, PROBE_SOURCE_PORT } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { resolveOrFail, type Station } from "./station.ts";

export interface StreamOptions {
  /** Where to: IPv4 address, unsigned, 32 bits. */
  readonly to: number;
  /** Bytes of each UDP payload, 20 to 1,472. */
  readonly sizeBytes: number;
  /** Undefined: as fast as the card takes them. */
  readonly framesPerSecond: number | undefined;
  /** How many; undefined: until the guest is stopped. */
  readonly count: number | undefined;
}

/** What a stream that was held up sends at once to keep its rate; beyond that it falls behind. */
const BURST_FRAMES = 32;
const FLOW = 0;

export function* stream(station: Station, options: StreamOptions): Program<void> {
  const to = yield* resolveOrFail(station, options.to, formatIpv4Address(options.to));
  if (to === undefined) return;
  const startNs = yield* station.clock();
  const periodNs = options.framesPerSecond === undefined ? 0 : NS_PER_S / options.framesPerSecond;
  const pacer = new Pacer(startNs, periodNs, BURST_FRAMES);
  for (let sequence = 0; sequence !== options.count; sequence++) {
    let sentNs = yield* station.clock();
    while (!pacer.take(sentNs)) {
      yield* station.sleepUntil(pacer.dueNs);
      sentNs = yield* station.clock();
    }
    const payload = buildProbe({ flow: FLOW, kind: "data", sequence, sentNs }, options.sizeBytes);
    yield* station.sendUdp(to, {
      sourcePort: PROBE_SOURCE_PORT,
      destinationPort: DISCARD_PORT,
      payload,
    });
    station.report.latency.record((yield* station.clock()) - sentNs);
  }
}
