/** Sends the frames of a capture, each as it is. */
import type { CapturedFrame } from "../ethernet/capture.ts";
import { HEADER_BYTES, MAX_FRAME_BYTES } from "../ethernet/ethernet.ts";
import type { Program } from "../hardware/cpu.ts";
import type { Station } from "./station.ts";

export interface ReplayOptions {
  readonly frames: readonly CapturedFrame[];
  /** Begin again after the last frame, until the guest is stopped. */
  readonly loop: boolean;
  /**
   * As fast as the card takes them, or with the capture's distances in time (late when the card was not
   * there).
   */
  readonly timing: "asap" | "captured";
}

export function* replay(station: Station, options: ReplayOptions): Program<void> {
  const frames = options.frames.filter((frame) => refusal(frame) === undefined);
  noteRefused(station, options.frames);
  if (frames.length === 0) return;
  do {
    const startNs = yield* station.clock();
    for (const frame of frames) {
      if (options.timing === "captured") yield* station.sleepUntil(startNs + frame.timestampNs);
      const askedNs = yield* station.clock();
      yield* station.send(frame.bytes);
      station.report.latency.record((yield* station.clock()) - askedNs);
    }
  } while (options.loop);
}

/** Why a frame cannot be sent as it was captured; undefined when it can. */
function refusal({ bytes, originalBytes }: CapturedFrame): string | undefined {
  if (bytes.length < originalBytes) return "cut off by the capture";
  if (bytes.length > MAX_FRAME_BYTES) return `longer than ${MAX_FRAME_BYTES} bytes`;
  if (bytes.length < HEADER_BYTES) return `shorter than ${HEADER_BYTES} bytes`;
  return undefined;
}

function noteRefused(station: Station, frames: readonly CapturedFrame[]): void {
  const counts = new Map<string, number>();
  for (const frame of frames) {
    const reason = refusal(frame);
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of counts) {
    station.report.note(`${count} of ${frames.length} frames not sent: ${reason}`);
  }
  if (frames.length === 0) station.report.note("the capture holds no frames");
}
