/** What the DMM lets a guest do with an RTL8139, to the byte; the holes of the paper's model; what refusals give. */
import { describe, expect, it } from "vitest";
import { Rtl8139Driver } from "../../../src/devices/rtl8139/driver.ts";
import { rtl8139Model } from "../../../src/devices/rtl8139/model.ts";
import {
  CR,
  CR9346,
  ISR,
  RCR,
  REGISTERS,
  type RegisterName,
  TCR,
  TSD,
} from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import type { Width } from "../../../src/hardware/cpu.ts";
import type { FailurePolicy, Violation } from "../../../src/vpio/failure.ts";
import { DmmBench, IO_BASE, type SharedSeat, SILENT } from "../../support/dmm-bench.ts";

const GUEST_BYTES = 0x4_0000;
const END = GUEST_BYTES;
const RING_8K = 0;
const RING_64K = RCR.RBLEN;

/** A guest that holds the card, spoken for by register name. Its memory lies behind that of a neighbour. */
class Hand {
  readonly bench: DmmBench;
  readonly seat: SharedSeat;

  constructor(failure: FailurePolicy = SILENT) {
    const card = {
      model: rtl8139Model,
      makeSilicon: (slot, mac) => new Rtl8139(slot, { mac }),
      makeDriver: (environment) => new Rtl8139Driver(environment),
    } satisfies ConstructorParameters<typeof DmmBench>[0];
    this.bench = new DmmBench(card, { guests: 2, guestBytes: GUEST_BYTES, failure });
    this.seat = this.bench.seat(1);
    this.bench.handOff(this.seat);
  }

  get(name: RegisterName): number {
    const { offset, bytes } = REGISTERS[name];
    return this.seat.execute({ kind: "in", port: IO_BASE + offset, width: bytes });
  }

  set(name: RegisterName, value: number): void {
    const { offset, bytes } = REGISTERS[name];
    this.poke(offset, bytes, value);
  }

  poke(port: number, width: Width, value: number): void {
    this.seat.execute({ kind: "out", port: IO_BASE + port, width, value });
  }

  get phase(): string {
    return this.bench.dmm.phase(this.seat.id);
  }

  get listening(): boolean {
    return this.bench.dmm.model(this.seat.id).listening;
  }

  /** What has been refused since the last call, by kind and register. */
  refused(): string[] {
    return this.seat.violations.splice(0).map(({ kind, register }) => `${kind} ${register}`);
  }

  /** The frame at the PHY leaves and the VMM hears of it. */
  leave(): void {
    this.bench.leave();
    this.bench.follow();
  }

  transmit(n: 0 | 1 | 2 | 3, address = 0x1000, bytes = 60): void {
    this.set(`TSAD${n}`, address);
    this.set(`TSD${n}`, bytes);
  }

  arm(rbstart: number, rcr: number): void {
    this.set("RBSTART", rbstart);
    this.set("RCR", rcr);
    this.set("CR", CR.TE | CR.RE);
  }
}

const frameFor = (seat: SharedSeat, bytes: number): Uint8Array => {
  const frame = new Uint8Array(bytes).fill(0x5a);
  frame.set(seat.mac);
  return frame;
};

describe("reusable", () => {
  it("not with one TOK after two writes of TSD", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0);
    hand.transmit(1);
    expect(hand.phase).toBe("completing");
    hand.leave();
    expect(hand.phase).toBe("completing");
    expect(hand.bench.handOff(hand.bench.seat(0))).toBe(false);
    hand.leave();
    expect(hand.phase).toBe("reusable");
  });

  it("with an armed receiver, which is still listening after a frame", () => {
    const hand = new Hand();
    hand.arm(0x8000, RCR.APM);
    expect([hand.phase, hand.listening]).toEqual(["reusable", true]);
    hand.seat.arrive(frameFor(hand.seat, 100));
    hand.bench.follow();
    hand.set("ISR", ISR.ROK);
    expect([hand.phase, hand.listening]).toEqual(["reusable", true]);
  });

  it("descriptors out of turn wait for the guest, and complete when the turn is theirs", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(1);
    expect(hand.phase).toBe("programming");
    hand.transmit(0);
    expect(hand.phase).toBe("completing");
    hand.leave();
    hand.leave();
    expect(hand.phase).toBe("reusable");
    expect(hand.seat.sent).toHaveLength(2);
  });

  it("descriptors queued without TE wait for the guest", () => {
    const hand = new Hand();
    hand.transmit(0);
    expect(hand.phase).toBe("programming");
    hand.set("CR", CR.TE);
    expect(hand.phase).toBe("completing");
    hand.transmit(1);
    hand.set("CR", 0);
    hand.leave();
    expect(hand.phase).toBe("programming");
    hand.set("CR", CR.TE);
    hand.leave();
    expect(hand.phase).toBe("reusable");
  });

  it("descriptors queued while the EEPROM is being programmed wait for the guest", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.set("CR9346", CR9346.EEM_PROGRAM);
    hand.transmit(0);
    expect(hand.phase).toBe("programming");
    expect(hand.seat.sent).toHaveLength(0);
    hand.set("CR9346", CR9346.EEM_NORMAL);
    expect(hand.phase).toBe("completing");
  });

  it("after a soft reset, whatever was queued", () => {
    const hand = new Hand();
    hand.arm(0x8000, RCR.APM);
    for (const n of [0, 1, 2, 3] as const) hand.transmit(n);
    hand.seat.arrive(frameFor(hand.seat, 100));
    hand.bench.follow();
    hand.set("CR", CR.RST);
    expect([hand.phase, hand.listening]).toEqual(["reusable", false]);
    expect([hand.get("ISR"), hand.get("RBSTART"), hand.get("TSAD3"), hand.get("TSD0")]).toEqual([
      0, 0, 0, 0x2000,
    ]);
    hand.set("CR", CR.TE);
    hand.leave();
    hand.transmit(0);
    hand.leave();
    expect(hand.phase).toBe("reusable");
    expect(hand.seat.sent).toHaveLength(2);
  });
});

describe("a transmit buffer", () => {
  it("may reach the last byte of the guest's memory and no further", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0, END - 60, 60);
    expect(hand.refused()).toEqual([]);
    hand.leave();
    hand.transmit(1, END - 60, 61);
    expect(hand.refused()).toEqual(["dma TSD1"]);
    hand.transmit(1, END - 59, 60);
    expect(hand.refused()).toEqual(["dma TSD1"]);
    hand.transmit(1, 0xffff_ffff, 60);
    expect(hand.refused()).toEqual(["dma TSD1"]);
    expect(hand.get("TSD1")).toBe(0x2000);
    expect(hand.bench.slot.strays).toEqual([]);
    expect(hand.phase).toBe("reusable");
  });

  it("may not be moved out of it while the descriptor waits, nor by single bytes", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0);
    hand.transmit(1, END - 0x200, 0x100);
    hand.set("TSAD1", END - 0xff);
    expect(hand.refused()).toEqual(["dma TSAD1"]);
    hand.poke(REGISTERS.TSAD1.offset + 3, 1, 0x80);
    expect(hand.refused()).toEqual(["dma TSAD1"]);
    hand.poke(REGISTERS.TSAD1.offset + 2, 2, 0x0004);
    expect(hand.refused()).toEqual(["dma TSAD1"]);
    expect(hand.get("TSAD1")).toBe(END - 0x200);
    hand.set("TSAD1", END - 0x100);
    expect(hand.refused()).toEqual([]);
    hand.leave();
    hand.leave();
    expect(hand.bench.slot.strays).toEqual([]);
  });

  it("may be anywhere while the descriptor is the guest's own", () => {
    const hand = new Hand();
    hand.set("TSAD2", 0xdead_beef);
    expect(hand.refused()).toEqual([]);
    expect(hand.get("TSAD2")).toBe(0xdead_beef);
  });

  it("is the guest's after a reset too, when all addresses are 0", () => {
    const hand = new Hand();
    hand.seat.memory.bytes(0, 60).fill(0x77);
    hand.set("CR", CR.RST);
    hand.set("CR", CR.TE);
    hand.set("TSD0", 60);
    expect(hand.seat.sent).toEqual([new Uint8Array(60).fill(0x77)]);
    expect(hand.bench.slot.strays).toEqual([]);
  });
});

describe("a receive ring", () => {
  it.each([
    ["8 KiB", RING_8K, 8192],
    ["8 KiB with WRAP", RING_8K | RCR.WRAP, 8192 + 4096],
    ["64 KiB", RING_64K, 65_536],
    ["64 KiB with WRAP, which splits all the same", RING_64K | RCR.WRAP, 65_536],
  ])("of %s may end with the guest's memory, and no byte later", (_name, rcr, bytes) => {
    const hand = new Hand();
    hand.arm(END - bytes + 1, rcr);
    expect(hand.refused()).toEqual(["dma CR"]);
    expect([hand.get("CR") & CR.RE, hand.listening]).toEqual([0, false]);
    hand.arm(END - bytes, rcr);
    expect(hand.refused()).toEqual([]);
    expect([hand.get("CR") & CR.RE, hand.listening]).toEqual([CR.RE, true]);
  });

  it("with WRAP is never written further than checked: the longest frame at its last four bytes", () => {
    const hand = new Hand();
    hand.arm(END - 8192 - 4096, RING_8K | RCR.WRAP | RCR.APM | RCR.AER);
    hand.seat.memory.bytes(END - 4, 4).fill(0);
    while (hand.get("CBR") !== 8188) {
      const left = 8188 - hand.get("CBR");
      hand.seat.arrive(frameFor(hand.seat, (left > 1000 ? 508 : left) - 8));
      hand.set("CAPR", hand.get("CBR") - 16);
    }
    expect(hand.seat.arrive(frameFor(hand.seat, 60_000))).toBe("stored");
    expect([...hand.seat.memory.bytes(END - 4, 4)]).toEqual([0x5a, 0x5a, 0x5a, 0x5a]);
    expect(hand.bench.slot.strays).toEqual([]);
  });

  it("may not be moved or enlarged out of the memory while armed, nor by single bytes", () => {
    const hand = new Hand();
    hand.arm(END - 0x4000, RING_8K);
    hand.set("RBSTART", END - 0x1fff);
    expect(hand.refused()).toEqual(["dma RBSTART"]);
    hand.poke(REGISTERS.RBSTART.offset + 2, 1, 0x04);
    expect(hand.refused()).toEqual(["dma RBSTART"]);
    expect(hand.get("RBSTART")).toBe(END - 0x4000);
    hand.set("RCR", RING_64K);
    expect(hand.refused()).toEqual(["dma RCR"]);
    hand.poke(REGISTERS.RCR.offset + 1, 1, 0x18);
    expect(hand.refused()).toEqual(["dma RCR"]);
    expect(hand.get("RCR")).toBe(RING_8K);
    hand.set("RBSTART", END - 0x2000);
    expect(hand.refused()).toEqual([]);
    hand.poke(REGISTERS.RCR.offset, 1, RCR.WRAP);
    expect(hand.refused()).toEqual(["dma RCR"]);
  });

  it("may be anywhere while the receiver is off; a refused CR leaves the transmitter off as well", () => {
    const hand = new Hand();
    hand.set("RBSTART", 0x8000_0000);
    hand.set("RCR", RING_64K | RCR.WRAP);
    expect(hand.refused()).toEqual([]);
    hand.set("CR", CR.TE | CR.RE);
    expect(hand.refused()).toEqual(["dma CR"]);
    expect(hand.get("CR") & (CR.TE | CR.RE)).toBe(0);
    // CR as the last byte of a dword.
    hand.poke(REGISTERS.ERBCR.offset, 4, (CR.TE | CR.RE) * 0x100_0000);
    expect(hand.refused()).toEqual(["dma CR"]);
  });

  it("is the guest's after a reset too, when RBSTART is 0", () => {
    const hand = new Hand();
    hand.set("CR", CR.RST);
    hand.set("RCR", RCR.AAP);
    hand.set("CR", CR.RE);
    hand.seat.arrive(frameFor(hand.seat, 100));
    expect([...hand.seat.memory.bytes(0, 4)]).toEqual([0x01, 0x40, 104, 0]);
    expect(hand.bench.slot.strays).toEqual([]);
  });
});

describe("a descriptor that is still the card's", () => {
  it("may not be written, nor taken back", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0);
    hand.set("TSD0", 60);
    hand.set("TSD0", TSD.OWN);
    expect(hand.refused()).toEqual(["transition TSD0", "transition TSD0"]);
    hand.leave();
    expect(hand.seat.sent).toHaveLength(1);
  });

  it("may be written again as soon as the card is done with it, though the VMM has not heard of it", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0);
    hand.bench.leave();
    expect(hand.get("TSD0") & TSD.TOK).toBe(TSD.TOK);
    hand.transmit(1);
    hand.bench.leave();
    hand.transmit(0, 0x1000, 61);
    expect(hand.refused()).toEqual([]);
  });

  it("ignores writes of a part of TSD, as the card does", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.transmit(0);
    hand.leave();
    const before = hand.get("TSD0");
    for (let i = 0; i < 4; i++) hand.poke(REGISTERS.TSD0.offset + i, 1, 0);
    hand.poke(REGISTERS.TSD0.offset - 2, 4, 0);
    hand.poke(REGISTERS.TSD0.offset + 2, 4, 0);
    expect(hand.get("TSD0")).toBe(before);
    expect(hand.refused()).toEqual([]);
    expect(hand.phase).toBe("reusable");
  });
});

describe("interrupts", () => {
  it("an acknowledged bit that was masked does not come back", () => {
    const hand = new Hand();
    hand.arm(0x8000, RCR.APM);
    hand.set("IMR", 0);
    hand.seat.arrive(frameFor(hand.seat, 100));
    hand.set("ISR", 0xffff);
    hand.set("IMR", ISR.ROK);
    hand.bench.follow();
    expect(hand.seat.line).toBe(false);
    expect(hand.get("ISR")).toBe(0);
  });

  it("TOK is followed for the VMM whatever the guest masks, and the guest sees no interrupt", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.set("IMR", 0);
    hand.transmit(0);
    hand.leave();
    expect(hand.phase).toBe("reusable");
    expect(hand.seat.line).toBe(false);
    expect([hand.get("IMR"), hand.get("ISR")]).toEqual([0, ISR.TOK]);
    hand.set("IMR", ISR.TOK);
    expect(hand.seat.line).toBe(true);
  });

  it("TOK that is acknowledged before the VMM has heard of it does not come back", () => {
    const hand = new Hand();
    hand.set("CR", CR.TE);
    hand.set("IMR", ISR.TOK);
    hand.transmit(0);
    hand.bench.leave();
    hand.set("ISR", ISR.TOK);
    expect(hand.get("ISR")).toBe(0);
    hand.bench.follow();
    expect([hand.get("ISR"), hand.seat.line, hand.phase]).toEqual([0, false, "reusable"]);
  });

  it("one that is pending stays pending while the card is away", () => {
    const hand = new Hand();
    hand.arm(0x8000, RCR.APM);
    hand.set("IMR", ISR.ROK);
    hand.seat.arrive(frameFor(hand.seat, 100));
    hand.bench.handOff(hand.bench.seat(0));
    expect([hand.seat.line, hand.bench.seat(0).line]).toEqual([true, false]);
    hand.bench.handOff(hand.seat);
    expect(hand.get("ISR")).toBe(ISR.ROK);
  });

  it("the timer stands still while the card is away, and runs out where it was to", () => {
    const hand = new Hand();
    hand.set("IMR", ISR.TimeOut);
    hand.set("TCTR", 0);
    hand.set("TimerInt", 33 * 100);
    hand.seat.pass(60_000);
    hand.bench.handOff(hand.bench.seat(0));
    hand.bench.seat(0).pass(1_000_000);
    hand.bench.handOff(hand.seat);
    expect([hand.get("TCTR"), hand.get("TimerInt")]).toEqual([33 * 60, 33 * 100]);
    hand.seat.pass(39_000);
    hand.bench.follow();
    expect(hand.seat.line).toBe(false);
    hand.seat.pass(1000);
    hand.bench.follow();
    expect(hand.seat.line).toBe(true);
  });
});

it("the timer runs out exactly once, at whatever operation of a handoff it is due", () => {
  for (let dueUs = 1; dueUs < 200; dueUs++) {
    const hand = new Hand();
    hand.set("TCTR", 0);
    hand.set("TimerInt", 33 * dueUs);
    const slowly = (): void => hand.seat.pass(1000);
    hand.bench.handOff(hand.bench.seat(0), slowly);
    hand.bench.handOff(hand.seat, slowly);
    hand.seat.pass(200_000);
    expect(hand.get("ISR"), `due after ${dueUs} us`).toBe(ISR.TimeOut);
    hand.set("ISR", ISR.TimeOut);
    hand.seat.pass(10_000_000);
    expect(hand.get("ISR"), `due after ${dueUs} us`).toBe(0);
  }
});

it("a timer that was reached just before a handoff is not reached again just after it", () => {
  const hand = new Hand();
  hand.set("TCTR", 0);
  hand.set("TimerInt", 33 * 10);
  hand.seat.pass(10_000);
  hand.set("ISR", ISR.TimeOut);
  hand.bench.handOff(hand.bench.seat(0));
  hand.bench.handOff(hand.seat);
  hand.seat.pass(100_000);
  expect([hand.get("TCTR"), hand.get("ISR")]).toEqual([33 * 110, 0]);
});

it("a timer that is started again runs out before that or not at all, whenever it is due", () => {
  const seen: string[] = [];
  DmmBench.amid(
    () => {
      const hand = new Hand();
      hand.set("TCTR", 0);
      hand.set("TimerInt", 33 * 10);
      hand.seat.pass(5000);
      hand.bench.handOff(hand.bench.seat(0));
      hand.bench.handOff(hand.seat);
      return hand;
    },
    (hand) => hand.set("TCTR", 0),
    (hand) => void hand.seat.pass(5000),
    (hand) => seen.push(`${hand.get("ISR")} ${hand.get("TCTR")}`),
  );
  expect(seen.length).toBeGreaterThan(2);
  const [before, after] = [`${ISR.TimeOut} 0`, `0 ${33 * 5}`];
  expect(seen.filter((found) => found !== before && found !== after)).toEqual([]);
});

it("frames missed are counted over ownerships, until the guest clears the count", () => {
  const hand = new Hand();
  hand.arm(0x8000, RCR.APM);
  const fill = (): number => {
    let missed = 0;
    for (let i = 0; i < 10; i++) if (hand.seat.arrive(frameFor(hand.seat, 1500)) === "overflow") missed++;
    return missed;
  };
  const away = (): void => {
    hand.bench.handOff(hand.bench.seat(0));
    hand.bench.handOff(hand.seat);
  };
  const first = fill();
  expect(first).toBeGreaterThan(0);
  away();
  expect(fill()).toBe(10);
  away();
  expect(hand.get("MPC")).toBe(first + 10);
  hand.set("MPC", 0);
  fill();
  away();
  expect(hand.get("MPC")).toBe(10);
});

describe("the EEPROM", () => {
  it("is the guest's own: an autoload takes its address from there, and the neighbour's stays", () => {
    const hand = new Hand();
    const programmed = [0x02, 0x46, 0x8a, 0xce, 0x13, 0x57];
    writeEeprom(hand, 7, [0x4602, 0xce8a, 0x5713]);
    hand.set("CR9346", CR9346.EEM_AUTOLOAD);
    const idr = (): number[] =>
      [0, 1, 2, 3, 4, 5].map((i) => hand.seat.execute({ kind: "in", port: IO_BASE + i, width: 1 }));
    expect(idr()).toEqual(programmed);
    const neighbour = hand.bench.seat(0);
    hand.bench.handOff(neighbour);
    neighbour.run(neighbour.driver.open());
    expect(neighbour.driver.mac).toEqual(neighbour.mac);
    hand.bench.handOff(hand.seat);
    expect(idr()).toEqual(programmed);
    hand.seat.run(hand.seat.driver.open());
    expect([...hand.seat.driver.mac]).toEqual(programmed);
  });

  it("of which the card knows nothing gives no address", () => {
    const hand = new Hand();
    writeEeprom(hand, 0, [0x1234]);
    hand.set("CR9346", CR9346.EEM_AUTOLOAD);
    expect([hand.get("IDR0"), hand.get("IDR4")]).toEqual([0, 0]);
  });

  it("is deselected by a reset in the middle of a command", () => {
    const hand = new Hand();
    clockBits(hand, 0b1_10, 3);
    hand.set("CR", CR.RST);
    expect(hand.get("CR9346")).toBe(0);
    hand.seat.run(hand.seat.driver.open());
    expect(hand.seat.driver.mac).toEqual(hand.seat.mac);
    // The command began anew: what the three bits before the reset began is not gone on with.
    clockBits(hand, 0b1_10_000111, 9);
    hand.set("CR", CR.RST);
    hand.set("CR9346", CR9346.EEM_PROGRAM | CR9346.EECS);
    expect(hand.get("CR9346")).toBe(CR9346.EEM_PROGRAM | CR9346.EECS | CR9346.EEDO);
  });
});

/** Clocks `count` bits into the EEPROM, highest first, and leaves it selected. */
function clockBits(hand: Hand, bits: number, count: number): void {
  const selected = CR9346.EEM_PROGRAM | CR9346.EECS;
  hand.set("CR9346", selected);
  for (let i = count - 1; i >= 0; i--) {
    const data = (bits >>> i) & 1 ? CR9346.EEDI : 0;
    hand.set("CR9346", selected | data);
    hand.set("CR9346", selected | data | CR9346.EESK);
  }
}

/** Programs words from `first` on. */
function writeEeprom(hand: Hand, first: number, words: readonly number[]): void {
  clockBits(hand, 0b1_00_110000, 9);
  hand.set("CR9346", CR9346.EEM_PROGRAM);
  for (const [i, word] of words.entries()) {
    clockBits(hand, 0b1_01_000000 | (first + i), 9);
    clockBits(hand, word, 16);
    hand.set("CR9346", CR9346.EEM_PROGRAM);
  }
  hand.set("CR9346", CR9346.EEM_NORMAL);
}

describe("ports that are no registers", () => {
  it("between registers read 0 and ignore writes; behind them they are the VMM's business", () => {
    const hand = new Hand();
    hand.poke(0x50, 4, 0x5500_0000);
    expect(hand.seat.execute({ kind: "in", port: IO_BASE + 0x50, width: 4 })).toBe(0x000c_0000);
    expect(hand.refused()).toEqual([]);
    hand.poke(0xe0, 2, 0xffff);
    expect(hand.refused()).toEqual(["port 0xe0", "port 0xe1"]);
    expect(hand.seat.execute({ kind: "in", port: IO_BASE + 0x84, width: 1 })).toBe(0);
    expect(hand.refused()).toEqual(["port 0x84"]);
  });
});

describe("failure policies", () => {
  const actions = (
    failure: Partial<FailurePolicy>,
    act: (hand: Hand) => void,
  ): [Hand, Violation["action"][]] => {
    const hand = new Hand({ ...SILENT, ...failure });
    act(hand);
    return [hand, hand.seat.violations.map(({ action }) => action)];
  };
  const badTransmit = (hand: Hand): void => {
    hand.set("CR", CR.TE);
    hand.set("IMR", ISR.TER | ISR.SERR);
    hand.transmit(0, END, 60);
  };
  const badRing = (hand: Hand): void => {
    hand.set("IMR", ISR.TER | ISR.SERR);
    hand.arm(END - 1, 0);
  };

  it("silent: the write never happened", () => {
    const [hand, action] = actions({ dma: "silent" }, badTransmit);
    expect(action).toEqual(["silent"]);
    expect([hand.get("TSD0"), hand.get("ISR"), hand.seat.line]).toEqual([0x2000, 0, false]);
  });

  it("device interrupt: a transmit is seen to be aborted, anything else is a bus error", () => {
    const [hand, action] = actions({ dma: "device-interrupt" }, badTransmit);
    expect(action).toEqual(["device-interrupt"]);
    expect([hand.get("TSD0"), hand.get("ISR"), hand.seat.line]).toEqual([
      TSD.OWN | TSD.TABT | 60,
      ISR.TER,
      true,
    ]);
    expect(hand.get("TSAD")).toBe(0x001f);
    const [other] = actions({ dma: "device-interrupt" }, badRing);
    expect([other.get("ISR"), other.seat.line, other.listening]).toEqual([ISR.SERR, true, false]);
  });

  it("machine check: the caller is told to end the guest", () => {
    expect(actions({ dma: "machine-check" }, badTransmit)[1]).toEqual(["machine-check"]);
    expect(actions({ port: "machine-check" }, (hand) => hand.poke(0xff, 1, 1))[1]).toEqual(["machine-check"]);
    const again = (hand: Hand): void => {
      hand.set("CR", CR.TE);
      hand.transmit(0);
      hand.transmit(0);
    };
    expect(actions({ transition: "machine-check" }, again)[1]).toEqual(["machine-check"]);
  });

  it("can be changed at run time", () => {
    const hand = new Hand();
    hand.poke(0xff, 1, 1);
    hand.bench.dmm.failure = { ...SILENT, port: "machine-check" };
    hand.poke(0xff, 1, 1);
    expect(hand.seat.violations.map(({ action }) => action)).toEqual(["silent", "machine-check"]);
  });
});

it("loopback of a guest goes through its own ring only", () => {
  const hand = new Hand();
  hand.arm(0x8000, RCR.AAP);
  hand.set("TCR", TCR.LBK);
  hand.seat.memory.write(0x1000, frameFor(hand.seat, 60));
  hand.transmit(0);
  expect([...hand.seat.memory.bytes(0x8000, 4)]).toEqual([0x01, 0x40, 64, 0]);
  expect(hand.bench.slot.sent).toEqual([]);
  expect(hand.bench.slot.strays).toEqual([]);
});
