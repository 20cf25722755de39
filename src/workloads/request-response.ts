/**
 * One UDP probe at a time to an echo service: the next request waits for the reply, or for the last retry's
 * timeout.
 */

import type { Host } from "../ethernet/host.ts";
import {
  buildProbe,
  carriesProbe,
  ECHO_PORT,
  PROBE_SOURCE_PORT,
  type Probe,
  probeIn,
  probeInTurn,
} from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import { resolveAll, type Station, type Target } from "./station.ts";

export interface RequestResponseOptions {
  /** One or more, asked in turn; the flow of the nth one that answers ARP has the number n. */
  readonly to: readonly Target[];
  /** Bytes of each UDP payload, 20 to 1,472. */
  readonly payloadBytes: number;
  /** How many requests; undefined: until the guest is stopped. */
  readonly count: number | undefined;
  /** How long each try waits for its reply. */
  readonly timeoutNs: number;
}

/** A request is sent at most this often. */
const TRIES = 3;

interface Request {
  readonly to: Host;
  readonly flow: number;
  readonly sequence: number;
}

export function* requestResponse(station: Station, options: RequestResponseOptions): Program<void> {
  const hosts = yield* resolveAll(station, options.to);
  if (hosts.length === 0) return;
  station.accept(({ packet }) => packet !== undefined && carriesProbe(packet));
  for (let n = 0; n !== options.count; n++) {
    if (!(yield* exchange(station, probeInTurn(hosts, n), options))) station.report.lost++;
  }
}

/** One request, with its retries. True when its reply has come. */
function* exchange(station: Station, request: Request, options: RequestResponseOptions): Program<boolean> {
  const { report } = station;
  const { to, flow, sequence } = request;
  const startNs = yield* station.clock();
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) report.retries++;
    const sentNs = yield* station.clock();
    const payload = buildProbe({ flow, kind: "request", sequence, sentNs }, options.payloadBytes);
    yield* station.sendUdp(to, { sourcePort: PROBE_SOURCE_PORT, destinationPort: ECHO_PORT, payload });
    if (yield* awaitReply(station, request, sentNs + options.timeoutNs)) {
      report.latency.record((yield* station.clock()) - startNs);
      return true;
    }
    report.timeouts++;
  }
  return false;
}

const answers = (probe: Probe, sourceIp: number, { to, flow, sequence }: Request): boolean =>
  sourceIp === to.ip && probe.flow === flow && probe.sequence === sequence;

function* awaitReply(station: Station, request: Request, untilNs: number): Program<boolean> {
  const { report } = station;
  for (;;) {
    const arrival = yield* station.receive(untilNs);
    if (arrival?.packet === undefined) return false;
    const arrived = probeIn(arrival.packet);
    if (arrived === undefined) continue;
    report.flows.record(arrival.packet, arrived);
    if (!arrived.intact) report.corrupted++;
    else if (!answers(arrived.probe, arrival.packet.source, request)) report.unexpected++;
    else {
      report.countReceived(arrived.sizeBytes);
      return true;
    }
  }
}
