import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { checksum } from "../../src/ethernet/checksum.ts";
import {
  buildIpv4,
  formatIpv4Address,
  IP_PROTOCOL,
  parseIpv4,
  parseIpv4Address,
} from "../../src/ethernet/ipv4.ts";
import { hex, patched, poisoned } from "./bytes.ts";

const BYTES = hex("45 00 0018 71d1 4000 40 01 b477 0a4d0001 0a4d0002  de ad be ef");
const PACKET = {
  source: 0x0a4d0001,
  destination: 0x0a4d0002,
  protocol: IP_PROTOCOL.icmp,
  identification: 0x71d1,
  ttl: 64,
  payload: hex("de ad be ef"),
};

/** `bytes` with the byte at `at` replaced and the header's checksum right again. */
function resummed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = patched(patched(patched(bytes, at, value), 10, 0), 11, 0);
  const sum = checksum(copy.subarray(0, 20));
  return patched(patched(copy, 10, sum >>> 8), 11, sum & 0xff);
}

describe("IPv4 addresses", () => {
  it("reads and writes dotted quads, unsigned", () => {
    expect(parseIpv4Address("255.0.2.1")).toBe(0xff000201);
    expect(formatIpv4Address(0xff000201)).toBe("255.0.2.1");
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", "1.2.3.0x4"])(
    "refuses %j",
    (text) => expect(parseIpv4Address(text)).toBeUndefined(),
  );
});

describe("IPv4", () => {
  it("deconstructs literal bytes and constructs them again", () => {
    expect(parseIpv4(poisoned(BYTES))).toEqual(PACKET);
    expect(buildIpv4({ ...PACKET, payload: poisoned(PACKET.payload) })).toEqual(BYTES);
  });

  it("cuts the padding of a minimal frame by the total length", () => {
    const padded = new Uint8Array(46).fill(0xa5);
    padded.set(BYTES);
    expect(parseIpv4(padded)).toEqual(PACKET);
  });

  it("skips options", () => {
    const withOption = hex("46 00 001c 71d1 4000 40 01 b278 0a4d0001 0a4d0002 01010100 de ad be ef");
    const sum = checksum(patched(patched(withOption, 10, 0), 11, 0).subarray(0, 24));
    const packet = parseIpv4(patched(patched(withOption, 10, sum >>> 8), 11, sum & 0xff));
    expect(packet).toEqual(PACKET);
  });

  it.each([
    ["a cut header", BYTES.subarray(0, 19)],
    ["a cut payload", BYTES.subarray(0, 23)],
    ["version 6", resummed(BYTES, 0, 0x65)],
    ["a header of 16 bytes", resummed(BYTES, 0, 0x44)],
    ["a header longer than the packet", resummed(BYTES, 0, 0x4f)],
    ["a total length within the header", resummed(BYTES, 3, 19)],
    ["a first fragment", resummed(BYTES, 6, 0x20)],
    ["a later fragment", resummed(BYTES, 7, 0xb9)],
  ])("refuses %s", (_, bytes) => expect(parseIpv4(poisoned(bytes))).toBeUndefined());

  it("refuses every header with one bit flipped", () => {
    for (let bit = 0; bit < 160; bit++) {
      const at = bit >>> 3;
      const flipped = patched(BYTES, at, (BYTES[at] as number) ^ (1 << (bit & 7)));
      expect(parseIpv4(flipped)).toBeUndefined();
    }
  });

  it("does not build what cannot be said", () => {
    const longest = buildIpv4({ ...PACKET, payload: new Uint8Array(65_515) });
    expect(longest).toHaveLength(65_535);
    expect(() => buildIpv4({ ...PACKET, payload: new Uint8Array(65_516) })).toThrow(VpioError);
  });

  it("returns every packet from its bytes", () => {
    const packets = fc.record({
      source: fc.integer({ min: 0, max: 0xffff_ffff }),
      destination: fc.integer({ min: 0, max: 0xffff_ffff }),
      protocol: fc.integer({ min: 0, max: 255 }),
      identification: fc.integer({ min: 0, max: 0xffff }),
      ttl: fc.integer({ min: 0, max: 255 }),
      payload: fc.uint8Array({ maxLength: 1480 }),
    });
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseIpv4(poisoned(buildIpv4(packet)))).toEqual(packet);
      }),
    );
  });
});
