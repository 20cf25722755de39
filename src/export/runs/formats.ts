/** The formats that a run is exported in: a new one is one file and one branch. */
import { VpioError } from "../../base/errors.ts";
import { captureChunks } from "../capture.ts";
import type { Window } from "./lanes.ts";
import { perfettoOfRun } from "./perfetto.ts";
import type { Played } from "./play.ts";
import { sequenceOfRun } from "./sequence.ts";

export const RUN_FORMATS = ["mermaid", "perfetto", "pcapng"] as const;
export type RunFormat = (typeof RUN_FORMATS)[number];

/** Moves that are exported when nobody says how many: what the format's readers can bear. */
export const USUAL_MOVES: Readonly<Record<RunFormat, number>> = {
  mermaid: 2_000,
  perfetto: 50_000,
  pcapng: 200_000,
};

/** `application`: what writes it, such as "vpio 0.1.0". Throws a USAGE error when a recording has no frames. */
export function exportRun(
  played: Played,
  window: Window,
  format: RunFormat,
  application: string,
): string | Iterable<Uint8Array> {
  const { trace, goesOn } = played;
  switch (format) {
    case "mermaid":
      return sequenceOfRun(trace, window, goesOn);
    case "perfetto":
      return perfettoOfRun(trace, window);
    case "pcapng":
      return captureOfRun(played, window, application);
  }
}

/** Times count from the begin of the run. */
function captureOfRun({ scenario, trace, frames }: Played, { first, last }: Window, application: string) {
  if (frames === undefined)
    throw new VpioError("USAGE", "the recording has no frames: expected one of a run with --pcap");
  const [from, to] = [first === 1 ? -1 : trace.timeOf(first - 1), trace.timeOf(Math.min(last, trace.length))];
  const within = frames
    .filter(({ timestampNs }) => timestampNs > from && timestampNs <= to)
    .sort((a, b) => a.timestampNs - b.timestampNs);
  return captureChunks(scenario, { frames: within, startedAt: 0n }, application);
}
