import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildIcmpEcho, type IcmpEcho, parseIcmpEcho } from "../../src/ethernet/icmp.ts";
import { hex, patched, poisoned } from "./bytes.ts";

/** The request that Linux sends, and the reply it gets. */
const DATA = hex(`1c2b046b00000000 9eb50e0000000000 101112131415161718191a1b1c1d1e1f
  202122232425262728292a2b2c2d2e2f 3031323334353637`);
const REQUEST_BYTES = Uint8Array.from([...hex("08 00 657d 0663 0001"), ...DATA]);
const REPLY_BYTES = Uint8Array.from([...hex("00 00 6d7d 0663 0001"), ...DATA]);
const REQUEST: IcmpEcho = { kind: "request", identifier: 0x0663, sequence: 1, data: DATA };
const REPLY: IcmpEcho = { ...REQUEST, kind: "reply" };

describe("ICMP echo", () => {
  it.each([
    ["request", REQUEST, REQUEST_BYTES],
    ["reply", REPLY, REPLY_BYTES],
  ])("deconstructs and constructs a %s", (_, echo, bytes) => {
    expect(parseIcmpEcho(poisoned(bytes))).toEqual(echo);
    expect(buildIcmpEcho({ ...echo, data: poisoned(echo.data) })).toEqual(bytes);
  });

  it.each([
    ["a cut header", REQUEST_BYTES.subarray(0, 7)],
    ["a cut packet", REQUEST_BYTES.subarray(0, 63)],
    ["a wrong checksum", patched(REQUEST_BYTES, 3, 0x7e)],
    ["destination unreachable", hex("03 01 fcfe 0000 0000")],
    ["an echo with a code", hex("08 01 f7fe 0000 0000")],
  ])("refuses %s", (_, bytes) => expect(parseIcmpEcho(bytes)).toBeUndefined());

  it("returns every echo from its bytes, of odd lengths too", () => {
    const echoes = fc.record({
      kind: fc.constantFrom("request" as const, "reply" as const),
      identifier: fc.integer({ min: 0, max: 0xffff }),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      data: fc.uint8Array({ maxLength: 1472 }),
    });
    fc.assert(
      fc.property(echoes, (echo) => {
        expect(parseIcmpEcho(poisoned(buildIcmpEcho(echo)))).toEqual(echo);
      }),
    );
  });
});
