/** Counts and checks the probes that others send here; has no end of its own. */
import { carriesProbe, probeIn } from "../ethernet/probe.ts";
import type { Program } from "../hardware/cpu.ts";
import type { Station } from "./station.ts";

export function* receive(station: Station): Program<void> {
  const { report } = station;
  station.accept(({ packet }) => packet !== undefined && carriesProbe(packet));
  for (;;) {
    const arrival = yield* station.receive(undefined);
    const arrived = arrival?.packet && probeIn(arrival.packet);
    if (arrival?.packet === undefined || arrived === undefined) continue;
    report.flows.record(arrival.packet, arrived);
    if (!arrived.intact) {
      report.corrupted++;
      continue;
    }
    report.countReceived(arrived.sizeBytes);
    report.latency.record((yield* station.clock()) - arrived.probe.sentNs);
  }
}
