/**
 * Programs that broke emulated cards over the years: each operation must end, and the card must still work
 * after a reset.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CR, ISR, RCR, REGISTERS, TCR, TSD } from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import type { Width } from "../../../src/hardware/cpu.ts";
import { BenchSlot } from "../../support/bench-slot.ts";
import { BROADCAST, Card, frameTo, MAC, RING } from "./card.ts";

const WINDOW = 0xfeb0_0000;

/** A bus on which the card's own window answers to the card's DMA. */
class MirrorSlot extends BenchSlot {
  card: Rtl8139 | undefined;
  windowWrites = 0;

  override dmaWrite(address: number, from: Uint8Array): void {
    for (const [i, byte] of from.entries()) {
      const offset = address + i - WINDOW;
      if (offset < 0 || offset >= 256) continue;
      this.windowWrites++;
      if (offset % 4 === 0 && i + 4 <= from.length) {
        const word = new DataView(from.buffer, from.byteOffset + i, 4).getUint32(0, true);
        this.card?.writePort(offset, 4, word);
      } else this.card?.writePort(offset, 1, byte);
    }
  }

  override dmaRead(address: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++)
      into[i] = this.card?.readPort((address + i - WINDOW) & 0xff, 1) ?? 0;
  }
}

function worksAfterReset(card: Card): void {
  card.bench.flushPhy();
  card.set("CR", CR.RST);
  card.set("IDR0", 0x1200_5452);
  card.set("IDR4", 0x5634);
  card.enable(RCR.APM);
  const sent = card.slot.sent.length;
  card.send(0, frameTo(BROADCAST, 60));
  expect(card.slot.sent).toHaveLength(sent + 1);
  card.bench.flushPhy();
  expect(card.get("TSD0")).toBe(TSD.OWN | TSD.TOK | 60);
  expect(card.silicon.receive(frameTo(MAC, 60))).toBe("stored");
  expect(card.memory(RING, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
}

describe("loopback into the card's own window (CVE-2021-3416)", () => {
  it.each([REGISTERS.TSD0.offset, REGISTERS.CR.offset - 5, 0])("at offset %i ends", (offset) => {
    const slot = new MirrorSlot();
    const card = new Rtl8139(slot, { mac: MAC });
    slot.card = card;
    card.writePort(REGISTERS.RBSTART.offset, 4, WINDOW + offset - 4);
    card.writePort(REGISTERS.CR.offset, 1, CR.RE | CR.TE);
    card.writePort(REGISTERS.RCR.offset, 4, RCR.AAP | RCR.AB | RCR.AM | RCR.AR);
    card.writePort(REGISTERS.TCR.offset, 4, TCR.LBK);
    for (let i = 0; i < 8; i++) {
      card.writePort(REGISTERS.TSAD0.offset + 4 * (i % 4), 4, WINDOW);
      card.writePort(REGISTERS.TSD0.offset + 4 * (i % 4), 4, 60);
    }
    expect(slot.windowWrites).toBeGreaterThan(0);
    expect(slot.windowWrites).toBeLessThan(20_000);
    expect(slot.pending).toBeLessThanOrEqual(1);
  });
});

it("loopback that queues all descriptors again with every DMA write gets one round per operation", () => {
  class RearmingSlot extends BenchSlot {
    card: Rtl8139 | undefined;
    dmaWrites = 0;
    override dmaWrite(): void {
      this.dmaWrites++;
      for (let n = 0; n < 4; n++) this.card?.writePort(REGISTERS.TSD0.offset + 4 * n, 4, 60);
    }
  }
  const slot = new RearmingSlot();
  const card = new Rtl8139(slot, { mac: MAC });
  slot.card = card;
  card.writePort(REGISTERS.CR.offset, 1, CR.RE | CR.TE);
  card.writePort(REGISTERS.RCR.offset, 4, RCR.AAP);
  card.writePort(REGISTERS.TCR.offset, 4, TCR.LBK);
  for (let operation = 1; operation <= 8; operation++) {
    card.writePort(REGISTERS.TSD0.offset, 4, 60);
    expect(slot.dmaWrites).toBe(4 * operation);
  }
});

describe("DMA at odd places", () => {
  it("reads all ones outside the memory, and across its end what is there", () => {
    const card = new Card();
    card.enable(0);
    const end = card.slot.host.sizeBytes;
    card.slot.memory.bytes(end - 20, 20).fill(0x11);
    card.set("TSAD0", end - 20);
    card.set("TSD0", 60);
    card.set("TSAD1", 0xfeb0_0000);
    card.set("TSD1", 60);
    card.bench.flushPhy();
    expect(card.slot.sent[0]).toEqual(new Uint8Array(60).fill(0x11, 0, 20).fill(0xff, 20));
    expect(card.slot.sent[1]).toEqual(new Uint8Array(60).fill(0xff));
  });

  it("wraps at 2^32, sending and receiving", () => {
    const card = new Card();
    card.enable(RCR.APM);
    card.slot.memory.bytes(0, 44).fill(0x22);
    card.set("TSAD0", 0xffff_fff0);
    card.set("TSD0", 60);
    expect(card.slot.sent[0]).toEqual(new Uint8Array(60).fill(0xff, 0, 16).fill(0x22, 16));
    card.set("RBSTART", 0xffff_fff0);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(0, 4)).toEqual([12, 13, 14, 15]);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(68 - 16, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
  });

  it("loses what is received outside the memory", () => {
    const card = new Card();
    card.enable(RCR.APM);
    card.set("RBSTART", card.slot.host.sizeBytes - 8);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("stored");
    expect(card.memory(card.slot.host.sizeBytes - 8, 8)).toEqual([
      0x01, 0x40, 0x40, 0x00, 0x52, 0x54, 0x00, 0x12,
    ]);
  });

  it("follows RBSTART moved while RE is on, without moving CBR", () => {
    const card = new Card();
    card.enable(RCR.APM);
    card.silicon.receive(frameTo(MAC, 60));
    card.set("RBSTART", 0x3_0001);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(0x3_0001 + 68, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
  });
});

describe("rings that make no sense", () => {
  it.each([1, 2, 3, 0xffef, 0x8001])("CAPR %i: never empty, and the receiver stops before it", (capr) => {
    const card = new Card();
    card.enable(RCR.APM);
    card.set("CAPR", capr);
    expect(card.get("CR") & CR.BUFE).toBe(0);
    let frames = 0;
    while (card.silicon.receive(frameTo(MAC, 60)) === "stored") frames++;
    expect(frames).toBeLessThanOrEqual(0x2000 / 68);
    expect(card.get("ISR") & ISR.RXOVW).toBe(ISR.RXOVW);
    worksAfterReset(card);
  });

  it("a ring made smaller under the receiver keeps CBR inside", () => {
    const card = new Card();
    card.enable(RCR.APM | (3 << 11));
    for (let i = 0; i < 40; i++) card.silicon.receive(frameTo(MAC, 1500));
    card.set("RCR", RCR.APM);
    expect(card.get("CBR")).toBeLessThan(0x2000);
    worksAfterReset(card);
  });
});

it("TSD of 8,191 bytes eight times over: TER, and no frame", () => {
  const card = new Card();
  card.enable(RCR.APM, TCR.LBK);
  for (let i = 0; i < 8; i++) card.set(`TSD${(i % 4) as 0 | 1 | 2 | 3}`, 8191);
  expect(card.get("ISR")).toBe(ISR.TER);
  expect(card.get("CBR")).toBe(0);
  worksAfterReset(card);
});

it("any program leaves a card that answers in range, sends one frame at a time, works after a reset", () => {
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x10, 0x14, 0x30, 0x37, 0x38, 0x40, 0x44),
  );
  const width = fc.constantFrom<Width>(1, 2, 4);
  const step = fc.oneof(
    fc.record({ kind: fc.constant("in" as const), offset, width }),
    fc.record({
      kind: fc.constant("out" as const),
      offset,
      width,
      value: fc.integer({ min: 0, max: 0xffff_ffff }),
    }),
    fc.record({ kind: fc.constant("frame" as const), bytes: fc.integer({ min: 0, max: 65_536 }) }),
    fc.record({ kind: fc.constant("sent" as const) }),
    fc.record({ kind: fc.constant("time" as const), ns: fc.integer({ min: 0, max: 1e9 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const card = new Card();
      for (const one of steps) {
        if (one.kind === "out") card.silicon.writePort(one.offset, one.width, one.value);
        else if (one.kind === "frame") card.silicon.receive(frameTo(MAC, one.bytes));
        else if (one.kind === "sent") card.bench.flushPhy();
        else if (one.kind === "in") {
          const value = card.silicon.readPort(one.offset, one.width);
          expect(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * one.width)).toBe(true);
        } else {
          card.slot.clockNs += one.ns;
          card.silicon.timer();
        }
        expect(card.slot.pending).toBeLessThanOrEqual(1);
      }
      worksAfterReset(card);
    }),
    { numRuns: 200 },
  );
});
