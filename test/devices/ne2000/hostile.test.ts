/**
 * Programs that have broken other emulations of this card, and random ones. Whatever they do must end, and
 * stay inside.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Width } from "../../../src/hardware/cpu.ts";
import { BROADCAST, Card, frameTo } from "./card.ts";

const PROM = new Card().peek(0, 32);

/** What no program may change, and what every access must answer. */
function isIntact(card: Card): void {
  card.silicon.readPort(0x1f, 1);
  expect(card.peek(0, 32)).toEqual(PROM);
  card.start({ rcr: 0x04 });
  expect(card.silicon.receive(frameTo(BROADCAST))).toBe("stored");
}

function ring(start: number, stop: number, boundary: number, current: number): Card {
  const card = new Card().start({ rcr: 0x1e });
  card.out("PSTART", start);
  card.out("PSTOP", stop);
  card.out("BNRY", boundary);
  card.outPage(1, "CURR", current);
  return card;
}

const LENGTHS = [60, 64, 1514, 1518, 4096, 16_384, 32_768, 65_535, 65_536];

describe("a ring that makes no sense", () => {
  it.each([
    ["PSTART = PSTOP (CVE-2016-2841)", 0x50, 0x50, 0x50, 0x50],
    ["PSTOP below PSTART", 0x60, 0x50, 0x60, 0x61],
    ["PSTART 0, PSTOP 0x40: no RAM in it (CVE-2016-2841)", 0x00, 0x40, 0x00, 0x01],
    ["all zero", 0x00, 0x00, 0x00, 0x00],
    ["CURR behind the ring (CVE-2015-5278)", 0x46, 0x60, 0x46, 0xf0],
    ["CURR below the ring", 0x46, 0x60, 0x46, 0x01],
    ["PSTOP 0xff, CURR 0xbf (CVE-2015-5279)", 0x46, 0xff, 0x46, 0xbf],
    ["CURR on the last page, PSTOP 0xff", 0x46, 0xff, 0x47, 0xff],
    ["BNRY outside: never full", 0x50, 0x52, 0x00, 0x50],
    ["one page", 0x50, 0x51, 0x50, 0x50],
  ])("%s", (_, start, stop, boundary, current) => {
    for (const length of LENGTHS) {
      const card = ring(start, stop, boundary, current);
      for (let i = 0; i < 4; i++) {
        expect(["stored", "overflow"]).toContain(card.silicon.receive(frameTo(BROADCAST, length)));
        expect(card.inPage(1, "CURR")).toBeLessThan(0x100);
      }
      isIntact(card);
    }
  });

  it("stores nothing outside the RAM", () => {
    const card = ring(0x00, 0x40, 0x3f, 0x00);
    expect(card.silicon.receive(frameTo(BROADCAST, 4096))).toBe("stored");
    expect(card.peek(0, 32)).toEqual(PROM);
    expect(card.peek(0x100, 16)).toEqual(new Uint8Array(16).fill(0xff));
  });
});

describe("a transfer at an end of the memory", () => {
  it.each([
    [0x7ffe, 0x49],
    [0x7fff, 0x49],
    [0xbffe, 0x49],
    [0xfffe, 0x49],
    [0x001e, 0x49],
    [0x3ffe, 0x49],
    [0x7ffd, 0x48],
    [0xfffd, 0x48],
  ])("by double words at %i with DCR %i (CVE-2015-8743)", (address, dcr) => {
    const card = new Card().start({ dcr });
    card.remote(0x10, address, 0xffff);
    for (let i = 0; i < 0x5000; i++) card.silicon.writePort(0x10, 4, 0xdeadbeef);
    card.remote(0x08, address, 0xffff);
    for (let i = 0; i < 0x5000; i++) {
      const value = card.silicon.readPort(0x10, 4);
      expect(value >= 0 && value <= 0xffff_ffff).toBe(true);
    }
    isIntact(card);
  });
});

describe("a transmission from the end of the RAM", () => {
  it.each([0x7f, 0x80, 0xbf, 0xff, 0x00])("from page %i of 65,535 bytes (CVE-2007-5729)", (page) => {
    for (const tcr of [0x00, 0x01, 0x02, 0x03, 0x06]) {
      const card = new Card().start();
      card.out("TCR", tcr);
      card.transmit(new Uint8Array(0), page, 0xffff);
      card.bench.flushPhy();
      expect(card.in("CR")).toBe(0x22);
      expect(card.in("ISR") & 0x02).toBe(0x02);
      card.out("TCR", 0);
      isIntact(card);
    }
  });
});

describe("any program", () => {
  const width = fc.constantFrom<Width>(1, 2, 4);
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant("out"), fc.integer({ min: 0, max: 15 }), fc.nat(255)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("in"), fc.integer({ min: -2, max: 40 }), fc.nat(255)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("data"), fc.constant(0x10), fc.nat(0xffff_ffff)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("frame"), fc.nat(2000), fc.nat(255)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("left"), fc.constant(0), fc.nat(255)) },
  );

  it("gets defined answers, and leaves a card that a reset brings back", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(operation, width), { maxLength: 200 }), (program) => {
        const card = new Card().start({ rcr: 0x1e });
        for (const [[kind, place, value], bytes] of program) {
          switch (kind) {
            case "out":
              card.silicon.writePort(place, 1, value);
              break;
            case "data":
              card.silicon.writePort(place, bytes, value);
              break;
            case "frame":
              card.silicon.receive(frameTo(BROADCAST, place));
              break;
            case "left":
              card.bench.flushPhy();
              break;
            default: {
              const answer = card.silicon.readPort(place, bytes);
              expect(answer >= 0 && answer < 2 ** (8 * bytes)).toBe(true);
            }
          }
        }
        card.bench.flushPhy();
        isIntact(card);
      }),
      { numRuns: 200 },
    );
  });
});
