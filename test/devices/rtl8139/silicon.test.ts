import { describe, expect, it } from "vitest";
import { BMCR, CR, CR9346, ISR, RCR } from "../../../src/devices/rtl8139/registers.ts";
import { BROADCAST, Card, frameTo, MAC } from "./card.ts";

describe("reset", () => {
  function used(): Card {
    const card = new Card();
    card.set("CR9346", CR9346.EEM_CONFIG);
    card.enable(RCR.APM);
    card.set("IDR0", 0x0403_0201);
    card.set("MAR4", 0x1122_3344);
    card.set("CONFIG4", 0xff);
    card.set("IMR", ISR.ROK | ISR.TOK);
    card.silicon.receive(frameTo(Uint8Array.of(1, 2, 3, 4, 0x34, 0x56), 60));
    card.set("IDR0", 0x0403_0202);
    card.silicon.receive(frameTo(Uint8Array.of(2, 2, 3, 4, 0x34, 0x56), 60));
    return card;
  }

  it("by CR.RST leaves IDR and MAR and nothing else", () => {
    const card = used();
    expect(card.slot.interrupt).toBe(true);
    card.set("CR", CR.RST | CR.RE | CR.TE);
    expect(card.slot.interrupt).toBe(false);
    expect([card.get("IDR0"), card.get("IDR4"), card.get("MAR4")]).toEqual([
      0x0403_0202, 0x5634, 0x1122_3344,
    ]);
    expect([card.get("CR"), card.get("CBR"), card.get("CAPR")]).toEqual([CR.BUFE, 0, 0xfff0]);
    expect([card.get("ISR"), card.get("IMR"), card.get("RCR"), card.get("RBSTART")]).toEqual([0, 0, 0, 0]);
    expect([card.get("CR9346"), card.get("CONFIG4")]).toEqual([0, 0]);
  });

  it("by the bus also loads IDR from the EEPROM and clears MAR", () => {
    const card = used();
    card.silicon.reset();
    expect([card.get("IDR0"), card.get("IDR4"), card.get("MAR4")]).toEqual([0x1200_5452, 0x5634, 0]);
    expect(card.slot.interrupt).toBe(false);
  });

  it("of the PHY is done at once", () => {
    const card = new Card();
    card.set("ANAR", 0);
    card.set("BMCR", BMCR.Reset);
    expect([card.get("BMCR"), card.get("ANAR"), card.get("BMSR")]).toEqual([0x1000, 0x05e1, 0x782d]);
  });
});

describe("interrupts", () => {
  it("are the level of ISR under IMR", () => {
    const card = new Card();
    card.enable(RCR.AB);
    card.silicon.receive(frameTo(BROADCAST, 60));
    expect([card.get("ISR"), card.slot.interrupt]).toEqual([ISR.ROK, false]);
    card.set("IMR", ISR.ROK);
    expect(card.slot.interrupt).toBe(true);
    card.set("IMR", ISR.TOK);
    expect(card.slot.interrupt).toBe(false);
    card.set("IMR", ISR.ROK | ISR.TOK);
    card.set("ISR", ISR.TOK);
    expect(card.slot.interrupt).toBe(true);
    card.set("ISR", ISR.ROK);
    expect([card.get("ISR"), card.slot.interrupt]).toEqual([0, false]);
  });

  it("are cleared only in the bytes that a narrow write covers", () => {
    const card = new Card();
    card.enable(RCR.AB);
    card.silicon.receive(frameTo(BROADCAST, 60));
    card.silicon.writePort(0x3f, 1, 0xff);
    expect(card.get("ISR")).toBe(ISR.ROK);
    card.silicon.writePort(0x3e, 1, 0xff);
    expect(card.get("ISR")).toBe(0);
  });
});

describe("the timer", () => {
  it("counts 33 ticks to the microsecond and starts again when written", () => {
    const card = new Card();
    card.slot.clockNs = 1_000_000;
    expect(card.get("TCTR")).toBe(33_000);
    card.set("TCTR", 0x1234);
    expect(card.get("TCTR")).toBe(0);
    card.slot.clockNs += 31;
    expect(card.get("TCTR")).toBe(1);
  });

  it("wraps at 32 bits", () => {
    const card = new Card();
    card.slot.clockNs = 131_000_000_000;
    expect(card.get("TCTR")).toBe(131_000_000 * 33 - 2 ** 32);
  });

  it("sets TimeOut whenever it reaches TimerInt", () => {
    const card = new Card();
    card.set("IMR", ISR.TimeOut);
    expect(card.slot.wakeNs).toBeUndefined();
    card.set("TimerInt", 330);
    expect(card.slot.wakeNs).toBe(10_000);
    card.slot.clockNs = 9_999;
    card.slot.wakeNs = undefined;
    card.silicon.timer();
    expect([card.get("ISR"), card.slot.wakeNs]).toEqual([0, 10_000]);
    card.slot.clockNs = 10_000;
    card.silicon.timer();
    expect([card.get("ISR"), card.slot.interrupt]).toEqual([ISR.TimeOut, true]);
    expect(card.slot.wakeNs).toBe(Math.ceil((2 ** 32 + 330) / 0.033));
  });

  it("asks to be woken at a time when TCTR has reached TimerInt", () => {
    for (const ticks of [1, 2, 32, 33, 34, 1000, 0xffff_ffff]) {
      const card = new Card();
      card.slot.clockNs = 777;
      card.set("TCTR", 0);
      card.set("TimerInt", ticks);
      card.slot.clockNs = card.slot.wakeNs ?? 0;
      expect(card.get("TCTR")).toBe(ticks);
      card.silicon.timer();
      expect(card.get("ISR")).toBe(ISR.TimeOut);
    }
  });

  it("is called off by a TimerInt of 0 and by a reset", () => {
    const card = new Card();
    card.set("TimerInt", 330);
    card.set("TimerInt", 0);
    expect(card.slot.wakeNs).toBeUndefined();
    card.set("TimerInt", 330);
    card.set("CR", CR.RST);
    expect(card.slot.wakeNs).toBeUndefined();
    card.silicon.timer();
    expect(card.get("ISR")).toBe(0);
  });
});

it("keeps a frame for itself: what the slot does with it later does not reach the ring", () => {
  const card = new Card();
  card.enable(RCR.APM);
  const frame = frameTo(MAC, 60);
  card.silicon.receive(frame);
  frame.fill(0);
  card.silicon.receive(frameTo(MAC, 64));
  expect(card.memory(0x1_0000 + 4, 2)).toEqual([0x52, 0x54]);
});
