import { describe, expect, it } from "vitest";
import { CR, CR9346, ISR, RCR } from "../../../src/devices/rtl8139/registers.ts";
import { crc32, multicastHash } from "../../../src/ethernet/crc.ts";
import { BROADCAST, Card, frameTo, MAC, RING } from "./card.ts";

const GROUP = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x01);
const STRANGER = Uint8Array.of(0x02, 0, 0, 0, 0, 9);
const RING_64K = 3 << 11;

function receiving(rcr: number): Card {
  const card = new Card();
  card.enable(rcr);
  return card;
}

/** Receives frames of 1,796 bytes (entries of 1,804) until CBR is `offset`, reading each at once. */
function advanceTo(card: Card, offset: number): void {
  while (card.get("CBR") !== offset) {
    const left = (offset - card.get("CBR") + 0x2000) % 0x2000;
    const entry = left >= 2 * 1804 ? 1804 : left > 1804 ? Math.floor(left / 8) * 4 : left;
    expect(card.silicon.receive(frameTo(MAC, entry - 8))).toBe("stored");
    card.set("CAPR", (card.get("CBR") - 16) & 0xffff);
  }
}

describe("an entry of the receive ring", () => {
  it("is status, length with FCS, the frame and its FCS, bytes as on the wire", () => {
    const card = receiving(RCR.APM);
    const frame = frameTo(MAC, 60);
    expect(card.silicon.receive(frame)).toBe("stored");
    expect(card.memory(RING, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
    expect(card.memory(RING + 4, 8)).toEqual([0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 6, 7]);
    expect(card.memory(RING + 4 + 56, 4)).toEqual([56, 57, 58, 59]);
    expect(card.memory(RING + 64, 4)).toEqual([0xbd, 0x06, 0xde, 0x29]);
    expect(card.get("CBR")).toBe(68);
  });

  it("begins on a multiple of four; what lies between is not written", () => {
    const card = receiving(RCR.APM);
    card.slot.memory.bytes(RING, 256).fill(0xee);
    card.silicon.receive(frameTo(MAC, 61));
    expect(card.memory(RING, 4)).toEqual([0x01, 0x40, 0x41, 0x00]);
    expect(card.get("CBR")).toBe(72);
    expect(card.memory(RING + 69, 4)).toEqual([0xee, 0xee, 0xee, 0xee]);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(RING + 72, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
  });

  it.each([
    ["own address", MAC, RCR.APM, [0x01, 0x40]],
    ["own address, promiscuous", MAC, RCR.AAP, [0x01, 0x40]],
    ["another's address, promiscuous", STRANGER, RCR.AAP, [0x01, 0x00]],
    ["broadcast", BROADCAST, RCR.AB, [0x01, 0x20]],
    ["multicast", GROUP, RCR.AM, [0x01, 0x80]],
  ])("tells the kind of address: %s", (_, destination, rcr, status) => {
    const card = receiving(rcr);
    card.set("MAR0", 0xffff_ffff);
    card.set("MAR4", 0xffff_ffff);
    expect(card.silicon.receive(frameTo(destination, 60))).toBe("stored");
    expect(card.memory(RING, 2)).toEqual(status);
  });
});

describe("the filter", () => {
  it.each([
    ["own address without APM", MAC, RCR.AM | RCR.AB],
    ["another's address without AAP", STRANGER, RCR.APM | RCR.AM | RCR.AB],
    ["broadcast without AB", BROADCAST, RCR.AAP | RCR.APM | RCR.AM],
    ["multicast without AM", GROUP, RCR.AAP | RCR.APM | RCR.AB],
  ])("rejects %s", (_, destination, rcr) => {
    const card = receiving(rcr);
    card.set("MAR0", 0xffff_ffff);
    card.set("MAR4", 0xffff_ffff);
    expect(card.silicon.receive(frameTo(destination, 60))).toBe("filtered");
    expect([card.get("CBR"), card.get("ISR"), card.get("MPC")]).toEqual([0, 0, 0]);
  });

  it("accepts a multicast address only by its own bit of MAR", () => {
    for (let last = 0; last < 64; last++) {
      const group = Uint8Array.of(0x33, 0x33, 0, 0, 1, last);
      const hash = multicastHash(group);
      const card = receiving(RCR.AM);
      const mar = hash < 32 ? "MAR0" : "MAR4";
      card.set(mar, (1 << (hash % 32)) >>> 0);
      expect(card.silicon.receive(frameTo(group, 60))).toBe("stored");
      card.set("MAR0", 0xffff_ffff);
      card.set("MAR4", 0xffff_ffff);
      card.set(mar, ~(1 << (hash % 32)) >>> 0);
      expect(card.silicon.receive(frameTo(group, 60))).toBe("filtered");
    }
  });

  it("compares with IDR as it stands now", () => {
    const card = receiving(RCR.APM);
    card.set("IDR0", 0x0000_0002);
    card.set("IDR4", 0x0900);
    expect(card.silicon.receive(frameTo(STRANGER, 60))).toBe("stored");
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("filtered");
  });
});

describe("lengths", () => {
  it("takes frames of less than 64 bytes with FCS only with AR, and marks them", () => {
    const card = receiving(RCR.APM);
    expect(card.silicon.receive(frameTo(MAC, 59))).toBe("refused");
    card.set("RCR", RCR.APM | RCR.AR);
    expect(card.silicon.receive(frameTo(MAC, 59))).toBe("stored");
    expect(card.memory(RING, 4)).toEqual([0x11, 0x40, 0x3f, 0x00]);
  });

  it("takes no runt of less than 8 bytes", () => {
    const card = receiving(RCR.AAP | RCR.AR);
    expect(card.silicon.receive(new Uint8Array(3))).toBe("refused");
    expect(card.silicon.receive(new Uint8Array(4))).toBe("stored");
    expect(card.memory(RING, 4)).toEqual([0x11, 0x00, 0x08, 0x00]);
  });

  it("needs six bytes of address to know a frame as broadcast", () => {
    const card = receiving(RCR.AB | RCR.AR);
    expect(card.silicon.receive(new Uint8Array(5).fill(0xff))).toBe("filtered");
    expect(card.silicon.receive(new Uint8Array(6).fill(0xff))).toBe("stored");
  });

  it("takes up to 4,096 bytes with FCS", () => {
    const card = receiving(RCR.APM);
    const frame = frameTo(MAC, 4092);
    expect(card.silicon.receive(frame)).toBe("stored");
    expect(card.memory(RING, 4)).toEqual([0x01, 0x40, 0x00, 0x10]);
    const fcs = crc32(frame);
    expect(card.slot.memory.u32(RING + 4 + 4092)).toBe(fcs);
    expect(card.silicon.receive(frameTo(MAC, 4093))).toBe("refused");
  });

  it("cuts a longer one with AER, marks it LONG and CRC, and sets RER instead of ROK", () => {
    const card = receiving(RCR.APM | RCR.AER);
    expect(card.silicon.receive(frameTo(MAC, 65_536))).toBe("stored");
    expect(card.memory(RING, 4)).toEqual([0x0c, 0x40, 0x00, 0x10]);
    expect(card.slot.memory.u8(RING + 4 + 4095)).toBe(4095 & 0xff);
    expect(card.get("ISR")).toBe(ISR.RER);
    expect(card.get("CBR")).toBe(4100);
  });
});

describe("the end of the ring", () => {
  const offset = 0x2000 - 32;

  it("splits the frame without WRAP", () => {
    const card = receiving(RCR.APM);
    advanceTo(card, offset);
    card.slot.memory.bytes(RING + 0x2000, 64).fill(0xee);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(RING + offset, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
    expect(card.memory(RING + 0x2000 - 2, 2)).toEqual([26, 27]);
    expect(card.memory(RING, 2)).toEqual([28, 29]);
    expect(card.memory(RING + 32, 4)).toEqual([0xbd, 0x06, 0xde, 0x29]);
    expect(card.memory(RING + 0x2000, 2)).toEqual([0xee, 0xee]);
    expect(card.get("CBR")).toBe(36);
  });

  it("runs on behind the ring with WRAP, and the next entry begins as far into the ring", () => {
    const card = receiving(RCR.APM | RCR.WRAP);
    advanceTo(card, offset);
    card.slot.memory.bytes(RING, 64).fill(0xee);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(RING + 0x2000, 2)).toEqual([28, 29]);
    expect(card.memory(RING + 0x2000 + 32, 4)).toEqual([0xbd, 0x06, 0xde, 0x29]);
    expect(card.memory(RING, 2)).toEqual([0xee, 0xee]);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.memory(RING + 36, 4)).toEqual([0x01, 0x40, 0x40, 0x00]);
  });

  it("splits in a ring of 64 KiB whatever WRAP says", () => {
    const card = receiving(RCR.APM | RCR.WRAP | RING_64K);
    card.slot.memory.bytes(RING + 0x1_0000, 64).fill(0xee);
    for (let i = 0; i < 60; i++) {
      card.silicon.receive(frameTo(MAC, 1092));
      card.set("CAPR", (card.get("CBR") - 16) & 0xffff);
    }
    expect(card.get("CBR")).toBe(464);
    expect(card.memory(RING + 0x1_0000, 2)).toEqual([0xee, 0xee]);
  });

  it.each([
    [0, 0x2000],
    [1, 0x4000],
    [2, 0x8000],
    [3, 0x1_0000],
  ])("is where RBLEN %i says: %i bytes", (rblen, bytes) => {
    const card = receiving(RCR.APM | (rblen << 11));
    let entries = 0;
    while (card.silicon.receive(frameTo(MAC, 1016)) === "stored") entries++;
    expect(entries).toBe(bytes / 1024 - 1);
  });
});

describe("CAPR, CBR and BUFE", () => {
  it("say empty after power-on, and again once the driver has caught up", () => {
    const card = receiving(RCR.APM);
    expect(card.get("CR") & CR.BUFE).toBe(CR.BUFE);
    card.silicon.receive(frameTo(MAC, 60));
    expect(card.get("CR") & CR.BUFE).toBe(0);
    card.set("CAPR", 68 - 16);
    expect(card.get("CR") & CR.BUFE).toBe(CR.BUFE);
  });

  it("start again when RE goes from 0 to 1, and only then", () => {
    const card = receiving(RCR.APM);
    card.silicon.receive(frameTo(MAC, 60));
    card.set("CAPR", 68 - 16);
    card.set("RCR", RCR.APM | RCR.AB);
    card.set("RBSTART", RING + 0x4000);
    card.set("CR", CR.RE | CR.TE);
    expect([card.get("CBR"), card.get("CAPR")]).toEqual([68, 52]);
    card.set("CR", CR.TE);
    expect([card.get("CBR"), card.get("CAPR")]).toEqual([68, 52]);
    card.set("CR", CR.RE | CR.TE);
    expect([card.get("CBR"), card.get("CAPR")]).toEqual([0, 0xfff0]);
  });

  it("raise PUN when CAPR is written while the ring is empty", () => {
    const card = receiving(RCR.APM);
    card.silicon.receive(frameTo(MAC, 60));
    card.set("ISR", 0xffff);
    card.set("CAPR", 68 - 16);
    expect(card.get("ISR")).toBe(0);
    card.set("CAPR", 68 - 16);
    expect(card.get("ISR")).toBe(ISR.PUN);
  });
});

describe("overflow", () => {
  it("sets RXOVW and counts every missed frame", () => {
    const card = receiving(RCR.APM);
    for (let i = 0; i < 7; i++) expect(card.silicon.receive(frameTo(MAC, 1016))).toBe("stored");
    card.set("ISR", 0xffff);
    for (let missed = 1; missed <= 3; missed++) {
      expect(card.silicon.receive(frameTo(MAC, 1016))).toBe("overflow");
      expect(card.get("MPC")).toBe(missed);
    }
    expect(card.get("ISR")).toBe(ISR.RXOVW);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("stored");
    card.set("MPC", 0x1234);
    expect(card.get("MPC")).toBe(0);
  });

  it("never fills the ring to the last byte, where full would look like empty", () => {
    const card = receiving(RCR.APM);
    for (let i = 0; i < 7; i++) card.silicon.receive(frameTo(MAC, 1016));
    expect(card.silicon.receive(frameTo(MAC, 1016))).toBe("overflow");
    expect(card.silicon.receive(frameTo(MAC, 1012))).toBe("stored");
    expect(card.get("CBR")).toBe(0x2000 - 4);
    expect(card.get("CR") & CR.BUFE).toBe(0);
  });
});

describe("frames from the wire find the receiver off", () => {
  it("without RE", () => {
    const card = new Card();
    card.set("RCR", RCR.APM);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("off");
  });

  it("in loopback", () => {
    const card = new Card();
    card.enable(RCR.APM, 0x0006_0000);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("off");
  });

  it("while the EEPROM is being programmed", () => {
    const card = receiving(RCR.APM);
    card.set("CR9346", CR9346.EEM_PROGRAM);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("off");
    card.set("CR9346", CR9346.EEM_NORMAL);
    expect(card.silicon.receive(frameTo(MAC, 60))).toBe("stored");
  });
});
