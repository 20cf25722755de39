/** Capture files of either format, as a user hands them in. */
import { type Capture, CaptureReader, hex32, toCapture } from "./capture-reader.ts";
import { readPcap } from "./pcap.ts";
import { readPcapng } from "./pcapng-reader.ts";

export type { Capture, CapturedFrame } from "./capture-reader.ts";

/**
 * The frames of a capture: classic pcap (micro- and nanoseconds) or pcapng, in either byte order, Ethernet
 * only. A file cut off between two frames cannot be told from a shorter one and is read as that; cut anywhere
 * else, malformed, of another link type or another format it throws a CAPTURE error. `fileName` is for that
 * error.
 */
export function readCapture(bytes: Uint8Array, fileName: string): Capture {
  const reader = new CaptureReader(bytes, fileName);
  const frames = readPcapng(reader) ?? readPcap(reader);
  if (frames !== undefined) return toCapture(fileName, frames);
  reader.littleEndian = false;
  return reader.fail(0, `magic ${hex32(reader.u32(0))}`, "that of pcap or pcapng");
}
