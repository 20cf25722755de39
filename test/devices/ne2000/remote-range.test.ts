/** Where a remote DMA goes: reckoned by the VMM, and moved by the card. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesLeft,
  type Geometry,
  staysInProm,
  staysInRam,
  type Transfer,
} from "../../../src/devices/ne2000/remote-range.ts";
import { Card } from "./card.ts";

const RING: Geometry = { start: 0x4c, stop: 0x80, words: true };
const BYTES: Geometry = { ...RING, words: false };
const at = (address: number, bytes: number): Transfer => ({ address, bytes });

describe("a remote DMA", () => {
  it.each([
    [at(0x4000, 0x2000), BYTES, true],
    [at(0x3fff, 2), BYTES, false],
    [at(0x7ffe, 2), BYTES, true],
    [at(0x7fff, 4), BYTES, true],
    [at(0x7fff, 4), { ...BYTES, stop: 0xff }, false],
    [at(0x7fff, 1), BYTES, true],
    [at(0x7fff, 1), RING, true],
    [at(0x7fff, 3), { ...RING, stop: 0xff }, false],
    [at(0x7f00, 0x200), { ...RING, start: 0 }, false],
    [at(0x7f00, 0x200), { ...RING, start: 0x7f, stop: 0x60 }, false],
    [at(0x5f00, 0x200), { ...RING, start: 0x80, stop: 0x60 }, false],
    [at(0xfffe, 4), { ...RING, start: 0x40, stop: 0 }, false],
    [at(0x4000, 0xffff), RING, true],
    [at(0xffff, 0), RING, true],
  ] as const)("%o in a ring of %o is in packet RAM: %s", (transfer, geometry, inside) => {
    expect(staysInRam(transfer, geometry)).toBe(inside);
  });

  it.each([
    [at(0, 32), RING, true],
    [at(0, 33), BYTES, false],
    [at(31, 1), BYTES, true],
    [at(31, 2), BYTES, false],
    [at(30, 2), RING, true],
    [at(31, 1), RING, true],
    [at(32, 1), BYTES, false],
  ] as const)("%o in a ring of %o is in the PROM: %s", (transfer, geometry, inside) => {
    expect(staysInProm(transfer, geometry)).toBe(inside);
  });
});

describe("what is left of a transfer that was stopped", () => {
  it("is what the card goes on to move", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0x4c00, max: 0x7fff }),
        fc.integer({ min: 1, max: 0x1000 }),
        fc.nat(0x1000),
        fc.boolean(),
        (address, bytes, reads, words) => {
          const geometry = words ? RING : BYTES;
          const card = new Card().start({ dcr: words ? 0x49 : 0x48 });
          card.remote(0x08, address, bytes);
          for (let i = 0; i < reads; i++) card.silicon.readPort(0x10, words ? 2 : 1);
          card.out("CR", 0x22);
          const left = bytesLeft(at(address, bytes), geometry, card.in("CRDA0") | (card.in("CRDA1") << 8));
          expect(left).toBe(Math.max(0, bytes - reads * (words ? 2 : 1)));
        },
      ),
      { numRuns: 60 },
    );
  });
});
