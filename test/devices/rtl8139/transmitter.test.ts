import { describe, expect, it } from "vitest";
import { CR, CR9346, ISR, RCR, TCR, TSD } from "../../../src/devices/rtl8139/registers.ts";
import { BROADCAST, BUFFER, Card, frameTo, MAC, RING } from "./card.ts";

const DONE = TSD.OWN | TSD.TOK;

function sending(): Card {
  const card = new Card();
  card.enable(0);
  return card;
}

describe("a transmit descriptor", () => {
  it("sends the bytes at TSAD as they are, without padding or FCS", () => {
    const card = sending();
    const frame = frameTo(BROADCAST, 42);
    card.send(0, frame);
    expect(card.slot.sent).toEqual([frame]);
  });

  it("is the card's until the frame has left, then OWN and TOK and the interrupt come", () => {
    const card = sending();
    card.set("IMR", ISR.TOK);
    card.send(0, frameTo(BROADCAST, 60));
    expect(card.get("TSD0")).toBe(60);
    expect([card.get("ISR"), card.slot.interrupt]).toEqual([0, false]);
    card.transmitted();
    expect(card.get("TSD0")).toBe(DONE | 60);
    expect([card.get("ISR"), card.slot.interrupt]).toEqual([ISR.TOK, true]);
  });

  it("loses its status, and keeps its threshold, when the size is written", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.transmitted();
    card.set("TSD0", 0xff0b_0000 | DONE | 61);
    expect(card.get("TSD0")).toBe(0x000b_0000 | TSD.OWN | 61);
    expect(card.slot.sent).toHaveLength(1);
  });
});

describe("the order of descriptors", () => {
  it("is round-robin from 0, one frame at the PHY at a time", () => {
    const card = sending();
    const frames = [60, 61, 62, 63].map((bytes) => frameTo(BROADCAST, bytes));
    for (const [n, frame] of frames.entries()) card.send(n as 0 | 1 | 2 | 3, frame);
    for (let sent = 1; sent <= 4; sent++) {
      expect(card.slot.sent).toEqual(frames.slice(0, sent));
      card.transmitted();
    }
    card.send(0, frameTo(BROADCAST, 64));
    expect(card.slot.sent[4]).toHaveLength(64);
  });

  it("keeps a descriptor waiting until its turn comes", () => {
    const card = sending();
    card.send(1, frameTo(BROADCAST, 61));
    card.send(2, frameTo(BROADCAST, 62));
    expect(card.slot.sent).toHaveLength(0);
    card.send(0, frameTo(BROADCAST, 60));
    card.bench.flushPhy();
    expect(card.slot.sent.map((frame) => frame.length)).toEqual([60, 61, 62]);
  });

  it("reads the memory when the turn comes, not when the descriptor is written", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.send(1, frameTo(BROADCAST, 60));
    card.slot.memory.bytes(BUFFER + 0x800, 60).fill(0x77);
    card.transmitted();
    expect(card.slot.sent[1]).toEqual(new Uint8Array(60).fill(0x77));
  });

  it("starts again from 0 after a soft reset, and the frame already at the PHY reports to nobody", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.transmitted();
    card.send(1, frameTo(BROADCAST, 61));
    card.set("CR", CR.RST);
    expect(card.get("TSD1")).toBe(TSD.OWN);
    card.enable(0);
    card.send(0, frameTo(BROADCAST, 62));
    expect(card.slot.sent).toHaveLength(2);
    card.transmitted();
    expect([card.get("TSD1"), card.get("ISR")]).toEqual([TSD.OWN, 0]);
    expect(card.slot.sent[2]).toHaveLength(62);
    card.transmitted();
    expect(card.get("TSD0")).toBe(DONE | 62);
  });

  it("is shown for all descriptors at once in TSAD", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.transmitted();
    card.send(1, new Uint8Array(1793));
    card.send(2, frameTo(BROADCAST, 60));
    expect(card.get("TSAD")).toBe(0x1000 | 0x0020 | 0b1011);
  });
});

describe("sizes", () => {
  it("of 1,792 bytes are sent", () => {
    const card = sending();
    card.send(0, new Uint8Array(1792));
    expect(card.slot.sent[0]).toHaveLength(1792);
  });

  it.each([1793, 8191])(
    "of %i bytes are aborted: TABT, TER, nothing read or sent, the next one's turn",
    (size) => {
      const card = sending();
      card.set("TSD0", size);
      expect(card.get("TSD0")).toBe(TSD.OWN | TSD.TABT | size);
      expect(card.get("ISR")).toBe(ISR.TER);
      card.send(1, frameTo(BROADCAST, 60));
      expect(card.slot.sent).toHaveLength(1);
    },
  );

  it("of 0 bytes complete without a frame", () => {
    const card = sending();
    card.set("TSD0", 0);
    expect(card.get("TSD0")).toBe(DONE);
    expect(card.get("ISR")).toBe(ISR.TOK);
    expect(card.slot.sent).toHaveLength(0);
  });
});

describe("what holds the transmitter back", () => {
  it("is TE: descriptors queued before it are sent when it comes", () => {
    const card = new Card();
    card.send(0, frameTo(BROADCAST, 60));
    expect(card.slot.sent).toHaveLength(0);
    expect(card.get("TSD0")).toBe(60);
    card.set("CR", CR.TE);
    expect(card.slot.sent).toHaveLength(1);
  });

  it("is not TE for a frame already at the PHY; the next one waits", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.send(1, frameTo(BROADCAST, 61));
    card.set("CR", 0);
    card.transmitted();
    expect(card.get("TSD0")).toBe(DONE | 60);
    expect(card.slot.sent).toHaveLength(1);
    card.set("CR", CR.TE);
    expect(card.slot.sent).toHaveLength(2);
  });

  it("is EEPROM programming", () => {
    const card = sending();
    card.set("CR9346", CR9346.EEM_PROGRAM);
    card.send(0, frameTo(BROADCAST, 60));
    expect(card.slot.sent).toHaveLength(0);
    card.set("CR9346", CR9346.EEM_NORMAL);
    expect(card.slot.sent).toHaveLength(1);
  });
});

describe("loopback", () => {
  it("hands the frame to the card's own receiver at once, and nothing to the PHY", () => {
    const card = new Card();
    card.enable(RCR.APM, TCR.LBK);
    card.send(0, frameTo(MAC, 60));
    expect(card.get("ISR")).toBe(ISR.ROK | ISR.TOK);
    expect(card.get("TSD0")).toBe(DONE | 60);
    expect(card.get("CBR")).toBe(68);
    expect(card.memory(RING, 10)).toEqual([0x01, 0x40, 0x40, 0x00, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56]);
    expect(card.slot.sent).toHaveLength(0);
  });

  it("takes both LBK bits", () => {
    const card = new Card();
    card.enable(RCR.APM, 0x0002_0000);
    card.send(0, frameTo(MAC, 60));
    expect(card.slot.sent).toHaveLength(1);
    expect(card.get("CBR")).toBe(0);
  });

  it("advances only the transmit descriptor when the filter rejects the frame or the receiver is off", () => {
    const card = new Card();
    card.enable(RCR.APM, TCR.LBK);
    card.send(0, frameTo(BROADCAST, 60));
    expect([card.get("TSD0"), card.get("CBR"), card.get("ISR")]).toEqual([DONE | 60, 0, ISR.TOK]);
    card.set("CR", CR.TE);
    card.send(1, frameTo(MAC, 60));
    expect([card.get("TSD1"), card.get("CBR")]).toEqual([DONE | 60, 0]);
    card.set("TCR", 0);
    card.send(2, frameTo(MAC, 60));
    expect(card.slot.sent).toHaveLength(1);
  });

  it("puts CBR and the descriptor anywhere after a reset, then the ring is pointed elsewhere", () => {
    const card = new Card();
    card.set("CR", CR.RST);
    card.enable(RCR.APM, TCR.LBK);
    for (const n of [0, 1, 2] as const) {
      card.send(n, frameTo(MAC, 1000));
      card.set("CAPR", (card.get("CBR") - 16) & 0xffff);
    }
    card.set("TCR", 0);
    card.set("RBSTART", RING + 0x8000);
    expect(card.get("CBR")).toBe(3 * 1008);
    expect(card.get("CR") & CR.BUFE).toBe(CR.BUFE);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(RING + 0x8000 + 3 * 1008, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
    card.send(3, frameTo(BROADCAST, 60));
    expect(card.slot.sent).toHaveLength(1);
  });

  it("waits for a frame that is at the PHY when LBK is set", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.set("TCR", TCR.LBK);
    card.send(1, frameTo(BROADCAST, 61));
    expect([card.get("TSD0"), card.get("TSD1")]).toEqual([60, 61]);
    card.transmitted();
    expect([card.get("TSD0"), card.get("TSD1")]).toEqual([DONE | 60, DONE | 61]);
    expect(card.slot.sent).toHaveLength(1);
  });

  it("takes up what is queued when LBK is set", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.set("CR", CR.RST);
    card.enable(RCR.APM);
    card.send(0, frameTo(MAC, 60));
    expect(card.get("TSD0")).toBe(60);
    card.set("TCR", TCR.LBK);
    expect([card.get("TSD0"), card.get("CBR")]).toEqual([DONE | 60, 68]);
  });

  it("does not wait for a frame at the PHY from before the reset", () => {
    const card = sending();
    card.send(0, frameTo(BROADCAST, 60));
    card.set("CR", CR.RST);
    card.enable(RCR.APM, TCR.LBK);
    card.send(0, frameTo(MAC, 60));
    expect(card.get("TSD0")).toBe(DONE | 60);
  });
});
