import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, multicastHash } from "../../../src/ethernet/crc.ts";
import { BROADCAST, Card, frameTo, MAC, PEER } from "./card.ts";

const curr = (card: Card): number => card.inPage(1, "CURR");

function fcsOf(frame: Uint8Array): number[] {
  const fcs = crc32(frame);
  return [fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24];
}

describe("a ring entry", () => {
  it("is status, next page, count with CRC, the frame and its CRC", () => {
    const card = new Card().start({ imr: 0x01 });
    const frame = frameTo(MAC, 60);
    expect(card.silicon.receive(frame)).toBe("stored");
    expect([...card.peek(0x4d00, 8)]).toEqual([0x01, 0x4e, 0x40, 0x00, 0x52, 0x54, 0x00, 0x12]);
    expect([...card.peek(0x4d00 + 4 + 60, 4)]).toEqual(fcsOf(frame));
    expect([card.in("ISR"), card.in("RSR"), curr(card)]).toEqual([0x01, 0x01, 0x4e]);
    expect(card.slot.interrupt).toBe(true);
  });

  it("tells a group address in its status", () => {
    const card = new Card().start();
    card.silicon.receive(frameTo(BROADCAST, 60));
    expect([...card.peek(0x4d00, 4)]).toEqual([0x21, 0x4e, 0x40, 0x00]);
    expect(card.in("RSR")).toBe(0x21);
  });

  it.each([
    [248, 1, [0x01, 0x4e, 0xfc, 0x00]],
    [249, 2, [0x01, 0x4f, 0xfd, 0x00]],
    [1514, 6, [0x01, 0x53, 0xee, 0x05]],
  ])("of a frame of %i bytes takes %i pages", (length, pages, header) => {
    const card = new Card().start();
    card.silicon.receive(frameTo(MAC, length));
    expect([...card.peek(0x4d00, 4)]).toEqual(header);
    expect(curr(card)).toBe(0x4d + pages);
  });

  it("goes on at the page start address behind the page stop address", () => {
    const card = new Card().start({ start: 0x50, stop: 0x54 });
    card.outPage(1, "CURR", 0x53);
    card.out("BNRY", 0x52);
    const frame = frameTo(MAC, 400);
    expect(card.silicon.receive(frame)).toBe("stored");
    expect([...card.peek(0x5300, 4)]).toEqual([0x01, 0x51, 0x94, 0x01]);
    expect(card.peek(0x5304, 252)).toEqual(frame.subarray(0, 252));
    expect(card.peek(0x5000, 148)).toEqual(frame.subarray(252));
    expect([...card.peek(0x5000 + 148, 4)]).toEqual(fcsOf(frame));
    expect([card.in("CLDA0"), card.in("CLDA1")]).toEqual([0x98, 0x50]);
  });

  it("has PSTART as its next page when it ends at the page stop address", () => {
    const card = new Card().start({ start: 0x50, stop: 0x54 });
    card.outPage(1, "CURR", 0x53);
    card.out("BNRY", 0x52);
    card.silicon.receive(frameTo(MAC, 248));
    expect([...card.peek(0x5300, 2)]).toEqual([0x01, 0x50]);
    expect(curr(card)).toBe(0x50);
  });
});

describe("address recognition", () => {
  const group = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x01);
  const hash = multicastHash(group);

  it.each([
    ["its own address", "no bit of RCR", MAC, 0x00, "stored"],
    ["another address", "AB and AM", PEER, 0x0c, "filtered"],
    ["another address", "PRO", PEER, 0x10, "stored"],
    ["broadcast", "AB", BROADCAST, 0x04, "stored"],
    ["broadcast", "AM and PRO", BROADCAST, 0x18, "filtered"],
    ["a group that is not in the hash", "AB, AM and PRO", group, 0x1c, "filtered"],
  ])("of %s, with %s", (_, __, destination, rcr, outcome) => {
    const card = new Card().start({ rcr });
    expect(card.silicon.receive(frameTo(destination))).toBe(outcome);
    expect(curr(card)).toBe(outcome === "stored" ? 0x4e : 0x4d);
    expect(card.in("ISR")).toBe(outcome === "stored" ? 0x01 : 0x00);
  });

  it("of a group goes by AM and by one bit of MAR", () => {
    for (let bit = 0; bit < 64; bit++) {
      const card = new Card().start({ rcr: 0x08 });
      card.out("CR", 0x62);
      card.silicon.writePort(0x08 + (bit >> 3), 1, 1 << (bit & 7));
      card.out("CR", 0x22);
      expect(card.silicon.receive(frameTo(group))).toBe(bit === hash ? "stored" : "filtered");
    }
    const deaf = new Card().start({ rcr: 0x04 });
    deaf.out("CR", 0x62);
    for (let i = 0; i < 8; i++) deaf.silicon.writePort(0x08 + i, 1, 0xff);
    deaf.out("CR", 0x22);
    expect(deaf.silicon.receive(frameTo(group))).toBe("filtered");
  });

  it("goes by PAR, not by the PROM", () => {
    const card = new Card().start();
    card.outPage(1, "PAR5", 0x57);
    expect(card.silicon.receive(frameTo(MAC))).toBe("filtered");
    expect(card.silicon.receive(frameTo(Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x57)))).toBe("stored");
  });
});

describe("runts", () => {
  it("are refused without RCR.AR", () => {
    const card = new Card().start();
    expect(card.silicon.receive(frameTo(MAC, 59))).toBe("refused");
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("stored");
  });

  it("are stored with it, as far as they have a destination", () => {
    const card = new Card().start({ rcr: 0x16 });
    expect(card.silicon.receive(new Uint8Array(0))).toBe("refused");
    expect(card.silicon.receive(frameTo(MAC, 5))).toBe("refused");
    expect(card.silicon.receive(frameTo(MAC, 6))).toBe("stored");
    expect([...card.peek(0x4d00, 10)]).toEqual([0x01, 0x4e, 0x0a, 0x00, ...MAC]);
  });
});

describe("a receiver that is off", () => {
  it("is so from power-on, when stopped, and in loopback", () => {
    expect(new Card().silicon.receive(frameTo(MAC))).toBe("off");
    const card = new Card().start();
    card.out("CR", 0x21);
    expect(card.silicon.receive(frameTo(MAC))).toBe("off");
    card.out("CR", 0x22);
    card.out("TCR", 0x02);
    expect(card.silicon.receive(frameTo(MAC))).toBe("off");
    card.out("TCR", 0x00);
    expect(card.silicon.receive(frameTo(MAC))).toBe("stored");
  });
});

describe("monitor mode", () => {
  it("counts what it recognises as missed and stores nothing", () => {
    const card = new Card().start({ rcr: 0x20 });
    expect(card.silicon.receive(frameTo(PEER))).toBe("filtered");
    expect(card.silicon.receive(frameTo(MAC))).toBe("refused");
    expect([card.in("ISR"), card.in("RSR"), curr(card)]).toEqual([0x04, 0x50, 0x4d]);
    expect([card.in("CNTR2"), card.in("CNTR2")]).toEqual([1, 0]);
    card.out("RCR", 0x00);
    expect(card.in("RSR")).toBe(0x10);
  });

  it("raises CNT when the highest bit of the counter is set, and stops counting at 192", () => {
    const card = new Card().start({ rcr: 0x20, imr: 0x20 });
    const frame = frameTo(MAC);
    for (let i = 0; i < 127; i++) card.silicon.receive(frame);
    expect([card.in("ISR"), card.slot.interrupt]).toEqual([0x04, false]);
    card.silicon.receive(frame);
    expect([card.in("ISR"), card.slot.interrupt]).toEqual([0x24, true]);
    for (let i = 0; i < 100; i++) card.silicon.receive(frame);
    expect(card.in("CNTR2")).toBe(192);
  });
});

describe("overflow", () => {
  /** Four pages, BNRY at the first: two can be filled. */
  const full = (): Card => {
    const card = new Card().start({ start: 0x50, stop: 0x54, imr: 0x10 });
    expect(card.silicon.receive(frameTo(MAC, 300))).toBe("stored");
    expect(card.silicon.receive(frameTo(MAC))).toBe("overflow");
    return card;
  };

  it("is a frame that would reach BNRY; it is counted, and the ring stays as it is", () => {
    const card = full();
    expect([card.in("ISR"), card.in("RSR"), curr(card)]).toEqual([0x95, 0x10, 0x53]);
    expect(card.slot.interrupt).toBe(true);
    expect(card.in("CNTR2")).toBe(1);
    expect([...card.peek(0x5100, 4)]).toEqual([0x01, 0x53, 0x30, 0x01]);
  });

  it("lasts until the card has been stopped and started, whatever room there is", () => {
    const card = full();
    card.out("BNRY", 0x52);
    expect(card.in("ISR")).toBe(0x15);
    card.out("ISR", 0xff);
    expect(card.silicon.receive(frameTo(MAC))).toBe("overflow");
    card.out("CR", 0x21);
    card.out("CR", 0x22);
    expect(card.silicon.receive(frameTo(MAC))).toBe("stored");
    expect([...card.peek(0x5300, 2)]).toEqual([0x01, 0x50]);
  });

  it("does not happen in a ring with CURR at BNRY, which is empty, before it is full", () => {
    const card = new Card().start({ start: 0x50, stop: 0x54 });
    card.out("BNRY", 0x51);
    for (const page of [0x52, 0x53, 0x50]) {
      expect(card.silicon.receive(frameTo(MAC))).toBe("stored");
      expect(curr(card)).toBe(page);
    }
    expect(card.silicon.receive(frameTo(MAC))).toBe("overflow");
  });
});

describe("any ring and any sequence of frames", () => {
  it("keeps what is stored as a chain of intact entries from BNRY + 1 to CURR", () => {
    const frames = fc.array(fc.record({ bytes: fc.integer({ min: 60, max: 1514 }), drain: fc.boolean() }), {
      maxLength: 40,
    });
    const ring = fc.record({
      start: fc.integer({ min: 0x40, max: 0x60 }),
      pages: fc.integer({ min: 8, max: 0x20 }),
    });
    fc.assert(
      fc.property(ring, frames, ({ start, pages }, sequence) => {
        const stop = start + pages;
        const card = new Card().start({ start, stop });
        const inRing: { frame: Uint8Array; page: number }[] = [];
        const wrap = (page: number): number => (page >= stop ? page - pages : page);
        let next = start + 1;
        for (const { bytes, drain } of sequence) {
          const page = curr(card);
          const outcome = card.silicon.receive(frameTo(MAC, bytes));
          const used = inRing.reduce((sum, one) => sum + Math.ceil((one.frame.length + 8) / 256), 0);
          const fits = used + Math.ceil((bytes + 8) / 256) <= pages - 2;
          expect(outcome).toBe(fits ? "stored" : "overflow");
          if (fits) inRing.push({ frame: frameTo(MAC, bytes), page });
          if (!fits || drain) {
            for (const one of inRing.splice(0)) {
              expect(one.page).toBe(next);
              const [status, following = 0, low = 0, high = 0] = card.peek(next << 8, 4);
              expect([status, low | (high << 8)]).toEqual([0x01, one.frame.length + 4]);
              card.remote(0x08, (next << 8) + 4, one.frame.length);
              const read = one.frame.map(() => card.silicon.readPort(0x10, 1));
              expect(read).toEqual(one.frame);
              card.out("CR", 0x22);
              next = following;
            }
            expect(next).toBe(curr(card));
            card.out("BNRY", wrap(next - 1 + (next === start ? pages : 0)));
            card.out("CR", 0x21);
            card.out("CR", 0x22);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
