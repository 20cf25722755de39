/** One UDP probe at a time to an echo service: the next request waits for the reply, or for the last retry's timeout. */

import type { Host } from "../ethernet/host.ts";
import { formatIpv4Address } from "../ethernet/ipv4.ts";
import { buildProbe, carriesProbe, ECHO_PORT, PROBE_SOURCE_PORT, probeIn } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { resolveOrFail, type Station } from "./station.ts";

export interface RequestResponseOptions {
  /** Whom to ask: IPv4 address, unsigned, 32 bits. */
  readonly to: number;
  /** Bytes of each UDP payload, 20 to 1,472. */
  readonly sizeBytes: number;
  /** How many requests; undefined: until the guest is stopped. */
  readonly count: number | undefined;
  /** How long each try waits for its reply. */
  readonly timeoutNs: number;
}

/** A request is sent at most this often. */
const TRIES = 3;
const FLOW = 0;

export function* requestResponse(station: Station, options: RequestResponseOptions): Program<void> {
  const to = yield* resolveOrFail(station, options.to, formatIpv4Address(options.to));
  if (to === undefined) return;
  station.accept(({ packet }) => packet?.source === to.ip && carriesProbe(packet));
  for (let sequence = 0; sequence !== options.count; sequence++) {
    if (!(yield* exchange(station, to, sequence, options))) station.report.lost++;
  }
}

/** One request, with its retries. True when its reply has come. */
function* exchange(
  station: Station,
  to: Host,
  sequence: number,
  options: RequestResponseOptions,
): Program<boolean> {
  const { report } = station;
  const startNs = yield* station.clock();
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) report.retries++;
    const sentNs = yield* station.clock();
    const payload = buildProbe({ flow: FLOW, kind: "request", sequence, sentNs }, options.sizeBytes);
    yield* station.sendUdp(to, { sourcePort: PROBE_SOURCE_PORT, destinationPort: ECHO_PORT, payload });
    if (yield* awaitReply(station, sequence, sentNs + options.timeoutNs)) {
      report.latency.record((yield* station.clock()) - startNs);
      return true;
    }
    report.timeouts++;
  }
  return false;
}

function* awaitReply(station: Station, sequence: number, untilNs: number): Program<boolean> {
  const { report } = station;
  for (;;) {
    const arrival = yield* station.receive(untilNs);
    if (arrival?.packet === undefined) return false;
    const arrived = probeIn(arrival.packet);
    if (arrived === undefined) continue;
    report.flows.record(arrival.packet, arrived);
    if (!arrived.intact) report.corrupted++;
    else if (arrived.probe.sequence !== sequence) report.unexpected++;
    else {
      report.countReceived(arrived.sizeBytes);
      return true;
    }
  }
}
