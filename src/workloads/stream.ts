/** A one-way flow of UDP probes, as fast as the card takes them or at a rate. */
import { Pacer } from "../base/pacer.ts";
import { NS_PER_S } from "../base/units.ts";
import { buildProbe, DISCARD_PORT, PROBE_SOURCE_PORT, probeInTurn } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { resolveAll, type Station, type Target } from "./station.ts";

export interface StreamOptions {
  /** One or more, served in turn; the flow of the nth one that answers ARP has the number n. */
  readonly to: readonly Target[];
  /** Bytes of each UDP payload, 20 to 1,472. */
  readonly payloadBytes: number;
  /** Over all targets together; undefined: as fast as the card takes them. */
  readonly framesPerS: number | undefined;
  /** How many; undefined: until the guest is stopped. */
  readonly count: number | undefined;
}

/** What a stream that was held up sends at once to keep its rate; beyond that it falls behind. */
const BURST_FRAMES = 32;

export function* stream(station: Station, options: StreamOptions): Program<void> {
  const hosts = yield* resolveAll(station, options.to);
  if (hosts.length === 0) return;
  const startNs = yield* station.clock();
  const periodNs = options.framesPerS === undefined ? 0 : NS_PER_S / options.framesPerS;
  const pacer = new Pacer(startNs, periodNs, BURST_FRAMES);
  for (let n = 0; n !== options.count; n++) {
    let sentNs = yield* station.clock();
    while (!pacer.take(sentNs)) {
      yield* station.sleepUntil(pacer.dueNs);
      sentNs = yield* station.clock();
    }
    const { to, flow, sequence } = probeInTurn(hosts, n);
    const payload = buildProbe({ flow, kind: "data", sequence, sentNs }, options.payloadBytes);
    yield* station.sendUdp(to, {
      sourcePort: PROBE_SOURCE_PORT,
      destinationPort: DISCARD_PORT,
      payload,
    });
    station.report.latency.record((yield* station.clock()) - sentNs);
  }
}
