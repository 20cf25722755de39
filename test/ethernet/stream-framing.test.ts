import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameForStream, MAX_STREAM_FRAME_BYTES, StreamFrames } from "../../src/ethernet/stream-framing.ts";
import { hex } from "./bytes.ts";

const frames = fc.array(fc.uint8Array({ maxLength: 1600 }), { maxLength: 20 });

/** All the frames in one stream, cut at these places. */
function pieces(all: readonly Uint8Array[], cuts: readonly number[]): readonly Buffer[] {
  const stream = Buffer.concat(all.map(frameForStream));
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => Buffer.from(stream.subarray(at[index], end)));
}

describe("frames on a stream", () => {
  it("are a length, big-endian, and the frame", () => {
    expect(frameForStream(hex("aa bb cc"))).toEqual(hex("00 00 00 03 aa bb cc"));
  });

  it("come out as they went in, wherever the stream is cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
        const reader = new StreamFrames();
        const found: Uint8Array[] = [];
        for (const piece of pieces(sent, cuts)) {
          const wrong = reader.push(piece, (frame) => void found.push(Uint8Array.from(frame)));
          expect(wrong).toBeUndefined();
          // What is kept of a frame that is not whole must be a copy.
          piece.fill(0xee);
        }
        expect(found).toEqual(sent);
      }),
    );
  });

  it("end where a length is none: what came before it counts, what comes behind it does not", () => {
    const reader = new StreamFrames();
    const found: number[] = [];
    const absurd = hex("00 01 00 00 aa");
    const stream = Buffer.concat([frameForStream(new Uint8Array(60)), absurd]);
    expect(reader.push(stream, ({ length }) => void found.push(length))).toBe(MAX_STREAM_FRAME_BYTES + 1);
    expect(found).toEqual([60]);
  });

  it("may have the longest length there is", () => {
    const found: number[] = [];
    const longest = frameForStream(new Uint8Array(MAX_STREAM_FRAME_BYTES));
    expect(new StreamFrames().push(longest, ({ length }) => void found.push(length))).toBeUndefined();
    expect(found).toEqual([MAX_STREAM_FRAME_BYTES]);
  });
});
