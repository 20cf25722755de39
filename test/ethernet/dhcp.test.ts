import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildDhcp, type DhcpMessage, parseDhcp } from "../../src/ethernet/dhcp.ts";
import { hex, patched, poisoned } from "./bytes.ts";

const MAC = hex("52 56 50 00 00 01");
const NOTHING = {
  requestedIp: undefined,
  serverIp: undefined,
  subnetMask: undefined,
  router: undefined,
  leaseS: undefined,
};

/** An offer as a server writes it: options in its own order, one of them unknown here, padding between. */
const OFFER = Uint8Array.from([
  ...hex("02 01 06 00 12345678 0000 8000 00000000 0a00020f 0a000202 00000000"),
  ...MAC,
  ...new Uint8Array(10 + 64 + 128),
  ...hex("63825363 0304 0a000202 00 3501 02 0604 08080808 0104 ffffff00 3604 0a000202 3304 00015180 ff"),
]);

describe("DHCP", () => {
  it("is read from literal bytes", () => {
    expect(parseDhcp(poisoned(OFFER))).toEqual({
      type: "offer",
      transaction: 0x12345678,
      clientMac: MAC,
      yourIp: 0x0a00020f,
      requestedIp: undefined,
      serverIp: 0x0a000202,
      subnetMask: 0xffffff00,
      router: 0x0a000202,
      leaseS: 86_400,
    });
  });

  it("asks for mask, router and lease, and for an answer by broadcast", () => {
    const bytes = buildDhcp({ type: "discover", transaction: 1, clientMac: MAC, yourIp: 0, ...NOTHING });
    expect(bytes).toHaveLength(300);
    expect(bytes.subarray(0, 12)).toEqual(hex("01 01 06 00 00000001 0000 8000"));
    expect(bytes.subarray(236, 249)).toEqual(hex("63825363 3501 01 3703 01 03 33 ff"));
  });

  it.each([
    ["a cut header", OFFER.subarray(0, 239)],
    ["another cookie", patched(OFFER, 236, 0x64)],
    ["another hardware", patched(OFFER, 1, 6)],
    ["no end of the options", OFFER.subarray(0, OFFER.length - 1)],
    ["an option that ends behind the message", patched(OFFER, OFFER.length - 6, 9)],
    ["a type that there is not", patched(OFFER, 249, 99)],
    ["an offer from a client", patched(OFFER, 0, 1)],
  ])("refuses %s", (_, bytes) => expect(parseDhcp(bytes)).toBeUndefined());

  it("returns every message from its bytes", () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const maybe = fc.option(word, { nil: undefined });
    const messages: fc.Arbitrary<DhcpMessage> = fc.record({
      type: fc.constantFrom("discover", "offer", "request", "decline", "ack", "nak", "release"),
      transaction: word,
      clientMac: fc.uint8Array({ minLength: 6, maxLength: 6 }),
      yourIp: word,
      requestedIp: maybe,
      serverIp: maybe,
      subnetMask: maybe,
      router: maybe,
      leaseS: maybe,
    });
    fc.assert(
      fc.property(messages, (message) => {
        expect(parseDhcp(poisoned(buildDhcp(message)))).toEqual(message);
      }),
    );
  });
});
