import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BROADCAST, formatMac, isMulticast, macKey, parseMac, sameMac } from "../../src/ethernet/mac.ts";
import { poisoned } from "./bytes.ts";

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });

describe("MAC addresses", () => {
  it("reads and writes the usual text", () => {
    expect(parseMac("02:00:00:aB:CD:01")).toEqual(Uint8Array.of(2, 0, 0, 0xab, 0xcd, 1));
    expect(formatMac(Uint8Array.of(2, 0, 0, 0xab, 0xcd, 1))).toBe("02:00:00:ab:cd:01");
  });

  it.each([
    "",
    "02:00:00:00:00",
    "02:00:00:00:00:01:02",
    "2:0:0:0:0:1",
    "02-00-00-00-00-01",
    "02:00:00:00:00:0g",
  ])("refuses %j", (text) => expect(parseMac(text)).toBeUndefined());

  it("returns every address from its text", () => {
    fc.assert(
      fc.property(anyMac, (mac) => {
        expect(parseMac(formatMac(mac))).toEqual(mac);
      }),
    );
  });

  it("gives each address a key of its own, exact up to the broadcast address", () => {
    expect(macKey(BROADCAST)).toBe(2 ** 48 - 1);
    expect(macKey(poisoned(Uint8Array.of(9, 9, 0x80, 0, 0, 0, 0, 1)), 2)).toBe(2 ** 47 + 1);
    fc.assert(fc.property(anyMac, anyMac, (a, b) => sameMac(a, b) === (formatMac(a) === formatMac(b))));
  });

  it("tells groups by the first bit on the wire", () => {
    expect(isMulticast(BROADCAST)).toBe(true);
    expect(isMulticast(Uint8Array.of(0x33, 0x33, 0, 0, 0, 1))).toBe(true);
    expect(isMulticast(Uint8Array.of(0x02, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe(false);
  });
});
