import { describe, expect, it } from "vitest";
import type { Width } from "../../../src/hardware/cpu.ts";
import { Card, MAC } from "./card.ts";

const DATA = 0x10;
const READ = 0x08;
const WRITE = 0x10;
const SEND = 0x18;

const reads = (card: Card, width: Width, count: number): number[] =>
  Array.from({ length: count }, () => card.silicon.readPort(DATA, width));
const crda = (card: Card): number => card.in("CRDA0") | (card.in("CRDA1") << 8);

describe("the PROM", () => {
  it("holds each byte of the address twice, and the signature of an NE2000", () => {
    const card = new Card();
    expect([...card.peek(0, 32)]).toEqual([
      0x52, 0x52, 0x54, 0x54, 0x00, 0x00, 0x12, 0x12, 0x34, 0x34, 0x56, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 0, 0, 0x57, 0x57, 0x57, 0x57,
    ]);
  });

  it("cannot be written", () => {
    const card = new Card();
    card.poke(0, new Uint8Array(32).fill(0xee));
    expect(card.peek(0, 12)[10]).toBe(MAC[5]);
  });
});

describe("the data port", () => {
  it("moves bytes with WTS clear and ends with RDC", () => {
    const card = new Card().start();
    card.remote(WRITE, 0x4100, 3);
    for (const byte of [0x11, 0x22, 0x33]) {
      expect(card.in("ISR")).toBe(0);
      card.silicon.writePort(DATA, 1, byte);
    }
    expect(card.in("ISR")).toBe(0x40);
    expect(crda(card)).toBe(0x4103);
    card.remote(READ, 0x4100, 3);
    expect(reads(card, 1, 3)).toEqual([0x11, 0x22, 0x33]);
  });

  it("moves little-endian words with WTS set, one for each access of a byte or a word", () => {
    const card = new Card().start({ dcr: 0x49 });
    card.remote(WRITE, 0x4100, 4);
    card.silicon.writePort(DATA, 2, 0x2211);
    card.silicon.writePort(DATA, 2, 0x4433);
    expect(card.in("ISR")).toBe(0x40);
    expect([...card.peek(0x4100, 4)]).toEqual([0x11, 0x22, 0x33, 0x44]);
    card.remote(READ, 0x4100, 4);
    expect(card.silicon.readPort(DATA, 1)).toBe(0x11);
    expect(crda(card)).toBe(0x4102);
    expect(card.silicon.readPort(0x17, 2)).toBe(0x4433);
  });

  it("moves two words, or four bytes, for a double word", () => {
    for (const dcr of [0x49, 0x48]) {
      const card = new Card().start({ dcr });
      card.remote(WRITE, 0x4100, 8);
      card.silicon.writePort(DATA, 4, 0x44332211);
      card.silicon.writePort(DATA, 4, 0x88776655);
      card.remote(READ, 0x4100, 8);
      expect(reads(card, 4, 2)).toEqual([0x44332211, 0x88776655]);
      expect(card.in("ISR")).toBe(0x40);
    }
  });

  it("moves two bytes for a word with WTS clear", () => {
    const card = new Card().start();
    card.poke(0x4100, Uint8Array.of(1, 2, 3));
    card.remote(READ, 0x4100, 3);
    expect(reads(card, 2, 2)).toEqual([0x0201, 0xff03]);
  });

  it("ends a transfer of an odd count in words with its last word, and ignores A0", () => {
    const card = new Card().start({ dcr: 0x49 });
    card.poke(0x4100, Uint8Array.of(1, 2, 3, 4));
    card.remote(READ, 0x4101, 3);
    expect(reads(card, 2, 2)).toEqual([0x0201, 0x0403]);
    expect(card.in("ISR")).toBe(0x40);
  });

  it("works in the reset state", () => {
    const card = new Card();
    card.out("DCR", 0x49);
    card.remote(WRITE, 0x7ffe, 2);
    expect(card.in("CR")).toBe(0x11);
    card.silicon.writePort(DATA, 2, 0xbeef);
    card.remote(READ, 0x7ffe, 2);
    expect(card.silicon.readPort(DATA, 2)).toBe(0xbeef);
    expect(card.in("ISR")).toBe(0xc0);
  });

  it("does nothing without a command, against its direction, or when the count is used up", () => {
    const card = new Card().start();
    card.poke(0x4100, Uint8Array.of(1, 2));
    card.remote(0x20, 0x4100, 2);
    expect(reads(card, 1, 1)).toEqual([0xff]);
    card.remote(WRITE, 0x4100, 2);
    expect(reads(card, 1, 1)).toEqual([0xff]);
    card.remote(READ, 0x4100, 2);
    card.silicon.writePort(DATA, 1, 0xee);
    expect(reads(card, 1, 3)).toEqual([1, 2, 0xff]);
    expect(crda(card)).toBe(0x4102);
    card.remote(0x00, 0x4100, 2);
    expect(reads(card, 4, 1)).toEqual([0xffff_ffff]);
  });

  it("is over at once for a transfer of no bytes, which is how a kernel finds its interrupt", () => {
    const card = new Card().start({ imr: 0x40 });
    card.remote(READ, 0, 0);
    expect(card.in("ISR")).toBe(0x40);
    expect(card.slot.interrupt).toBe(true);
  });

  it("can be aborted and continued, without RDC", () => {
    const card = new Card().start();
    card.poke(0x4100, Uint8Array.of(1, 2, 3, 4));
    card.remote(READ, 0x4100, 4);
    expect(reads(card, 1, 2)).toEqual([1, 2]);
    card.out("CR", 0x22);
    expect(reads(card, 1, 1)).toEqual([0xff]);
    expect(card.in("ISR")).toBe(0);
    card.out("CR", 0x0a);
    expect(reads(card, 1, 2)).toEqual([3, 4]);
  });
});

describe("the remote address", () => {
  it("goes from the page stop to the page start address", () => {
    const card = new Card().start({ start: 0x50, stop: 0x60, dcr: 0x49 });
    card.poke(0x5ffe, Uint8Array.of(1, 2));
    card.poke(0x5000, Uint8Array.of(3, 4));
    card.remote(READ, 0x5ffe, 4);
    expect(reads(card, 2, 2)).toEqual([0x0201, 0x0403]);
    expect(crda(card)).toBe(0x5002);
  });

  it("reads ones and loses writes where there is neither PROM nor RAM, and wraps at 64 KiB", () => {
    const card = new Card().start();
    for (const address of [0x0020, 0x3fff, 0x8000, 0xbffe]) {
      card.poke(address, Uint8Array.of(0x5a));
      expect([...card.peek(address, 1)]).toEqual([0xff]);
    }
    card.remote(READ, 0xffff, 2);
    expect(reads(card, 1, 2)).toEqual([0xff, 0x52]);
  });
});

describe("send packet", () => {
  const ENTRY = Uint8Array.of(0x01, 0x4f, 0x08, 0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x0c, 0x0c, 0x0c, 0x0c);

  it("reads header and frame of the packet at BNRY, then moves BNRY behind it", () => {
    const card = new Card().start({ dcr: 0x58 });
    card.out("BNRY", 0x4e);
    card.poke(0x4e00, ENTRY);
    card.out("RBCR1", 0x0f);
    card.out("CR", 0x02 | SEND);
    expect(reads(card, 1, 7)).toEqual([...ENTRY.subarray(0, 7)]);
    expect([card.in("BNRY"), card.in("ISR")]).toEqual([0x4e, 0x00]);
    expect(reads(card, 1, 2)).toEqual([0xdd, 0xff]);
    expect([card.in("BNRY"), card.in("ISR")]).toEqual([0x4f, 0x40]);
  });

  it("follows the ring", () => {
    const card = new Card().start({ start: 0x50, stop: 0x60, dcr: 0x59 });
    card.out("BNRY", 0x5f);
    card.poke(0x5f00, Uint8Array.of(0x01, 0x51, 0x02, 0x01));
    card.poke(0x5000, Uint8Array.of(0x77, 0x88));
    card.out("CR", 0x02 | SEND);
    reads(card, 2, 0x80);
    expect(reads(card, 2, 1)).toEqual([0x8877]);
    expect(card.in("BNRY")).toBe(0x51);
  });

  it("is not executed without DCR.AR, and forgotten when aborted", () => {
    const card = new Card().start();
    card.out("BNRY", 0x4e);
    card.poke(0x4e00, ENTRY);
    card.out("RBCR0", 0x08);
    card.out("CR", 0x02 | SEND);
    expect(reads(card, 1, 1)).toEqual([0xff]);
    card.out("DCR", 0x58);
    card.out("CR", 0x02 | SEND);
    reads(card, 1, 4);
    card.out("CR", 0x22);
    expect(reads(card, 1, 8)).toEqual(new Array(8).fill(0xff));
    expect([card.in("BNRY"), card.in("ISR")]).toEqual([0x4e, 0x00]);
  });
});
