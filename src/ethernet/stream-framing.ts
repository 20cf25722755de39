/**
 * Ethernet frames on a byte stream, as QEMU's socket and stream backends and passt write them: a length of four bytes,
 * big-endian, then the frame without FCS.
 */

const LENGTH_BYTES = 4;
/** No Ethernet, jumbo frames and offloading included, has longer ones: who says so has lost the beginning of a frame. */
export const MAX_STREAM_FRAME_BYTES = 65_535;

/** The frame with its length before it. */
export function frameForStream(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, LENGTH_BYTES);
  return bytes;
}

/** Finds the frames in a stream that comes in pieces of any size. */
export class StreamFrames {
  /** What came of a frame whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array();

  /**
   * Calls `onFrame` with each frame that `piece` completes; the bytes are valid during the call. Answers the length that
   * no frame has, when the stream has come to one: nothing behind it can be understood, and the stream is over.
   */
  push(piece: Uint8Array, onFrame: (frame: Uint8Array) => void): number | undefined {
    const bytes = joined(this.#rest, piece);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = view.getUint32(at);
      if (length > MAX_STREAM_FRAME_BYTES) return length;
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      onFrame(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#rest = new Uint8Array(bytes.subarray(at));
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
