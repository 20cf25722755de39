import { describe, expect, it } from "vitest";
import {
  CR,
  CR9346,
  REGISTERS,
  type RegisterName,
  type RegisterSpec,
  TCR,
} from "../../../src/devices/rtl8139/registers.ts";
import { Card } from "./card.ts";

const ROWS = Object.entries(REGISTERS) as [RegisterName, RegisterSpec][];
const allOnes = (spec: RegisterSpec): number => 2 ** (8 * spec.bytes) - 1;

/** Registers whose read value is not what is stored, each with a test of its own. */
const LIVE: readonly RegisterName[] = ["IDR0", "IDR4", "CR", "TCTR", "CR9346"];

describe("the table of registers", () => {
  it("gives every byte of the window to one register at most, in order of offsets", () => {
    let end = 0;
    for (const [, spec] of ROWS) {
      expect(spec.offset).toBeGreaterThanOrEqual(end);
      end = spec.offset + spec.bytes;
    }
    expect(end).toBeLessThanOrEqual(256);
  });

  it.each(ROWS.filter(([name]) => !LIVE.includes(name)))(
    "%s holds its reset value after power-on",
    (name, spec) => {
      expect(new Card().get(name)).toBe(spec.reset);
    },
  );

  it.each(ROWS.filter(([, spec]) => spec.access === "RW"))(
    "%s takes its writable bits and no others",
    (name, spec) => {
      if (LIVE.includes(name)) return;
      const card = new Card();
      card.set("CR9346", CR9346.EEM_CONFIG);
      card.set("CR", CR.TE);
      const fixed = spec.reset & ~spec.writable;
      // OWN stays set, or the descriptor would be sent; BMCR.Reset would put the reset value back.
      const keep = name.startsWith("TSD") ? 0x2000 : 0;
      const ones = name === "BMCR" ? 0x7fff : allOnes(spec);
      card.set(name, ones);
      expect(card.get(name)).toBe((fixed | spec.writable) >>> 0);
      card.set(name, keep);
      expect(card.get(name)).toBe((fixed | keep) >>> 0);
    },
  );

  it.each(ROWS.filter(([, spec]) => spec.access === "RO"))("%s ignores writes", (name, spec) => {
    const card = new Card();
    card.set(name, allOnes(spec));
    expect(card.get(name)).toBe(spec.reset);
  });

  it.each(ROWS.filter(([, spec]) => spec.needs === "EEM=11"))(
    "%s is locked unless 9346CR says 11",
    (name, spec) => {
      const card = new Card();
      for (const mode of [CR9346.EEM_NORMAL, CR9346.EEM_PROGRAM]) {
        card.set("CR9346", mode);
        card.set(name, spec.writable ^ spec.reset);
        expect(card.get(name)).toBe(spec.reset);
      }
    },
  );

  it("leaves CONFIG5 open, whatever 9346CR says", () => {
    const card = new Card();
    card.set("CONFIG5", 0xff);
    expect(card.get("CONFIG5")).toBe(0x7f);
    card.set("CR9346", CR9346.EEM_PROGRAM);
    card.set("CONFIG5", 0x01);
    expect(card.get("CONFIG5")).toBe(0x01);
  });

  it("lets TCR be written only while the transmitter is on", () => {
    const card = new Card();
    card.set("TCR", TCR.LBK);
    expect(card.get("TCR")).toBe(0x7480_0000);
    card.set("CR", CR.TE);
    card.set("TCR", TCR.LBK);
    expect(card.get("TCR")).toBe(0x7486_0000);
  });

  it("starts IDR from the EEPROM, low byte first", () => {
    const card = new Card();
    expect(card.get("IDR0")).toBe(0x1200_5452);
    expect(card.get("IDR4")).toBe(0x5634);
  });
});

describe("byte lanes", () => {
  it("reads any width at any offset, reserved bytes as 0", () => {
    const { silicon } = new Card();
    expect(silicon.readPort(0x01, 1)).toBe(0x54);
    expect(silicon.readPort(0x03, 2)).toBe(0x3412);
    expect(silicon.readPort(0x04, 4)).toBe(0x0000_5634);
    expect(silicon.readPort(0x37, 4)).toBe(0x00ff_f001);
    expect(silicon.readPort(0xfe, 4)).toBe(0);
    expect(silicon.readPort(0x11, 1)).toBe(0x20);
  });

  it("gives a wide write to each register it covers", () => {
    const card = new Card();
    card.silicon.writePort(0x3c, 4, 0xffff_0005);
    expect(card.get("IMR")).toBe(0x0005);
    card.silicon.writePort(0x35, 4, 0x12_0c_ff_ff);
    expect(card.get("CR")).toBe(CR.RE | CR.TE);
    expect(card.get("CAPR")).toBe(0xff12);
  });

  it("merges a narrow write into the register", () => {
    const card = new Card();
    card.set("MAR4", 0x1122_3344);
    card.silicon.writePort(0x0d, 1, 0xaa);
    card.silicon.writePort(0x0e, 2, 0xccbb);
    expect(card.get("MAR4")).toBe(0xccbb_aa44);
    card.silicon.writePort(0x02, 1, 0x99);
    expect(card.get("IDR0")).toBe(0x1299_5452);
  });

  it("ignores a write that covers only part of a TSD", () => {
    const card = new Card();
    card.enable(0);
    card.silicon.writePort(0x10, 2, 60);
    card.silicon.writePort(0x11, 1, 0);
    expect(card.get("TSD0")).toBe(0x2000);
    expect(card.slot.sent).toHaveLength(0);
    card.set("TSD0", 0);
    card.silicon.writePort(0x10, 2, 60);
    expect(card.get("TSD0")).toBe(0xa000);
  });
});
