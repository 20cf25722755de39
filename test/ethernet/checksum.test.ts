import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addWords, checksum, foldChecksum } from "../../src/ethernet/checksum.ts";
import { hex } from "./bytes.ts";

describe("the Internet checksum", () => {
  it("is the complement of RFC 1071's example sum, ddf2", () => {
    expect(checksum(hex("0001 f203 f4f5 f6f7"))).toBe(0xffff ^ 0xddf2);
  });

  it("takes an odd last byte for the high half of a word", () => {
    expect(checksum(hex("0102 03"))).toBe(checksum(hex("0102 0300")));
  });

  it("folds carries that carry again", () => {
    expect(foldChecksum(0x1_ffff)).toBe(0xffff ^ 1);
    expect(checksum(new Uint8Array(65_535).fill(0xff))).toBe(0xff);
  });

  it("is 0 over a range with its checksum in it, and adds up over ranges", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (a, b) => {
        const even = a.subarray(0, a.length & ~1);
        const whole = Uint8Array.from([...even, ...b]);
        const sum = checksum(whole);
        expect(foldChecksum(addWords(b, addWords(even)))).toBe(sum);
        const summed = Uint8Array.from([sum >>> 8, sum & 0xff, ...whole]);
        expect(checksum(summed)).toBe(0);
      }),
    );
  });
});
