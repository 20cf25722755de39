import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { readCapture } from "../../src/ethernet/capture.ts";
import { PcapngWriter } from "../../src/ethernet/pcapng.ts";
import { hex, patched, poisoned } from "./bytes.ts";

/**
 * Section header, application "vpio"; interface "guest0" in nanoseconds; a packet, outbound, with a comment.
 */
const SECTION = hex(`0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff
  0400 0400 7670696f  0000 0000  28000000`);
const INTERFACE = hex(`01000000 2c000000 0100 0000 00000000
  0200 0600 677565737430 0000  0900 0100 09 000000  0000 0000  2c000000`);
const PACKET = hex(`06000000 3c000000 00000000 01000000 02000000 03000000 03000000 010203 00
  0200 0400 02000000  0100 0500 68656c6c6f 000000  0000 0000  3c000000`);

const BIG_SECTION = hex("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 0000000000000048 0000001c");
/** Ticks of 2^-10 s, one second to add to each time, a snap length of 4. */
const BIG_INTERFACE = hex(`00000001 0000002c 0001 0000 00000004
  0009 0001 8a 000000  000e 0008 0000000000000001  0000 0000  0000002c`);
/** At 1,536 ticks. */
const BIG_PACKET = hex(`00000006 00000024 00000000 00000000 00000600 00000002 00000009 0102 0000 00000024`);
const SIMPLE_PACKET = hex("00000003 00000014 00000006 01020304 00000014");
const UNKNOWN_BLOCK = hex("00000bad 00000010 deadbeef 00000010");

const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const read = (bytes: Uint8Array) => readCapture(poisoned(bytes), "f.pcapng");

const LITTLE = join(SECTION, INTERFACE, PACKET);
const BIG = join(BIG_SECTION, BIG_INTERFACE, UNKNOWN_BLOCK, SIMPLE_PACKET, BIG_PACKET, SIMPLE_PACKET);

describe("the pcapng writer", () => {
  it("writes these bytes", () => {
    const writer = new PcapngWriter({ interfaces: [{ name: "guest0" }], application: "vpio" });
    expect(writer.header()).toEqual(join(SECTION, INTERFACE));
    const packet = writer.packet({
      interface: 0,
      timestampNs: 0x1_0000_0002n,
      bytes: poisoned(hex("010203")),
      comment: "hello",
      direction: "out",
    });
    expect(packet).toEqual(PACKET);
  });

  it("leaves out options that are not there, and their end", () => {
    const writer = new PcapngWriter({ interfaces: [{ name: "a" }], application: "vpio" });
    const packet = writer.packet({ interface: 0, timestampNs: 5n, bytes: hex("01020304") });
    expect(packet).toEqual(
      hex("06000000 24000000 00000000 00000000 05000000 04000000 04000000 01020304 24000000"),
    );
  });

  it("cuts a text at a character when it is longer than an option can be", () => {
    const writer = new PcapngWriter({ interfaces: [{ name: "a" }], application: "é".repeat(40_000) });
    const header = writer.header();
    expect(header.subarray(24, 28)).toEqual(hex("0400 feff"));
    expect(read(header).frames).toEqual([]);
  });

  it("refuses a packet of an interface it has not described", () => {
    const writer = new PcapngWriter({ interfaces: [{ name: "a" }], application: "vpio" });
    expect(() => writer.packet({ interface: 1, timestampNs: 0n, bytes: hex("01") })).toThrow(VpioError);
  });
});

describe("the pcapng reader", () => {
  it("deconstructs what the writer wrote", () => {
    const capture = read(LITTLE);
    expect(capture.startNs).toBe(0x1_0000_0002n);
    expect(capture.frames).toEqual([{ timestampNs: 0, bytes: hex("010203"), originalBytes: 3 }]);
  });

  it("follows byte order, resolution, offset and snap length; a simple packet has the time before it", () => {
    const capture = read(BIG);
    expect(capture.startNs).toBe(2_500_000_000n);
    expect(capture.frames).toEqual([
      { timestampNs: 0, bytes: hex("01020304"), originalBytes: 6 },
      { timestampNs: 0, bytes: hex("0102"), originalBytes: 9 },
      { timestampNs: 0, bytes: hex("01020304"), originalBytes: 6 },
    ]);
  });

  it("begins anew with each section, in its own byte order", () => {
    const capture = read(join(BIG, LITTLE, BIG));
    expect(capture.frames).toHaveLength(7);
    expect(capture.frames[3]).toEqual({
      timestampNs: 0x1_0000_0002 - 2_500_000_000,
      bytes: hex("010203"),
      originalBytes: 3,
    });
    expect(() => read(join(LITTLE, SECTION, PACKET))).toThrow("found interface 0, expected less than 0");
  });

  it("takes ticks for microseconds when the interface does not say", () => {
    const plainInterface = hex("01000000 14000000 0100 0000 00000000 14000000");
    expect(read(join(SECTION, plainInterface, PACKET)).startNs).toBe(0x1_0000_0002n * 1000n);
  });

  it("refuses a file cut anywhere but between two blocks", () => {
    const frames = new Map([
      [SECTION.length, 0],
      [SECTION.length + INTERFACE.length, 0],
    ]);
    for (let length = 0; length < LITTLE.length; length++) {
      const wanted = frames.get(length);
      const cut = () => read(LITTLE.subarray(0, length)).frames.length;
      if (wanted === undefined) expect(cut).toThrow(/^f\.pcapng: at byte \d+: found .*, expected .*$/);
      else expect(cut()).toBe(wanted);
    }
  });

  const packetAt = SECTION.length + INTERFACE.length;
  it.each([
    [
      "a byte-order magic of neither order",
      patched(LITTLE, 8, 0),
      "at byte 8: found byte-order magic 0x1a2b3c00",
    ],
    ["another version", patched(LITTLE, 12, 2), "at byte 12: found version 2, expected version 1"],
    [
      "a block of no length",
      patched(LITTLE, 44, 0),
      "at byte 44: found a block of 0 bytes, expected a multiple",
    ],
    ["a block too short for its fields", patched(LITTLE, 44, 16), "at byte 44: found a block of 16 bytes"],
    ["a block of half words", patched(LITTLE, 44, 46), "at byte 44: found a block of 46 bytes"],
    ["a block past the end", patched(LITTLE, 46, 1), "at byte 44: found a block of 65580 bytes"],
    [
      "lengths that differ",
      patched(LITTLE, 80, 48),
      "at byte 80: found 48 as the block's length, expected 44",
    ],
    ["another link type", patched(LITTLE, 48, 113), "at byte 48: found link type 113, expected 1 (Ethernet)"],
    ["an option past its block", patched(LITTLE, 58, 60), "at byte 58: found an option of 60 bytes"],
    ["frames with FCS", patched(patched(LITTLE, 68, 13), 72, 4), "at byte 72: found frames with FCS"],
    ["an unknown interface", patched(LITTLE, packetAt + 8, 1), "found interface 1, expected less than 1"],
    [
      "more captured than sent",
      patched(LITTLE, packetAt + 20, 4),
      "found 4 bytes captured, expected at most 3",
    ],
    [
      "a frame past its block",
      patched(patched(LITTLE, packetAt + 20, 99), packetAt + 24, 99),
      "at byte 104: found 99 bytes captured, expected at most 28",
    ],
    ["a simple packet without interface", join(BIG_SECTION, SIMPLE_PACKET), "at byte 28: found a packet"],
    [
      "a simple packet past its block",
      join(BIG_SECTION, patched(BIG_INTERFACE, 15, 0), SIMPLE_PACKET),
      "found 6 bytes captured, expected at most 4",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(VpioError);
    expect(() => read(bytes)).toThrow(message);
  });

  it("answers with frames or a CAPTURE error whatever a file holds", () => {
    const damage = fc.array(fc.tuple(fc.nat(LITTLE.length - 1), fc.nat(255)), { maxLength: 4 });
    const files = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      damage.map((changes) => changes.reduce((bytes, [at, value]) => patched(bytes, at, value), LITTLE)),
      damage.map((changes) =>
        changes.reduce((bytes, [at, value]) => patched(bytes, at % BIG.length, value), BIG),
      ),
    );
    fc.assert(
      fc.property(files, (bytes) => {
        try {
          expect(read(bytes).frames.length).toBeLessThanOrEqual(6);
        } catch (error) {
          expect(error).toMatchObject({ name: "VpioError", code: "CAPTURE" });
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("returns every list of packets from its bytes", () => {
    const packets = fc.array(
      fc.record({
        interface: fc.nat(2),
        timestampNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        bytes: fc.uint8Array({ maxLength: 100 }),
        comment: fc.string({ unit: "binary" }),
        direction: fc.constantFrom("in" as const, "out" as const),
      }),
    );
    const names = ["a", "bb", "wire"];
    const interfaces = names.map((name) => ({ name, description: name.repeat(3), speed: 100_000_000n }));
    const writer = new PcapngWriter({ interfaces, application: "vpio", comment: "round trip" });
    fc.assert(
      fc.property(packets, (written) => {
        const capture = read(join(writer.header(), ...written.map((packet) => writer.packet(packet))));
        expect(capture.frames.map((frame) => frame.bytes)).toEqual(written.map((packet) => packet.bytes));
        expect(capture.frames.map((frame) => frame.timestampNs)).toEqual(
          written.map((packet) => Number(packet.timestampNs - capture.startNs)),
        );
      }),
    );
  });
});
