import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ArpPacket, buildArp, parseArp } from "../../src/ethernet/arp.ts";
import { hex, patched, poisoned } from "./bytes.ts";

/** Linux asks who has 10.77.0.2. */
const REQUEST_BYTES = hex("0001 0800 06 04 0001  7e8b218e01be 0a4d0001  000000000000 0a4d0002");
const REQUEST: ArpPacket = {
  operation: "request",
  senderMac: hex("7e8b218e01be"),
  senderIp: 0x0a4d0001,
  targetMac: hex("000000000000"),
  targetIp: 0x0a4d0002,
};
/** And is told. */
const REPLY_BYTES = hex("0001 0800 06 04 0002  86617b6c27a8 0a4d0002  7e8b218e01be 0a4d0001");
const REPLY: ArpPacket = {
  operation: "reply",
  senderMac: hex("86617b6c27a8"),
  senderIp: 0x0a4d0002,
  targetMac: hex("7e8b218e01be"),
  targetIp: 0x0a4d0001,
};

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const anyIp = fc.integer({ min: 0, max: 0xffff_ffff });

describe("ARP", () => {
  it.each([
    ["request", REQUEST, REQUEST_BYTES],
    ["reply", REPLY, REPLY_BYTES],
  ])("deconstructs and constructs a %s", (_, packet, bytes) => {
    expect(parseArp(poisoned(bytes))).toEqual(packet);
    expect(buildArp(packet)).toEqual(bytes);
  });

  it("takes the padding of a minimal frame for padding", () => {
    const padded = new Uint8Array(46).fill(0xa5);
    padded.set(REQUEST_BYTES);
    expect(parseArp(padded)).toEqual(REQUEST);
  });

  it.each([
    ["a cut packet", REQUEST_BYTES.subarray(0, 27)],
    ["another hardware type", patched(REQUEST_BYTES, 1, 6)],
    ["another protocol type", patched(REQUEST_BYTES, 2, 0x86)],
    ["another hardware length", patched(REQUEST_BYTES, 4, 8)],
    ["another protocol length", patched(REQUEST_BYTES, 5, 16)],
    ["reverse ARP", patched(REQUEST_BYTES, 7, 3)],
  ])("refuses %s", (_, bytes) => expect(parseArp(bytes)).toBeUndefined());

  it("returns every packet from its bytes", () => {
    const operation = fc.constantFrom("request" as const, "reply" as const);
    const packets = fc.record({
      operation,
      senderMac: anyMac,
      senderIp: anyIp,
      targetMac: anyMac,
      targetIp: anyIp,
    });
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseArp(poisoned(buildArp(packet)))).toEqual(packet);
      }),
    );
  });
});
