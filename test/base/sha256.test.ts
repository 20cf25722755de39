import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sha256 } from "../../src/base/sha256.ts";

const expected = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("SHA-256", () => {
  it("has the digests that the standard gives", () => {
    const digest = (text: string): string => new Sha256().update(Buffer.from(text)).digest();
    expect(digest("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(digest("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("is right for every length around its blocks", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = new Uint8Array(length).fill(0x80 + length);
      expect(new Sha256().update(bytes).digest()).toBe(expected(bytes));
    }
  });

  it("does not depend on how the bytes come", () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    fc.assert(
      fc.property(parts, (pieces) => {
        const hash = new Sha256();
        for (const piece of pieces) hash.update(piece);
        expect(hash.digest()).toBe(expected(Buffer.concat(pieces)));
      }),
    );
  });
});
