import { describe, expect, it } from "vitest";
import { crc32 } from "../../../src/ethernet/crc.ts";
import { Card, frameTo, MAC, PEER } from "./card.ts";

describe("a transmission", () => {
  it("hands the frame to the PHY and ends when it has left", () => {
    const card = new Card().start({ imr: 0x02 });
    const frame = frameTo(PEER, 77);
    card.transmit(frame, 0x41);
    expect(card.slot.sent).toEqual([frame]);
    expect([card.in("CR"), card.in("ISR"), card.in("TSR")]).toEqual([0x26, 0x00, 0x02]);
    expect([card.in("CLDA0"), card.in("CLDA1")]).toEqual([77, 0x41]);
    card.bench.flushPhy();
    expect([card.in("CR"), card.in("ISR"), card.in("TSR"), card.in("NCR")]).toEqual([0x22, 0x02, 0x03, 0]);
    expect(card.slot.interrupt).toBe(true);
  });

  it("does not begin while the card is stopped, and TXP does not stay", () => {
    const card = new Card().start();
    card.out("TBCR0", 60);
    card.out("CR", 0x25);
    expect(card.in("CR")).toBe(0x21);
    card.out("CR", 0x22);
    expect(card.slot.sent).toHaveLength(0);
  });

  it("is neither cancelled nor doubled by further commands", () => {
    const card = new Card().start();
    card.transmit(frameTo(PEER));
    card.out("CR", 0x22);
    expect(card.in("CR")).toBe(0x26);
    card.out("CR", 0x26);
    card.bench.flushPhy();
    expect(card.slot.sent).toHaveLength(1);
    expect(card.in("CR")).toBe(0x22);
  });

  it("under way when the card is stopped goes on, and the reset state waits for it", () => {
    const card = new Card().start();
    card.transmit(frameTo(PEER));
    card.out("CR", 0x21);
    expect([card.in("CR"), card.in("ISR")]).toEqual([0x25, 0x00]);
    card.bench.flushPhy();
    expect([card.in("CR"), card.in("ISR")]).toEqual([0x21, 0x82]);
  });

  it("under way at a reset is forgotten, and the next one waits for the PHY", () => {
    const card = new Card().start();
    card.transmit(frameTo(PEER, 60));
    card.silicon.readPort(0x18, 1);
    expect(card.in("CR")).toBe(0x21);
    card.start();
    card.transmit(frameTo(PEER, 61));
    expect(card.slot.sent).toHaveLength(1);
    expect(card.in("CR")).toBe(0x26);
    card.slot.pending--;
    card.silicon.transmitted();
    expect([card.slot.sent.length, card.in("CR"), card.in("ISR")]).toEqual([2, 0x26, 0x00]);
    card.bench.flushPhy();
    expect([card.in("CR"), card.in("ISR")]).toEqual([0x22, 0x02]);
    expect(card.slot.sent[1]).toHaveLength(61);
  });

  it("of no bytes is aborted", () => {
    const card = new Card().start({ imr: 0x08 });
    card.transmit(new Uint8Array(0));
    expect([card.in("CR"), card.in("ISR"), card.in("TSR")]).toEqual([0x22, 0x08, 0x0a]);
    expect(card.slot.sent).toHaveLength(0);
    expect(card.slot.interrupt).toBe(true);
  });

  it("wraps within the packet RAM, up to 65,535 bytes", () => {
    const card = new Card().start();
    card.poke(0x7f00, new Uint8Array(256).fill(0x7f));
    card.poke(0x4000, new Uint8Array(256).fill(0x40));
    card.transmit(new Uint8Array(0), 0x7f, 300);
    card.bench.flushPhy();
    expect(card.slot.sent[0]).toEqual(new Uint8Array(300).fill(0x7f, 0, 256).fill(0x40, 256));
    card.transmit(new Uint8Array(0), 0xff, 0xffff);
    expect(card.slot.sent[1]).toHaveLength(0xffff);
    expect(card.slot.sent[1]?.subarray(0, 300)).toEqual(card.slot.sent[0]);
  });

  it("with inhibited CRC sends what came with a right one, and loses the rest", () => {
    const card = new Card().start();
    card.out("TCR", 0x01);
    const frame = frameTo(PEER, 60);
    const data = new Uint8Array(64);
    data.set(frame);
    new DataView(data.buffer).setUint32(60, crc32(frame), true);
    card.transmit(data);
    expect(card.slot.sent).toEqual([frame]);
    card.bench.flushPhy();
    card.out("ISR", 0xff);
    data[63] = (data[63] as number) ^ 1;
    card.transmit(data);
    expect(card.slot.sent).toHaveLength(1);
    expect([card.in("CR"), card.in("ISR"), card.in("TSR")]).toEqual([0x22, 0x02, 0x03]);
  });
});

describe("loopback", () => {
  const looped = (tcr: number, data: Uint8Array, options: { dcr?: number; rcr?: number } = {}): Card => {
    const card = new Card().start({ dcr: options.dcr ?? 0x40, rcr: options.rcr ?? 0x00 });
    card.out("TCR", tcr);
    card.transmit(data);
    expect(card.slot.sent).toHaveLength(0);
    expect(card.in("CR")).toBe(0x22);
    expect(card.inPage(1, "CURR")).toBe(0x4d);
    return card;
  };
  const fifo = (card: Card): number[] => Array.from({ length: 8 }, () => card.in("FIFO"));

  it.each([
    [1, 0x02, 0x53],
    [2, 0x04, 0x43],
    [3, 0x06, 0x03],
  ])("in mode %i gives the TSR of the datasheet, and a CRC error with a generated CRC", (_, tcr, tsr) => {
    const card = looped(tcr, frameTo(MAC, 60));
    expect([card.in("TSR"), card.in("RSR"), card.in("ISR")]).toEqual([tsr, 0x02, 0x06]);
    expect(card.in("CNTR1")).toBe(1);
  });

  it("does not check the CRC when the address does not match", () => {
    const card = looped(0x02, frameTo(PEER, 60));
    expect([card.in("RSR"), card.in("ISR"), card.in("CNTR1")]).toEqual([0x01, 0x02, 0]);
  });

  it("checks the CRC that came with the frame", () => {
    const data = new Uint8Array(64);
    data.set(frameTo(MAC, 60));
    new DataView(data.buffer).setUint32(60, crc32(data.subarray(0, 60)), true);
    expect(looped(0x03, data).in("RSR")).toBe(0x01);
    data[20] = 0xee;
    const damaged = looped(0x03, data);
    expect([damaged.in("RSR"), damaged.in("ISR")]).toEqual([0x02, 0x06]);
  });

  it("leaves count and end of a 64-byte packet in the FIFO", () => {
    const frame = frameTo(MAC, 60);
    const crc = crc32(frame);
    const bytes = [crc & 0xff, (crc >>> 8) & 0xff, (crc >>> 16) & 0xff, crc >>> 24];
    expect(fifo(looped(0x02, frame))).toEqual([0x40, 0x00, 0x00, 59, ...bytes]);
  });

  it("aligns a packet of 8 n + 5 bytes with the FIFO, which can be read again and again", () => {
    const frame = frameTo(MAC, 65);
    const crc = crc32(frame);
    const bytes = [64, crc & 0xff, (crc >>> 8) & 0xff, (crc >>> 16) & 0xff, crc >>> 24, 69, 0, 0];
    const card = looped(0x02, frame);
    expect(fifo(card)).toEqual(bytes);
    expect(fifo(card)).toEqual(bytes);
    card.out("TCR", 0);
    expect(card.in("FIFO")).toBe(0);
  });

  it("takes the low bytes of words", () => {
    const frame = frameTo(MAC, 60);
    const words = Uint8Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? (frame[i / 2] as number) : 0xee));
    const bytewise = looped(0x02, frame);
    const wordwise = looped(0x02, words, { dcr: 0x41 });
    expect(wordwise.in("RSR")).toBe(0x02);
    expect(fifo(wordwise)).toEqual(fifo(bytewise));
  });
});
