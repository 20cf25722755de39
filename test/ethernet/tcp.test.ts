import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { advanced, ahead, buildTcp, parseTcp, sequenceLength } from "../../src/ethernet/tcp.ts";
import { segmentOf } from "../support/tcp-frames.ts";
import { hex, patched, poisoned } from "./bytes.ts";

const SOURCE_IP = 0x0a000001;
const DESTINATION_IP = 0x0a000002;
/** A SYN with the options that Linux sends: MSS 1460, selective acknowledgments, timestamps, a shift of 7. */
const SYN_BYTES = hex(
  "9c40 0050 12345678 00000000 a002 faf0 31cc 0000  020405b4 0402 080a 0001 0203 0000 0000 01 030307",
);
const SYN = segmentOf({
  sequence: 0x12345678,
  syn: true,
  window: 0xfaf0,
  mss: 1460,
  windowShift: 7,
});
const DATA_BYTES = hex("0050 9c40 ffffffff 12345679 5018 2000 32b5 0000  68656c6c6f");
const DATA = segmentOf({
  sourcePort: 80,
  destinationPort: 40_000,
  sequence: 0xffff_ffff,
  acknowledgment: 0x12345679,
  push: true,
  window: 0x2000,
  payload: hex("68656c6c6f"),
});

const parse = (bytes: Uint8Array) => parseTcp(bytes, SOURCE_IP, DESTINATION_IP);

/** Puts the checksum right, so that something else must be what is wrong. */
function summed(bytes: Uint8Array): Uint8Array {
  const copy = patched(patched(bytes, 16, 0), 17, 0);
  const words = [0x0a00, 0x0001, 0x0a00, 0x0002, 6, copy.length];
  for (let at = 0; at < copy.length; at += 2) words.push(((copy[at] ?? 0) << 8) | (copy[at + 1] ?? 0));
  const sum = ~(words.reduce((a, b) => a + b) % 0xffff) & 0xffff;
  return patched(patched(copy, 16, sum >>> 8), 17, sum & 0xff);
}

describe("TCP", () => {
  it("deconstructs literal bytes and constructs them again", () => {
    expect(parse(poisoned(DATA_BYTES))).toEqual(DATA);
    expect(buildTcp({ ...DATA, payload: poisoned(DATA.payload) }, SOURCE_IP, DESTINATION_IP)).toEqual(
      DATA_BYTES,
    );
  });

  it("reads the options it knows, and skips the others", () => {
    expect(parse(poisoned(SYN_BYTES))).toEqual(SYN);
  });

  it("takes a shift of the window above 14 for 14", () => {
    expect(parse(summed(patched(SYN_BYTES, 39, 15)))?.windowShift).toBe(14);
  });

  it("reads no option behind the end of the options", () => {
    expect(parse(summed(patched(SYN_BYTES, 20, 0)))).toMatchObject({
      mss: undefined,
      windowShift: undefined,
    });
  });

  it.each([
    ["a cut header", DATA_BYTES.subarray(0, 19)],
    ["a cut payload", DATA_BYTES.subarray(0, 24)],
    ["a changed byte", patched(DATA_BYTES, 22, 0x69)],
    ["a header shorter than itself", summed(patched(DATA_BYTES, 12, 0x40))],
    ["a header longer than the segment", summed(patched(DATA_BYTES, 12, 0x70))],
    ["an option of no length", summed(patched(SYN_BYTES, 21, 0))],
    ["an option that ends behind the header", summed(patched(SYN_BYTES, 38, 4))],
  ])("refuses %s", (_, bytes) => expect(parse(bytes)).toBeUndefined());

  it("refuses what was meant for another address", () => {
    expect(parseTcp(DATA_BYTES, SOURCE_IP, DESTINATION_IP + 1)).toBeUndefined();
  });

  it("does not build what cannot be said", () => {
    const long = segmentOf({ payload: new Uint8Array(65_516) });
    expect(() => buildTcp(long, SOURCE_IP, DESTINATION_IP)).toThrow(VpioError);
  });

  it("returns every segment from its bytes", () => {
    const port = fc.integer({ min: 0, max: 0xffff });
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const segments = fc.record({
      sourcePort: port,
      destinationPort: port,
      sequence: word,
      acknowledgment: maybe(word),
      syn: fc.boolean(),
      fin: fc.boolean(),
      rst: fc.boolean(),
      push: fc.boolean(),
      window: port,
      mss: maybe(port),
      windowShift: maybe(fc.integer({ min: 0, max: 14 })),
      payload: fc.uint8Array({ maxLength: 1460 }),
    });
    fc.assert(
      fc.property(segments, word, word, (segment, from, to) => {
        expect(parseTcp(poisoned(buildTcp(segment, from, to)), from, to)).toEqual(segment);
      }),
    );
  });
});

describe("sequence numbers", () => {
  it("wrap around", () => {
    expect(advanced(0xffff_ffff, 2)).toBe(1);
    expect(ahead(0xffff_fff0, 0x10)).toBe(0x20);
    expect(ahead(0x10, 0xffff_fff0)).toBe(-0x20);
  });

  it("are taken up by SYN and FIN too", () => {
    expect(sequenceLength(segmentOf({ syn: true, fin: true, payload: hex("010203") }))).toBe(5);
    expect(sequenceLength(segmentOf({ rst: true }))).toBe(0);
  });
});
