/**
 * What the model of the NE2000 must notice before it goes on, and what may happen in the middle of its
 * programs. Most of these were defects; the search over model and silicon has found them (docs/soundness.md).
 */
import { describe, expect, it } from "vitest";
import {
  CR,
  DCR,
  ISR,
  OFFSET,
  PAGE_BYTES,
  PROM,
  RCR,
  RESET_PORT,
  RSR,
  TCR,
} from "../../../src/devices/ne2000/registers.ts";
import { DmmBench } from "../../support/dmm-bench.ts";
import { Hand, RING } from "./hand.ts";

const RUN = CR.STA | CR.ABORT;
const BROADCAST = new Uint8Array(60).fill(0xff);
/** A packet of 60 bytes as it is sent, and as it lies in the ring with its CRC. */
const PACKET_BYTES = 4 + 60;
const ENTRY_BYTES = PACKET_BYTES + 4;

/** The broadcast arrives, and the VMM does not hear of it; "over" when the receiver is off. */
const arrive = ({ seat }: Hand): "over" | undefined =>
  seat.arrive(BROADCAST) === "off" ? "over" : undefined;

describe("the end of a packet that is sent moves BNRY before", () => {
  /** Two packets in the ring; the first one has been read, and the VMM has not heard of its end. */
  function readPacket(): Hand {
    const hand = new Hand().start();
    hand.set("DCR", DCR.WTS | DCR.LS | DCR.AR);
    hand.arrive(60);
    hand.arrive(60);
    hand.set("BNRY", RING.start + 1);
    hand.set("CR", CR.STA | CR.SEND);
    hand.words(PACKET_BYTES / 2);
    return hand;
  }

  it("the guest writes BNRY itself", () => {
    const hand = readPacket();
    hand.set("BNRY", RING.start);
    expect(hand.get("BNRY")).toBe(RING.start);
    hand.bench.follow();
    expect(hand.get("BNRY")).toBe(RING.start);
  });

  it("it reads ISR: RST goes with it", () => {
    const hand = new Hand().start();
    hand.set("BNRY", RING.start + 1);
    while (hand.arrive(1500) === "stored");
    expect(hand.get("ISR") & ISR.RST).toBe(ISR.RST);
    hand.set("DCR", DCR.WTS | DCR.LS | DCR.AR);
    hand.set("CR", CR.STA | CR.SEND);
    hand.words((4 + 1500) / 2);
    expect(hand.get("ISR") & (ISR.RST | ISR.RDC)).toBe(ISR.RDC);
  });

  it.each([
    ["CR", RUN],
    ["PSTOP", RING.stop],
    ["RSAR0", 0],
  ] as const)("it writes %s", (name, value) => {
    const hand = readPacket();
    hand.set(name, value);
    expect(hand.get("BNRY")).toBe(RING.start + 2);
  });
});

describe("a packet that is being sent", () => {
  it("goes on when PSTOP is written again in the middle of it", () => {
    const hand = new Hand().start();
    hand.set("DCR", DCR.WTS | DCR.LS | DCR.AR);
    hand.arrive(60, 0x5a);
    hand.set("BNRY", RING.start + 1);
    hand.set("CR", CR.STA | CR.SEND);
    const [, count] = hand.words(2);
    expect(count).toBe(PACKET_BYTES);
    hand.words(3);
    hand.set("PSTOP", RING.stop);
    expect(hand.words(2)).toEqual([0x5a5a, 0x5a5a]);
    expect(hand.phase).toBe("programming");
  });

  it("ends when the ring that it goes round is moved out of packet RAM", () => {
    const hand = new Hand().start();
    hand.set("DCR", DCR.WTS | DCR.LS | DCR.AR);
    hand.set("CR", RUN | CR.PAGE_1);
    hand.set("CURR", RING.stop - 1);
    hand.set("CR", RUN);
    hand.arrive(600);
    hand.set("BNRY", RING.stop - 1);
    hand.set("CR", CR.STA | CR.SEND);
    hand.words(PAGE_BYTES / 2 - 1);
    hand.set("RCR", RCR.MON);
    hand.set("PSTART", PROM.start);
    expect(hand.refused()).toEqual([]);
    expect(hand.words(2)).toEqual([0xffff, 0xffff]);
  });
});

describe("a transfer that has ended", () => {
  /** CR still says read. */
  function ended(): Hand {
    const hand = new Hand().start();
    hand.remote(CR.WRITE, 0x4000, 8);
    for (const word of [0x1111, 0x2222, 0x3333, 0x4444]) hand.poke(0x10, 2, word);
    hand.remote(CR.READ, 0x4000, 4);
    expect(hand.words(2)).toEqual([0x1111, 0x2222]);
    hand.set("ISR", 0xff);
    return hand;
  }

  it("begins again when it gets a count, and the card is not reusable until it is over", () => {
    const hand = ended();
    hand.set("RBCR0", 4);
    expect(hand.phase).toBe("programming");
    expect(hand.words(1)).toEqual([0x3333]);
    expect(hand.phase).toBe("programming");
    expect(hand.words(1)).toEqual([0x4444]);
    expect(hand.get("ISR") & ISR.RDC).toBe(ISR.RDC);
    expect(hand.phase).toBe("reusable");
  });

  it("does not begin again outside packet RAM", () => {
    const hand = ended();
    hand.set("RSAR1", 0x80);
    hand.set("RBCR0", 4);
    expect(hand.words(1)).toEqual([0xffff]);
    expect(hand.get("ISR") & ISR.RDC).toBe(0);
  });
});

describe("the interrupt status", () => {
  it("that comes while the guest's acknowledgement is carried out comes as a whole, before it or after", () => {
    const seen: number[] = [];
    DmmBench.amid(
      () => {
        const hand = new Hand().start();
        hand.set("PSTOP", RING.start + 2);
        hand.set("RCR", RCR.AB | RCR.MON);
        hand.seat.arrive(BROADCAST);
        hand.set("RCR", RCR.AB);
        return hand;
      },
      (hand) => hand.set("ISR", 0xff),
      arrive,
      (hand) => seen.push(hand.get("ISR")),
    );
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set([ISR.RST]));
  });

  it("shows ISR.RST with an overflow that comes at whatever operation of the drain step", () => {
    const seen: number[] = [];
    DmmBench.amid(
      () => {
        const hand = new Hand().start();
        hand.set("PSTOP", RING.start + 2);
        hand.arrive(60);
        hand.set("BNRY", RING.start);
        hand.set("ISR", 0xff);
        return hand;
      },
      (hand) => {
        hand.bench.handOff(hand.neighbour);
        hand.bench.handOff(hand.seat);
      },
      arrive,
      (hand) => seen.push(hand.get("ISR")),
    );
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen)).toEqual(new Set([ISR.RXE | ISR.OVW | ISR.RST]));
  });

  it("shows ISR.RST with a frame missed while the guest moves a ring that has overflowed", () => {
    const seen: number[] = [];
    DmmBench.amid(
      () => {
        const hand = new Hand().start();
        while (hand.arrive(1500) === "stored");
        hand.away();
        hand.set("BNRY", RING.start);
        hand.set("ISR", 0xff);
        return hand;
      },
      (hand) => hand.set("PSTOP", RING.stop),
      arrive,
      (hand) => seen.push(hand.get("ISR") & ISR.RST),
    );
    expect(seen.length).toBeGreaterThan(2);
    expect(new Set(seen)).toEqual(new Set([ISR.RST]));
  });
});

describe("a reset by the reset port", () => {
  it("leaves CLDA behind the last frame that has come in, however late that was", () => {
    const seen: number[] = [];
    DmmBench.amid(
      () => {
        const hand = new Hand().start();
        hand.away();
        return hand;
      },
      (hand) => hand.peek(RESET_PORT, 1),
      arrive,
      (hand) => seen.push(hand.get("CLDA0")),
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([ENTRY_BYTES]));
  });
});

describe("what the VMM serves of an earlier ownership", () => {
  it("is not what the guest finds in FIFO once a frame has gone round in loopback", () => {
    const hand = new Hand().start({ tcr: TCR.LB_NIC });
    hand.away();
    hand.transmit(60);
    const first = hand.get("FIFO");
    const served = new Hand().start({ tcr: TCR.LB_NIC });
    served.transmit(60);
    served.leave();
    expect(first).toBe(served.get("FIFO"));
    expect(first).not.toBe(0);
  });

  it("stays what the guest finds in FIFO and RSR while a loopback frame still waits for the PHY", () => {
    const hand = new Hand().start({ tcr: TCR.LB_NIC });
    hand.transmit(60);
    hand.leave();
    const [fifo, rsr] = [Array.from({ length: 8 }, () => hand.get("FIFO")), hand.get("RSR")];
    expect([new Set(fifo).size > 2, rsr]).toEqual([true, RSR.PRX]);
    hand.away();
    hand.set("TCR", 0);
    hand.transmit();
    hand.peek(RESET_PORT, 1);
    hand.set("TCR", TCR.LB_NIC);
    hand.set("CR", RUN | CR.TXP);
    expect([Array.from({ length: 8 }, () => hand.get("FIFO")), hand.get("RSR")]).toEqual([fifo, rsr]);
  });

  it("are all tallies while any of them is: the VMM may be reading them when the guest does", () => {
    const hand = new Hand().start({ rcr: RCR.AB | RCR.MON });
    hand.seat.arrive(BROADCAST);
    hand.away();
    const tallies = ["CNTR0", "CNTR1", "CNTR2"] as const;
    expect(tallies.map((name) => hand.exits("read", name))).toEqual([true, true, true]);
    expect(hand.get("CNTR2")).toBe(1);
    expect(tallies.map((name) => hand.exits("read", name))).toEqual([false, false, false]);
  });
});

describe("the reset port", () => {
  it("exits when it is read, and not when it is written, which does nothing", () => {
    const hand = new Hand().start();
    expect(hand.model.hooks.covers(RESET_PORT, 1, "read")).toBe(true);
    expect(hand.model.hooks.covers(RESET_PORT, 4, "write")).toBe(false);
    hand.poke(RESET_PORT, 1, 0xff);
    expect(hand.peek(OFFSET.CR, 1)).toBe(RUN);
  });
});
