/**
 * What the DMM lets a guest do with an NE2000, to the byte; where the paper's model has holes; what a refusal
 * gives.
 */
import { describe, expect, it } from "vitest";
import { CR, ISR, RCR, RESET_PORT, TCR, TSR } from "../../../src/devices/ne2000/registers.ts";
import { DEFAULT_FAILURE } from "../../../src/vpio/failure.ts";
import { SILENT } from "../../support/dmm-bench.ts";
import { Hand, RING } from "./hand.ts";

describe("reusable", () => {
  it("not between TBCR and TXP, nor while the frame is being sent", () => {
    const hand = new Hand().start();
    hand.set("TPSR", 0x40);
    expect(hand.phase).toBe("reusable");
    hand.set("TBCR0", 60);
    expect(hand.phase).toBe("programming");
    expect(hand.bench.handOff(hand.neighbour)).toBe(false);
    hand.set("TBCR1", 0);
    hand.set("CR", 0x26);
    expect(hand.phase).toBe("completing");
    expect(hand.bench.handOff(hand.neighbour)).toBe(false);
    hand.leave();
    expect(hand.phase).toBe("reusable");
    expect(hand.seat.sent).toHaveLength(1);
  });

  it("with TBCR written on a card that does not run", () => {
    const hand = new Hand();
    hand.programTransmit(60);
    expect(hand.phase).toBe("reusable");
    hand.away();
    hand.start();
    hand.set("CR", 0x26);
    expect(hand.seat.sent.map((frame) => frame.length)).toEqual([60]);
  });

  it("not between RSAR and the end of the transfer", () => {
    const hand = new Hand().start();
    hand.set("RSAR0", 0);
    expect(hand.phase).toBe("programming");
    hand.remote(CR.READ, 0x4000, 4);
    expect(hand.phase).toBe("programming");
    hand.words(2);
    expect(hand.bench.handOff(hand.neighbour)).toBe(true);
  });

  it("when RDC is polled, or the transfer aborted, or its registers are cleared before a start", () => {
    const hand = new Hand().start();
    hand.remote(CR.WRITE, 0x4000, 2);
    hand.poke(0x10, 2, 0xabcd);
    expect(hand.phase).toBe("programming");
    expect(hand.get("ISR") & ISR.RDC).toBe(ISR.RDC);
    expect(hand.phase).toBe("reusable");
    hand.remote(CR.READ, 0x4000, 8);
    hand.set("CR", 0x22);
    expect(hand.phase).toBe("reusable");
    hand.set("RBCR0", 0);
    hand.set("RBCR1", 0);
    expect(hand.phase).toBe("programming");
    hand.set("CR", 0x22);
    expect(hand.phase).toBe("reusable");
  });

  it("an RDC that nobody has acknowledged is not that of the next transfer", () => {
    const hand = new Hand().start();
    hand.remote(CR.READ, 0x4000, 4);
    hand.words(2);
    hand.set("CR", 0x22);
    hand.remote(CR.READ, 0x4000, 8);
    hand.bench.vmm(hand.bench.dmm.interrupt(hand.seat.id));
    expect(hand.phase).toBe("programming");
    hand.words(4);
    hand.bench.vmm(hand.bench.dmm.interrupt(hand.seat.id));
    expect(hand.phase).toBe("reusable");
  });

  it("with a running receiver, which is still listening after a frame, and with frames unread", () => {
    const hand = new Hand().start();
    expect([hand.phase, hand.model.listening]).toEqual(["reusable", true]);
    hand.arrive(100);
    expect([hand.phase, hand.model.listening]).toEqual(["reusable", true]);
    hand.set("RCR", RCR.MON);
    expect(hand.model.listening).toBe(false);
    hand.set("RCR", RCR.AB);
    hand.set("TCR", TCR.LB_NIC);
    expect(hand.model.listening).toBe(false);
    hand.set("TCR", 0);
    hand.set("CR", 0x21);
    expect(hand.model.listening).toBe(false);
  });

  it("after a reset, whatever was under way", () => {
    const hand = new Hand().start();
    hand.transmit();
    hand.remote(CR.READ, 0x4000, 100);
    hand.peek(0x1f, 1);
    expect([hand.phase, hand.model.listening]).toEqual(["reusable", false]);
    expect([hand.get("CR"), hand.get("ISR")]).toEqual([0x21, ISR.RST]);
    hand.leave();
    expect(hand.get("ISR")).toBe(ISR.RST);
  });
});

describe("a transmission", () => {
  it("comes from packet RAM, to its last byte", () => {
    const hand = new Hand().start();
    hand.transmit(0x100, 0x7f);
    hand.leave();
    hand.transmit(0x101, 0x7f);
    hand.transmit(60, 0x80);
    hand.transmit(60, 0x3f);
    hand.transmit(0xffff, 0x40);
    expect(hand.refused()).toEqual(["dma CR", "dma CR", "dma CR", "dma CR"]);
    expect(hand.seat.sent.map((frame) => frame.length)).toEqual([0x100]);
  });

  it("waits for the one under way, and no longer: not until the VMM has heard of its end", () => {
    const hand = new Hand().start();
    hand.transmit();
    hand.set("CR", 0x26);
    expect(hand.refused()).toEqual(["transition CR"]);
    hand.bench.leave();
    hand.set("CR", 0x26);
    expect(hand.refused()).toEqual([]);
    hand.leave();
    expect(hand.seat.sent).toHaveLength(2);
  });

  it("that waits for the PHY is checked until it is fetched: another size, another page", () => {
    const hand = new Hand().start();
    hand.transmit();
    hand.peek(RESET_PORT, 1);
    hand.set("PSTART", RING.start);
    hand.set("PSTOP", RING.stop);
    hand.transmit();
    hand.set("TBCR1", 0x40);
    hand.set("TPSR", 0x80);
    expect(hand.refused()).toEqual(["dma TBCR1", "dma TPSR"]);
    hand.set("TBCR0", 61);
    expect(hand.refused()).toEqual([]);
    hand.leave();
    hand.leave();
    expect(hand.seat.sent.map((frame) => frame.length)).toEqual([60, 61]);
  });

  it("of no bytes is the card's to abort", () => {
    const hand = new Hand().start();
    hand.transmit(0);
    expect(hand.refused()).toEqual([]);
    expect([hand.get("ISR"), hand.get("TSR")]).toEqual([ISR.TXE, TSR.ALWAYS | TSR.ABT]);
    expect(hand.phase).toBe("reusable");
  });
});

describe("a remote DMA", () => {
  it.each([
    [CR.READ, 0x4000, 0x4000, true],
    [CR.READ, 0x3ffe, 4, false],
    [CR.READ, 0x2000, 64, false],
    [CR.READ, 0x8000, 2, false],
    [CR.READ, 0xfffe, 64, false],
    [CR.READ, 0x0000, 32, true],
    [CR.READ, 0x0000, 34, false],
    [CR.READ, 0x0020, 2, false],
    [CR.WRITE, 0x7ffe, 2, true],
    [CR.WRITE, 0x0000, 2, false],
    [CR.WRITE, 0x8000, 2, false],
    [CR.READ, 0x7f00, 0x200, true],
  ])("%i at %i of %i bytes is approved: %s", (command, address, bytes, approved) => {
    const hand = new Hand().start();
    hand.remote(command, address, bytes);
    expect(hand.refused()).toEqual(approved ? [] : ["dma CR"]);
    expect(hand.phase).toBe("programming");
    hand.set("CR", 0x22);
    expect(hand.phase).toBe("reusable");
  });

  it("does not follow a ring out of packet RAM, nor into the PROM", () => {
    const hand = new Hand();
    hand.set("DCR", 0x49);
    hand.set("PSTOP", 0x80);
    hand.remote(CR.READ, 0x7f00, 0x200);
    expect(hand.refused()).toEqual(["dma CR"]);
    hand.set("PSTART", 0x40);
    hand.remote(CR.READ, 0x7f00, 0x200);
    hand.words(0x70);
    hand.set("PSTART", 0x00);
    expect(hand.refused()).toEqual([]);
    // The transfer has ended: it would leave packet RAM now.
    expect(hand.words(0x80)).toEqual(new Array(0x80).fill(0xffff));
  });
});

describe("a receive ring", () => {
  it.each([
    [0x40, 0x80, true],
    [0x3f, 0x80, false],
    [0x40, 0x81, false],
    [0x50, 0x50, false],
    [0x60, 0x50, false],
    [0x00, 0x40, false],
    [0x46, 0xff, false],
    [0x7f, 0x80, true],
  ])("from page %i to %i is approved when the card starts: %s", (start, stop, approved) => {
    const hand = new Hand();
    hand.set("PSTART", start);
    hand.set("PSTOP", stop);
    hand.set("CR", 0x22);
    expect(hand.refused()).toEqual(approved ? [] : ["dma CR"]);
    expect(hand.get("CR")).toBe(approved ? 0x22 : 0x21);
  });

  it("that was never set does not keep Linux from finding the card", () => {
    const hand = new Hand();
    hand.set("CR", 0x61);
    hand.poke(0x0d, 1, 0xff);
    hand.set("CR", 0x20);
    hand.peek(0x0d, 1);
    expect(hand.peek(0x0d, 1)).toBe(0);
    expect(hand.refused()).toEqual([]);
    expect(hand.get("CR")).toBe(0x20);
  });

  it("may be anywhere while nothing is received, and nowhere else when that ends", () => {
    const hand = new Hand();
    hand.set("RCR", RCR.MON);
    hand.set("CR", 0x22);
    hand.set("PSTOP", 0xff);
    expect(hand.refused()).toEqual([]);
    hand.set("RCR", RCR.AB);
    expect(hand.refused()).toEqual(["dma RCR"]);
    hand.set("TCR", TCR.LB_NIC);
    hand.set("RCR", RCR.AB);
    hand.set("TCR", 0);
    expect(hand.refused()).toEqual(["dma TCR"]);
    hand.set("PSTART", RING.start);
    hand.set("PSTOP", RING.stop);
    hand.set("TCR", 0);
    hand.set("PSTOP", 0x81);
    hand.set("PSTART", 0x80);
    expect(hand.refused()).toEqual(["dma PSTOP", "dma PSTART"]);
  });
});

describe("a refusal", () => {
  it("is a transmit error to a driver under the default policy, until it transmits again", () => {
    const hand = new Hand(DEFAULT_FAILURE).start({ imr: ISR.TXE });
    hand.remote(CR.READ, 0x8000, 64);
    expect(hand.seat.line).toBe(true);
    expect([hand.get("ISR"), hand.get("TSR")]).toEqual([ISR.TXE, TSR.ALWAYS | TSR.ABT]);
    hand.set("ISR", ISR.TXE);
    expect(hand.seat.line).toBe(false);
    hand.set("CR", 0x22);
    hand.transmit();
    hand.leave();
    expect(hand.get("TSR")).toBe(TSR.ALWAYS | TSR.PTX);
  });

  it("of ports without a register reads 0 and writes nothing", () => {
    const hand = new Hand(SILENT);
    expect(hand.peek(0x20, 1)).toBe(0);
    hand.poke(0xfc, 4, 0xffff_ffff);
    expect(hand.refused()).toEqual(["port 0x20", "port 0xfc"]);
  });
});

describe("what is not one guest's to touch", () => {
  it("the EEPROM's pins and the clock do not reach the card", () => {
    const hand = new Hand();
    hand.set("CR", 0xe1);
    hand.set("9346CR", 0x8e);
    hand.set("HLTCLK", 0x48);
    expect(hand.get("9346CR")).toBe(0x8e);
    expect(hand.bench.silicon.readPort(1, 1)).toBe(0);
    hand.set("9346CR", 0xc8);
    expect(hand.bench.silicon.readPort(1, 1)).toBe(0xc0);
  });

  it("registers answer to bytes, hooked or not", () => {
    const hand = new Hand().start();
    expect([hand.peek(0x07, 2), hand.peek(0x03, 2), hand.peek(0x0d, 4)]).toEqual([
      0xffff, 0xffff, 0xffff_ffff,
    ]);
    hand.poke(0x03, 2, 0x5050);
    hand.poke(0x00, 2, 0x2121);
    expect([hand.get("BNRY"), hand.get("CR")]).toEqual([RING.start, 0x22]);
    expect(hand.refused()).toEqual([]);
  });
});

describe("the hooked list", () => {
  it("on page 0 lets a driver read the card and move BNRY without an exit", () => {
    const hand = new Hand().start();
    hand.arrive(100);
    hand.transmit();
    hand.leave();
    expect(
      ["CR", "BNRY", "TSR", "NCR", "RSR", "CRDA0"].filter((name) => hand.exits("read", name as "CR")),
    ).toEqual([]);
    expect([hand.exits("read", "ISR"), hand.exits("write", "BNRY"), hand.exits("write", "CR")]).toEqual([
      true,
      false,
      true,
    ]);
    expect(hand.model.hooks.covers(0x10, 4, "read")).toBe(false);
    expect(hand.model.hooks.covers(0x1f, 1, "read")).toBe(true);
  });

  it("on other pages has every register, and the data port nowhere", () => {
    const hand = new Hand().start();
    for (const page of [0x40, 0x80, 0xc0]) {
      hand.set("CR", 0x22 | page);
      for (let port = 0; port < 0x10; port++) {
        expect(hand.model.hooks.covers(port, 1, "read")).toBe(true);
        expect(hand.model.hooks.covers(port, 1, "write")).toBe(true);
      }
      expect(hand.model.hooks.covers(0x10, 4, "read")).toBe(false);
    }
  });

  it("has the data port while the PROM is read, and only then", () => {
    const hand = new Hand().start();
    hand.remote(CR.READ, 0, 32);
    expect(hand.model.hooks.covers(0x10, 2, "read")).toBe(true);
    hand.set("CR", 0x22);
    expect(hand.model.hooks.covers(0x10, 2, "read")).toBe(false);
  });

  it("has what the VMM serves of an earlier ownership, until the card has newer", () => {
    const hand = new Hand().start();
    hand.transmit();
    hand.leave();
    hand.arrive(100);
    hand.away();
    expect([hand.exits("read", "TSR"), hand.exits("read", "RSR"), hand.exits("read", "CNTR2")]).toEqual([
      true,
      true,
      false,
    ]);
    hand.transmit();
    expect([hand.exits("read", "TSR"), hand.exits("read", "RSR")]).toEqual([false, true]);
    hand.arrive(100);
    hand.get("ISR");
    expect(hand.exits("read", "RSR")).toBe(false);
  });
});
