import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { readCapture } from "../../src/ethernet/capture.ts";
import { parseEthernet } from "../../src/ethernet/ethernet.ts";
import { parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { type PcapFrame, writePcap } from "../../src/ethernet/pcap.ts";
import { hex, patched, poisoned } from "./bytes.ts";

/** Two frames, the second one cut by the snap length from 60 bytes to 2; 1.000002 s and 3.5 s. */
const FRAMES: readonly PcapFrame[] = [
  { timestampNs: 1_000_002_000n, bytes: hex("010203") },
  { timestampNs: 3_500_000_000n, bytes: hex("0405"), originalBytes: 60 },
];
const LITTLE_US = hex(`d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
  01000000 02000000 03000000 03000000 010203
  03000000 20a10700 02000000 3c000000 0405`);
const BIG_NS = hex(`a1b23c4d 0002 0004 00000000 00000000 00040000 00000001
  00000001 000007d0 00000003 00000003 010203
  00000003 1dcd6500 00000002 0000003c 0405`);

const SLICE = new URL("../../scenarios/captures/linux-slice.pcap", import.meta.url);

describe("classic captures", () => {
  it.each([
    ["microseconds, little-endian", LITTLE_US, { resolution: "us", littleEndian: true }],
    ["nanoseconds, big-endian", BIG_NS, { resolution: "ns", littleEndian: false }],
  ] as const)("deconstruct and construct: %s", (_, bytes, options) => {
    const capture = readCapture(poisoned(bytes), "two.pcap");
    expect(capture.startNs).toBe(1_000_002_000n);
    expect(capture.frames).toEqual([
      { timestampNs: 0, bytes: hex("010203"), originalBytes: 3 },
      { timestampNs: 2_499_998_000, bytes: hex("0405"), originalBytes: 60 },
    ]);
    expect(writePcap(FRAMES, options)).toEqual(bytes);
  });

  it("may be empty", () => {
    expect(readCapture(writePcap([]), "none.pcap")).toEqual({
      fileName: "none.pcap",
      frames: [],
      startNs: 0n,
    });
  });

  it("cut anywhere are refused with the place, save between two frames", () => {
    const lengths = new Map([
      [24, 0],
      [43, 1],
    ]);
    for (let length = 0; length < LITTLE_US.length; length++) {
      const read = () => readCapture(LITTLE_US.subarray(0, length), "cut.pcap").frames.length;
      const wanted = lengths.get(length);
      if (wanted === undefined) expect(read).toThrow(/^cut\.pcap: at byte \d+: found .*, expected .*$/);
      else expect(read()).toBe(wanted);
    }
  });

  it.each([
    [
      "an unknown magic",
      patched(LITTLE_US, 0, 0xd5),
      "at byte 0: found magic 0xd5c3b2a1, expected that of pcap",
    ],
    ["another version", patched(LITTLE_US, 4, 3), "at byte 4: found version 3, expected version 2"],
    [
      "another link type",
      patched(LITTLE_US, 20, 113),
      "at byte 20: found link type 113, expected 1 (Ethernet)",
    ],
    ["frames with FCS", patched(LITTLE_US, 23, 0x44), "at byte 20: found link type 1140850689, expected 1"],
    ["a frame past the end", patched(LITTLE_US, 51, 3), "at byte 59: found 2 bytes left, expected 3"],
    [
      "more captured than sent",
      patched(LITTLE_US, 36, 2),
      "at byte 32: found 3 bytes captured, expected at most 2",
    ],
    ["a frame of 4 GiB", BIG_NS.map((byte, i) => (i >= 32 && i < 40 ? 0xff : byte)), "found 21 bytes left"],
  ])("refuse %s", (_, bytes, message) => {
    const read = () => readCapture(bytes, "bad.pcap");
    expect(read).toThrow(VpioError);
    expect(read).toThrow(message);
  });

  it("answer with frames that lie within the file, or with a CAPTURE error, whatever it holds", () => {
    const noise = fc.uint8Array({ maxLength: 100 });
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    const damaged = fc
      .tuple(fc.constantFrom(LITTLE_US, BIG_NS), damage, noise)
      .map(([file, changes, tail]) =>
        changes.reduce<Uint8Array>(
          (bytes, [at, value]) => patched(bytes, at % bytes.length, value),
          Uint8Array.of(...file, ...tail),
        ),
      );
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (bytes) => {
        const file = poisoned(bytes);
        try {
          for (const frame of readCapture(file, "any.pcap").frames) {
            expect(frame.bytes.byteOffset).toBeGreaterThanOrEqual(file.byteOffset);
            expect(frame.bytes.byteOffset + frame.bytes.length).toBeLessThanOrEqual(
              file.byteOffset + file.length,
            );
            expect(frame.originalBytes).toBeGreaterThanOrEqual(frame.bytes.length);
            expect(Number.isFinite(frame.timestampNs)).toBe(true);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: "VpioError", code: "CAPTURE" });
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("returns every list of frames from its bytes", () => {
    const frames = fc.array(
      fc.record({
        timestampNs: fc.bigInt({ min: 0n, max: 0xffff_ffffn * 1_000_000_000n }),
        bytes: fc.uint8Array({ maxLength: 100 }),
      }),
    );
    fc.assert(
      fc.property(frames, fc.boolean(), (written, littleEndian) => {
        const capture = readCapture(writePcap(written, { resolution: "ns", littleEndian }), "round.pcap");
        expect(capture.frames.map((frame) => frame.bytes)).toEqual(written.map((frame) => frame.bytes));
        const [first] = written;
        expect(capture.startNs).toBe(first?.timestampNs ?? 0n);
        for (const [i, frame] of written.entries()) {
          const relative = Number(frame.timestampNs - capture.startNs);
          expect(capture.frames[i]?.timestampNs).toBe(relative);
        }
      }),
    );
  });
});

describe("a capture of two Linux hosts", () => {
  const capture = readCapture(readFileSync(SLICE), "linux-slice.pcap");

  it("has its frames and their times", () => {
    expect(capture.frames).toHaveLength(120);
    expect(capture.startNs).toBe(1_795_435_291_525_366_000n);
    expect(capture.frames.slice(0, 3).map((frame) => frame.timestampNs)).toEqual([
      0, 335_997_000, 560_062_000,
    ]);
    expect(Math.max(...capture.frames.map((frame) => frame.bytes.length))).toBe(1514);
    expect(capture.frames.every((frame) => frame.originalBytes === frame.bytes.length)).toBe(true);
  });

  it("has correct IPv4 headers throughout, and twelve fragments, which are refused", () => {
    const ipv4 = capture.frames.flatMap((frame) => {
      const ethernet = parseEthernet(frame.bytes);
      return ethernet?.etherType === 0x0800 ? [ethernet.payload] : [];
    });
    expect(ipv4).toHaveLength(103);
    expect(ipv4.filter((bytes) => parseIpv4(bytes) === undefined)).toHaveLength(12);
  });
});
