/** How an NE2000 comes through a handoff, part by part. */
import { describe, expect, it } from "vitest";
import {
  NE2000_CONTEXT,
  powerOnContext,
  powerOnShadows,
  resetCard,
  restoreCard,
  saveCard,
} from "../../../src/devices/ne2000/context.ts";
import { CR, DCR, ISR, RCR, REGISTERS, RSR, TCR, TSR } from "../../../src/devices/ne2000/registers.ts";
import type { CpuOp, InMany } from "../../../src/hardware/cpu.ts";
import { Hand, RING } from "./hand.ts";

describe("a handoff keeps", () => {
  it("frames that the guest has not read", () => {
    const hand = new Hand().start();
    hand.arrive(100, 0x11);
    hand.arrive(1000, 0x22);
    hand.away();
    hand.set("CR", 0x62);
    expect(hand.get("CURR")).toBe(RING.start + 1 + 1 + 4);
    hand.set("CR", 0x22);
    hand.remote(CR.READ, 0x4d00, 4);
    expect(hand.words(2)).toEqual([0x4e01, 104]);
    hand.remote(CR.READ, 0x4e00 + 4 + 6, 2);
    expect(hand.words(1)).toEqual([0x2222]);
    expect(hand.arrive(60)).toBe("stored");
  });

  it("all of packet RAM, and shows none of it to the neighbour", () => {
    const hand = new Hand().start();
    hand.set("PSTART", 0x40);
    hand.remote(CR.WRITE, 0x4000, 0x4000);
    for (let i = 0; i < 0x2000; i++) hand.poke(0x10, 2, (0x1001 * i) & 0xffff);
    hand.get("ISR");
    hand.bench.handOff(hand.neighbour);
    const seen = hand.neighbour.run(
      (function* () {
        const ports: [number, number][] = [
          [0x0e, 0x49],
          [0x02, 0x80],
          [0x01, 0x40],
          [0x08, 0],
          [0x09, 0x40],
          [0x0a, 0],
          [0x0b, 0x40],
          [0x00, 0x0a],
        ];
        for (const [port, value] of ports)
          yield { kind: "out", port: 0xc000 + port, width: 1, value } satisfies CpuOp;
        let sum = 0;
        for (let i = 0; i < 0x2000; i++) sum += yield { kind: "in", port: 0xc010, width: 2 } satisfies CpuOp;
        yield { kind: "out", port: 0xc000, width: 1, value: 0x21 } satisfies CpuOp;
        return sum;
      })(),
    );
    expect(seen).toBe(0);
    hand.bench.handOff(hand.seat);
    hand.remote(CR.READ, 0x4000, 0x4000);
    expect(hand.words(0x2000)).toEqual(Array.from({ length: 0x2000 }, (_, i) => (0x1001 * i) & 0xffff));
  });

  it("the page the guest is on, and CR as it wrote it", () => {
    const hand = new Hand().start();
    hand.remote(CR.READ, 0x4000, 2);
    hand.words(1);
    hand.set("CR", 0x4a);
    hand.away();
    expect([hand.get("CR"), hand.get("CURR")]).toEqual([0x4a, RING.start + 1]);
    hand.set("CR", 0x0a);
    expect(hand.get("BNRY")).toBe(RING.start);
  });

  it("what an aborted transfer has left, for the next command to go on with", () => {
    const hand = new Hand().start();
    hand.remote(CR.WRITE, 0x4000, 8);
    for (const word of [0x1111, 0x2222, 0x3333, 0x4444]) hand.poke(0x10, 2, word);
    hand.remote(CR.READ, 0x4000, 8);
    hand.words(1);
    hand.set("CR", 0x22);
    hand.away();
    expect([hand.get("CRDA0"), hand.get("CRDA1")]).toEqual([0x02, 0x40]);
    hand.set("CR", 0x0a);
    expect(hand.words(4)).toEqual([0x2222, 0x3333, 0x4444, 0xffff]);
    expect(hand.get("ISR") & ISR.RDC).toBe(ISR.RDC);
  });

  it("statuses of the last frames, and its count, until there are newer ones", () => {
    const hand = new Hand().start();
    hand.transmit();
    hand.leave();
    hand.arrive(100);
    const before = [hand.get("CLDA0"), hand.get("CLDA1")];
    hand.away();
    expect([hand.get("TSR"), hand.get("RSR"), hand.get("NCR")]).toEqual([TSR.ALWAYS | TSR.PTX, RSR.PRX, 0]);
    expect([hand.get("CLDA0"), hand.get("CLDA1")]).toEqual(before);
    hand.set("RCR", RCR.MON);
    expect(hand.get("RSR")).toBe(RSR.PRX | RSR.DIS);
    hand.arrive(100);
    expect([hand.get("RSR"), hand.get("CNTR2"), hand.get("CNTR2")]).toEqual([RSR.MPA | RSR.DIS, 1, 0]);
  });

  it("frames missed, whose count raises CNT where it would have", () => {
    const hand = new Hand().start({ rcr: RCR.AB | RCR.MON, imr: ISR.CNT });
    for (let i = 0; i < 100; i++) hand.arrive(60);
    hand.away();
    for (let i = 0; i < 27; i++) hand.arrive(60);
    expect([hand.seat.line, hand.get("ISR")]).toEqual([false, ISR.RXE]);
    hand.away();
    hand.arrive(60);
    expect([hand.seat.line, hand.get("ISR")]).toEqual([true, ISR.RXE | ISR.CNT]);
    for (let i = 0; i < 100; i++) hand.arrive(60);
    expect([hand.get("CNTR2"), hand.get("CNTR2")]).toEqual([192, 0]);
    expect(hand.exits("read", "CNTR2")).toBe(false);
  });

  it("the FIFO of a loopback frame, from the byte where the guest was", () => {
    const hand = new Hand().start({ tcr: TCR.LB_NIC });
    hand.set("DCR", 0x48);
    hand.remote(CR.WRITE, 0x4000, 12);
    for (let i = 0; i < 12; i++) hand.poke(0x10, 1, i);
    hand.get("ISR");
    hand.transmit(12);
    hand.leave();
    const whole = Array.from({ length: 8 }, () => hand.get("FIFO"));
    hand.get("FIFO");
    hand.away();
    expect(Array.from({ length: 8 }, () => hand.get("FIFO"))).toEqual([...whole.slice(1), whole[0]]);
    expect(new Set(whole).size).toBeGreaterThan(4);
  });

  it("an interrupt that is pending, masked ones too", () => {
    const hand = new Hand().start({ imr: ISR.PRX });
    hand.arrive(100);
    hand.transmit();
    hand.leave();
    expect(hand.seat.line).toBe(true);
    hand.away();
    expect([hand.seat.line, hand.get("ISR")]).toEqual([true, ISR.PRX | ISR.PTX]);
    hand.set("ISR", ISR.PRX);
    expect([hand.seat.line, hand.get("ISR")]).toEqual([false, ISR.PTX]);
  });
});

describe("an overflow", () => {
  function overflowed(): Hand {
    const hand = new Hand().start({ imr: ISR.OVW });
    while (hand.arrive(1500) === "stored");
    return hand;
  }

  it("goes on after a handoff: every frame is missed, though BNRY makes room", () => {
    const hand = overflowed();
    hand.away();
    expect(hand.get("ISR")).toBe(ISR.PRX | ISR.RXE | ISR.OVW | ISR.RST);
    expect(hand.get("BNRY")).toBe(RING.start);
    hand.set("BNRY", 0x60);
    expect([hand.get("BNRY"), hand.get("ISR") & ISR.RST]).toEqual([0x60, 0]);
    expect(hand.arrive(60)).toBe("overflow");
    expect(hand.get("ISR") & ISR.RST).toBe(ISR.RST);
    hand.away();
    expect([hand.get("BNRY"), hand.get("CNTR2")]).toEqual([0x60, 2]);
  });

  it("ends when the guest stops the card, whatever page it turns to", () => {
    for (const command of [0x21, 0x61]) {
      const hand = overflowed();
      hand.away();
      hand.set("BNRY", 0x60);
      hand.set("CR", command);
      hand.set("CR", 0x22);
      expect(hand.get("BNRY")).toBe(0x60);
      expect(hand.arrive(60)).toBe("stored");
      expect(hand.exits("write", "BNRY")).toBe(false);
    }
  });

  it("ends with a reset, and has no room where the guest moves CURR meanwhile", () => {
    const hand = overflowed();
    hand.away();
    hand.set("CR", 0x62);
    hand.set("CURR", 0x50);
    hand.set("CR", 0x22);
    expect(hand.arrive(60)).toBe("overflow");
    hand.peek(0x18, 1);
    hand.set("CR", 0x22);
    expect(hand.get("BNRY")).toBe(RING.start);
    expect(hand.arrive(60)).toBe("stored");
  });

  it("does not mislead the send-packet command", () => {
    const hand = overflowed();
    hand.set("BNRY", RING.start + 1);
    hand.away();
    hand.set("DCR", DCR.WTS | DCR.LS | DCR.AR);
    hand.set("CR", CR.STA | CR.SEND);
    expect(hand.words(2)).toEqual([((RING.start + 1 + 6) << 8) | RSR.PRX, 1504]);
    expect(hand.phase).toBe("programming");
    hand.words(750);
    expect(hand.get("BNRY")).toBe(RING.start + 1 + 6);
    expect([hand.phase, hand.get("CR")]).toEqual(["reusable", CR.STA | CR.SEND]);
    expect(hand.arrive(60)).toBe("overflow");
  });
});

describe("the PROM", () => {
  const doubled = (mac: Uint8Array): number[] => [...mac].flatMap((byte) => [byte, byte]);

  it("is the guest's own, in words and in bytes, and counts on the card", () => {
    const hand = new Hand();
    hand.set("DCR", 0x49);
    hand.remote(CR.READ, 0, 32);
    const words = hand.words(16);
    expect(words.slice(0, 6)).toEqual([...hand.seat.mac].map((byte) => 0x101 * byte));
    expect(words.slice(14)).toEqual([0x5757, 0x5757]);
    expect([hand.get("ISR"), hand.phase]).toEqual([ISR.RST | ISR.RDC, "reusable"]);
    hand.set("DCR", 0x48);
    hand.remote(CR.READ, 0, 12);
    expect(Array.from({ length: 13 }, () => hand.peek(0x10, 1))).toEqual([...doubled(hand.seat.mac), 0xff]);
    expect([hand.get("CRDA0"), hand.get("CRDA1")]).toEqual([12, 0]);
  });

  it("goes on where an aborted read of it has stopped", () => {
    const hand = new Hand();
    hand.set("DCR", 0x48);
    hand.remote(CR.READ, 0, 12);
    hand.peek(0x10, 4);
    hand.set("CR", 0x21);
    hand.away();
    hand.set("CR", CR.STP | CR.READ);
    expect(Array.from({ length: 9 }, () => hand.peek(0x10, 1))).toEqual([
      ...doubled(hand.seat.mac).slice(4),
      0xff,
    ]);
  });
});

describe("a restored card", () => {
  const ops = (program: Generator<CpuOp | InMany, unknown, number>): (CpuOp | InMany)[] => {
    const found: (CpuOp | InMany)[] = [];
    for (let step = program.next(0); !step.done; step = program.next(0)) {
      found.push(step.value);
      if (step.value.kind === "inMany") step.value.values.push(...step.value.reads.map(() => 0));
    }
    return found;
  };
  const context = {
    shadows: powerOnShadows(),
    command: 0x22,
    transfer: { address: 0x1234, bytes: 0x5678 },
    mask: 0,
    boundary: 0x46,
  };

  it("starts with the last operation; the RAM goes in one string operation, and one brings it back", () => {
    const { bench } = new Hand();
    const restored = ops(restoreCard(0xc000, powerOnContext(), context, bench.scratch));
    expect(restored.at(-1)).toEqual({ kind: "out", port: 0xc000, width: 1, value: 0x22 });
    const starts = restored.filter(
      (op) => op.kind === "out" && op.port === 0xc000 && (op.value & CR.STP) === 0,
    );
    expect(starts).toHaveLength(1);
    expect(restored.filter((op) => op.kind === "outs").map((op) => "count" in op && op.count)).toEqual([
      8192,
    ]);
    const saved = ops(saveCard(0xc000, bench.scratch));
    expect(saved.filter((op) => op.kind === "ins")).toHaveLength(1);
    expect(
      saved.filter((op) => op.kind === "out" && op.port === 0xc000 && (op.value & CR.STP) === 0),
    ).toEqual([]);
  });

  it("takes the VMM's memory once, however many guests there are", () => {
    const hand = new Hand();
    const { brk } = hand.bench.scratch;
    for (let i = 0; i < 5; i++) hand.away();
    expect(hand.bench.scratch.brk).toBe(brk);
  });

  it("is found quiet by a reset that nobody answers", () => {
    const reset = ops(resetCard(0xc000));
    expect(reset.length).toBeLessThan(200);
    expect(reset[0]).toEqual({ kind: "in", port: 0xc01f, width: 1 });
  });
});

it("every register that can change has its place in the context", () => {
  const places = NE2000_CONTEXT.map(({ name }) => name).join(", ");
  const stem = (name: string): string => name.replace(/\d$/, "");
  // CRDA is RSAR; the others are constants.
  const missing = REGISTERS.map(({ name }) => name).filter(
    (name) => !places.includes(name) && !places.includes(stem(name)),
  );
  expect([...new Set(missing)]).toEqual(["CRDA0", "CRDA1", "8029ID0", "8029ID1", "8029ASID0", "8029ASID1"]);
});
