import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arpRequestFrame, padFrame, udpFrame } from "../../src/ethernet/host.ts";
import { withoutPadding } from "../../src/ethernet/padding.ts";
import { hex } from "./bytes.ts";

const HERE = { mac: hex("02 00 00 00 00 01"), ip: 0x0a000001 };
const THERE = { mac: hex("02 00 00 00 00 02"), ip: 0x0a000002 };
/** An IPv6 packet without payload, by its header. */
const IPV6 = Uint8Array.from([
  ...hex("020000000002 020000000001 86dd 60000000 0000 3b 40"),
  ...new Uint8Array(32).fill(1),
]);

describe("padding", () => {
  it.each([
    ["ARP", arpRequestFrame(HERE, THERE.ip)],
    ["IPv6", IPV6],
  ])("of %s goes, and nothing else", (_, frame) => {
    expect(withoutPadding(padFrame(frame))).toEqual(frame);
    expect(withoutPadding(frame)).toEqual(frame);
  });

  it("of UDP over IPv4 goes whatever the payload", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1472 }), (payload) => {
        const frame = udpFrame(HERE, THERE, 1, { sourcePort: 1, destinationPort: 2, payload });
        expect(withoutPadding(padFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("is not looked for in a frame of another protocol", () => {
    const frame = padFrame(hex("020000000002 020000000001 88b5 0000"));
    expect(withoutPadding(frame)).toBe(frame);
  });

  it("is never more than there is, whatever the bytes say", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.constantFrom(0x0800, 0x0806, 0x86dd),
        (bytes, type) => {
          bytes.set(
            [type >> 8, type & 0xff].slice(0, Math.max(0, bytes.length - 12)),
            Math.min(12, bytes.length),
          );
          const left = withoutPadding(bytes);
          expect(left).toEqual(bytes.subarray(0, left.length));
          expect(left.length).toBeGreaterThanOrEqual(Math.min(14, bytes.length));
        },
      ),
    );
  });
});
