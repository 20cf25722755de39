import { describe, expect, it } from "vitest";
import { OFFSET, REGISTERS, type Register, registerAt } from "../../../src/devices/ne2000/registers.ts";
import { Card } from "./card.ts";

const ROWS: readonly Register[] = REGISTERS;

describe("the register table", () => {
  it("has no two registers at one place for one direction", () => {
    for (const direction of ["read", "write"] as const) {
      const refused = direction === "read" ? "WO" : "RO";
      const places = ROWS.filter((row) => row.access !== refused).flatMap((row) =>
        row.pages.map((page) => `${page}:${row.offset}`),
      );
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it("has a name at one offset only, whatever the page", () => {
    for (const row of ROWS) expect(OFFSET[row.name as keyof typeof OFFSET]).toBe(row.offset);
  });

  it("decodes offset 7 by page and direction", () => {
    expect(registerAt(0, 7, "read")?.name).toBe("ISR");
    expect(registerAt(1, 7, "read")?.name).toBe("CURR");
    expect(registerAt(2, 7, "read")).toBeUndefined();
    expect(registerAt(0, 4, "read")?.name).toBe("TSR");
    expect(registerAt(0, 4, "write")?.name).toBe("TPSR");
    expect(registerAt(2, 4, "write")).toBeUndefined();
  });
});

describe("the registers of the card", () => {
  const readable = ROWS.filter((row) => row.access !== "WO");

  it.each(readable.flatMap((row) => row.pages.map((page) => [row.name, page, row] as const)))(
    "%s on page %i has its reset value after power-on",
    (_, page, row) => {
      const card = new Card();
      card.silicon.reset();
      card.out("CR", 0x21 | (page << 6));
      const pageBits = row.name === "CR" ? page << 6 : 0;
      expect(card.silicon.readPort(row.offset, 1)).toBe(row.reset | pageBits);
    },
  );

  const kept = ROWS.filter((row) => row.access === "RW" && !["CR", "CONFIG2", "CONFIG3"].includes(row.name));

  it.each(kept.map((row) => [row.name, row] as const))("%s keeps what is written", (_, row) => {
    const card = new Card();
    card.out("CR", 0x21 | ((row.pages[0] ?? 0) << 6));
    for (const value of [0xff, 0x00, 0xa5, 0x5a]) {
      card.silicon.writePort(row.offset, 1, value);
      expect(card.silicon.readPort(row.offset, 1)).toBe(value & (row.writable ?? 0xff));
    }
  });

  it.each([
    ["PSTART", 0x01, 0x46, 0x46],
    ["PSTOP", 0x02, 0x80, 0x80],
    ["TPSR", 0x04, 0x40, 0x40],
    ["RCR", 0x0c, 0x1f, 0xdf],
    ["TCR", 0x0d, 0x02, 0xe2],
    ["DCR", 0x0e, 0xff, 0xfd],
    ["IMR", 0x0f, 0xff, 0x7f],
  ])("%s is written on page 0 and read on page 2", (_, offset, written, read) => {
    const card = new Card();
    card.silicon.writePort(offset, 1, written);
    card.out("CR", 0xa1);
    expect(card.silicon.readPort(offset, 1)).toBe(read);
    card.silicon.writePort(offset, 1, 0);
    expect(card.silicon.readPort(offset, 1)).toBe(read);
  });

  it("says who it is: P and C on page 0, 29 and 80 on page 3", () => {
    const card = new Card();
    expect([card.silicon.readPort(0x0a, 1), card.silicon.readPort(0x0b, 1)]).toEqual([0x50, 0x43]);
    card.out("CR", 0xe1);
    expect([card.silicon.readPort(0x0e, 1), card.silicon.readPort(0x0f, 1)]).toEqual([0x29, 0x80]);
  });

  it("opens the CONFIG registers only with both EEM bits", () => {
    const card = new Card();
    card.out("CR", 0xe1);
    card.out("CONFIG3", 0x00);
    expect(card.in("CONFIG3")).toBe(0x40);
    card.out("9346CR", 0xc0);
    card.out("CONFIG3", 0xff);
    card.out("CONFIG2", 0xff);
    card.out("9346CR", 0x00);
    card.out("CONFIG2", 0x00);
    expect([card.in("CONFIG2"), card.in("CONFIG3")]).toEqual([0xe0, 0x46]);
  });

  it("answers to bytes only, outside the data port", () => {
    const card = new Card();
    expect(card.silicon.readPort(0x00, 2)).toBe(0xffff);
    expect(card.silicon.readPort(0x0c, 4)).toBe(0xffff_ffff);
    card.silicon.writePort(0x02, 2, 0x4080);
    expect([card.in("BNRY"), card.inPage(2, "PSTOP")]).toEqual([0, 0]);
    expect(card.silicon.readPort(0x20, 1)).toBe(0xff);
    expect(card.silicon.readPort(-1, 1)).toBe(0xff);
  });
});

describe("the interrupt line", () => {
  it("is the level of ISR and IMR together", () => {
    const card = new Card().start();
    card.remote(0x08, 0, 0);
    expect(card.in("ISR")).toBe(0x40);
    expect(card.slot.interrupt).toBe(false);
    card.out("IMR", 0x40);
    expect(card.slot.interrupt).toBe(true);
    card.out("IMR", 0x3f);
    expect(card.slot.interrupt).toBe(false);
    card.out("IMR", 0x40);
    card.out("ISR", 0xbf);
    expect(card.slot.interrupt).toBe(true);
    card.out("ISR", 0x40);
    expect(card.slot.interrupt).toBe(false);
  });

  it("does not rise for RST", () => {
    const card = new Card().start({ imr: 0xff });
    card.out("CR", 0x21);
    expect(card.in("ISR")).toBe(0x80);
    expect(card.slot.interrupt).toBe(false);
  });
});

describe("reset", () => {
  it("is asked for by reading the reset port, and changes only what the datasheet names", () => {
    for (let offset = 0x18; offset < 0x20; offset++) {
      const card = new Card().start({ rcr: 0x1c, dcr: 0x49, imr: 0x3f });
      card.silicon.receive(new Uint8Array(60).fill(0xff));
      card.out("TCR", 0x0e);
      expect(card.slot.interrupt).toBe(true);
      expect(card.silicon.readPort(offset, 1)).toBe(0);
      expect(card.in("CR")).toBe(0x21);
      expect(card.in("ISR")).toBe(0x80);
      expect(card.slot.interrupt).toBe(false);
      expect(card.inPage(2, "IMR")).toBe(0);
      expect(card.inPage(2, "DCR")).toBe(0xcd);
      expect(card.inPage(2, "TCR")).toBe(0xe8);
      expect(card.inPage(2, "RCR")).toBe(0xdc);
      expect(card.inPage(2, "PSTART")).toBe(0x4c);
      expect(card.in("BNRY")).toBe(0x4c);
      expect(card.inPage(1, "PAR5")).toBe(0x56);
    }
  });

  it("is not asked for by writing the reset port", () => {
    const card = new Card().start();
    card.silicon.writePort(0x1f, 1, 0xff);
    expect(card.in("CR")).toBe(0x22);
  });

  it("leaves the packet RAM alone, even at power-on", () => {
    const card = new Card();
    card.poke(0x4000, Uint8Array.of(1, 2, 3));
    card.silicon.reset();
    expect(card.peek(0x4000, 3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("is told by ISR.RST from the stop command to the start command", () => {
    const card = new Card().start();
    expect(card.in("ISR")).toBe(0);
    card.out("CR", 0x21);
    expect(card.in("ISR")).toBe(0x80);
    card.out("ISR", 0x80);
    expect(card.in("ISR")).toBe(0x80);
    card.out("CR", 0x22);
    expect(card.in("ISR")).toBe(0);
  });
});
