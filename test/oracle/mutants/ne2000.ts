/** NE2000s with one thing broken, one for each class of behaviour. */
import { CR, DATA_PORT, DCR, ISR, OFFSET, pageOf, RSR, TSR } from "../../../src/devices/ne2000/registers.ts";
import type { Silicon } from "../../../src/hardware/silicon.ts";
import type { Breakage, Mutation } from "./mutant.ts";

const isGroup = (frame: Uint8Array): boolean => ((frame[0] ?? 0) & 1) === 1;
const isBroadcast = (frame: Uint8Array): boolean => frame.subarray(0, 6).every((byte) => byte === 0xff);
const pageNow = (card: Silicon): number => pageOf(card.readPort(0, 1));

type RegisterName = keyof typeof OFFSET;

const misread = (
  page: number,
  name: RegisterName,
  change: (value: number, card: Silicon) => number,
): Breakage => ({
  read: (go, offset, width, card) => {
    const hit = offset === OFFSET[name] && width === 1 && (name === "CR" || pageNow(card) === page);
    return hit ? change(go(), card) : go();
  },
});

const miswrite = (
  page: number,
  name: RegisterName,
  change: (value: number) => number | undefined,
): Breakage => ({
  write: (go, value, offset, width, card) => {
    const hit = offset === OFFSET[name] && width === 1 && (name === "CR" || pageNow(card) === page);
    const written = hit ? change(value) : value;
    if (written !== undefined) go(written);
  },
});

const dataRead = (change: (value: number, width: number, card: Silicon) => number): Breakage => ({
  read: (go, offset, width, card) => (offset === DATA_PORT ? change(go(), width, card) : go()),
});
const dataWrite = (change: (value: number, width: number) => number): Breakage => ({
  write: (go, value, offset, width) => go(offset === DATA_PORT ? change(value, width) : value),
});

/** Where the remote DMA stands, when page 0 is there to tell. */
const remoteAddress = (card: Silicon): number =>
  pageNow(card) === 0 ? card.readPort(OFFSET.CRDA0, 1) | (card.readPort(OFFSET.CRDA1, 1) << 8) : 0xffff;

const REGISTER_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "command read-back",
    broken: "STA does not read back",
    make: () => misread(0, "CR", (value) => value & ~CR.STA),
  },
  {
    behaviour: "register pages",
    broken: "page 3 is page 1",
    make: () => miswrite(0, "CR", (value) => (pageOf(value) === 3 ? value ^ 0x80 : value)),
  },
  {
    behaviour: "page 2",
    broken: "PSTART reads back as PSTOP",
    make: () => ({
      read: (go, offset, width, card) =>
        offset === 1 && width === 1 && pageNow(card) === 2 ? card.readPort(2, 1) : go(),
    }),
  },
  {
    behaviour: "write one to clear",
    broken: "any write to ISR clears all of it",
    make: () => miswrite(0, "ISR", () => 0xff),
  },
  {
    behaviour: "reset state",
    broken: "ISR.RST stays when the card is started",
    make: () => misread(0, "ISR", (value) => value | ISR.RST),
  },
  {
    behaviour: "identification",
    broken: "8029ID1 reads 0",
    make: () => misread(0, "8029ID1", () => 0),
  },
  {
    behaviour: "station address",
    broken: "PAR0 has no lowest bit",
    make: () => miswrite(1, "PAR0", (value) => value & 0xf7),
  },
  {
    behaviour: "multicast registers",
    broken: "MAR7 cannot be written",
    make: () => miswrite(1, "MAR7", () => undefined),
  },
  {
    behaviour: "boundary",
    broken: "BNRY reads back one less",
    make: () => misread(0, "BNRY", (value) => (value - 1) & 0xff),
  },
  {
    behaviour: "current page",
    broken: "CURR has seven bits, and a page of RAM is lost",
    make: () => misread(1, "CURR", (value) => value & 0x7e),
  },
  {
    behaviour: "tally counters",
    broken: "CNTR0 begins with 1",
    make: () => misread(0, "CNTR0", () => 1),
  },
  {
    behaviour: "interrupt mask",
    broken: "IMR has no bit for PRX",
    make: () => miswrite(0, "IMR", (value) => value & ~ISR.PRX),
  },
  {
    behaviour: "interrupt level",
    broken: "INTA stays until IMR or ISR is all clear",
    make: () => {
      let level = false;
      return {
        interrupt: (now, card) => {
          level = now || (level && pageNow(card) === 0 && (card.readPort(OFFSET.ISR, 1) & 0x7f) !== 0);
          return level;
        },
      };
    },
  },
];

const REMOTE_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "remote DMA completion",
    broken: "RDC is not set",
    make: () => misread(0, "ISR", (value) => value & ~ISR.RDC),
  },
  {
    behaviour: "remote byte count",
    broken: "RBCR counts one byte too many",
    make: () => miswrite(0, "RBCR0", (value) => value + 1),
  },
  {
    behaviour: "remote address",
    broken: "RSAR1 is not written",
    make: () => miswrite(0, "RSAR1", () => undefined),
  },
  {
    behaviour: "current remote address",
    broken: "CRDA1 reads 0",
    make: () => misread(0, "CRDA1", () => 0),
  },
  {
    behaviour: "transfer unit",
    broken: "WTS clear moves words",
    make: () => miswrite(0, "DCR", (value) => value | DCR.WTS),
  },
  {
    behaviour: "byte order of words",
    broken: "the bytes of a word are exchanged",
    make: () => dataRead((value, width) => (width === 2 ? ((value & 0xff) << 8) | (value >>> 8) : value)),
  },
  {
    behaviour: "double words",
    broken: "the upper half of a double word is lost",
    make: () => dataWrite((value, width) => (width === 4 ? value & 0xffff : value)),
  },
  {
    behaviour: "remote write",
    broken: "the high byte of a word is lost",
    make: () => dataWrite((value, width) => (width === 2 ? value & 0xff : value)),
  },
  {
    behaviour: "remote DMA in the ring",
    broken: "the address does not go from PSTOP to PSTART",
    make: () => {
      let stop = 0;
      return {
        write: (go, value, offset, width, card) => {
          if (offset === OFFSET.PSTOP && width === 1 && pageNow(card) === 0) stop = value;
          go(value);
        },
        read: (go, offset, _width, card) => {
          if (offset !== DATA_PORT || pageNow(card) !== 0) return go();
          card.writePort(OFFSET.PSTOP, 1, 0xff);
          const value = go();
          card.writePort(OFFSET.PSTOP, 1, stop);
          return value;
        },
      };
    },
  },
  {
    behaviour: "PROM",
    broken: "the bytes of the PROM are not doubled",
    make: () => {
      let inProm = false;
      return {
        read: (go, offset, width, card) => {
          inProm = offset === DATA_PORT && remoteAddress(card) < 0x20;
          const value = go();
          return inProm && width >= 2 ? value & ~0xff00 : value;
        },
      };
    },
  },
];

const FRAME_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "transmit command",
    broken: "TXP stays set when the frame has left",
    make: () => {
      let sent = false;
      return {
        transmit: (go, frame) => {
          sent = true;
          go(frame);
        },
        read: (go, offset) => (offset === 0 && sent ? go() | CR.TXP : go()),
        write: (go, value, offset) => {
          if (offset === 0) sent = false;
          go(value);
        },
      };
    },
  },
  {
    behaviour: "transmit status",
    broken: "TSR.PTX is not set",
    make: () => misread(0, "TSR", (value) => value & ~TSR.PTX),
  },
  {
    behaviour: "transmit interrupt",
    broken: "ISR.PTX is not set",
    make: () => misread(0, "ISR", (value) => value & ~ISR.PTX),
  },
  {
    behaviour: "transmit page",
    broken: "TPSR has no lowest bit",
    make: () => miswrite(0, "TPSR", (value) => value & 0xfe),
  },
  {
    behaviour: "transmit byte count",
    broken: "TBCR1 is not looked at",
    make: () => miswrite(0, "TBCR1", () => 0),
  },
  {
    behaviour: "transmit data",
    broken: "the last byte of a frame of odd length is lost",
    make: () => ({ transmit: (go, frame) => go(frame.subarray(0, frame.length & ~1)) }),
  },
  {
    behaviour: "broadcast filter",
    broken: "broadcasts are never received",
    make: () => ({ receive: (go, frame) => (isBroadcast(frame) ? "filtered" : go(frame)) }),
  },
  {
    behaviour: "multicast filter",
    broken: "multicasts are never received",
    make: () => ({
      receive: (go, frame) => (isGroup(frame) && !isBroadcast(frame) ? "filtered" : go(frame)),
    }),
  },
  {
    behaviour: "own address filter",
    broken: "the last byte of PAR is not compared",
    make: () => ({
      receive: (go, frame) => go(isGroup(frame) ? frame : frame.with(5, 0x56)),
    }),
  },
  {
    behaviour: "reset state and receiver",
    broken: "a stopped card receives",
    make: () => ({
      receive: (go, frame, card) => {
        const command = card.readPort(0, 1);
        if ((command & CR.STP) === 0) return go(frame);
        card.writePort(0, 1, CR.STA | CR.ABORT);
        const outcome = go(frame);
        card.writePort(0, 1, command & ~CR.TXP);
        return outcome;
      },
    }),
  },
  {
    behaviour: "received length",
    broken: "the count in the ring is one too small",
    make: () => ({ receive: (go, frame) => go(frame.length > 60 ? frame.subarray(0, -1) : frame) }),
  },
  {
    behaviour: "received data",
    broken: "the byte behind the first page is lost",
    make: () => ({ receive: (go, frame) => go(frame.length > 252 ? frame.with(252, 0) : frame) }),
  },
  {
    behaviour: "receive status",
    broken: "RSR.PHY is not set for groups",
    make: () => misread(0, "RSR", (value) => value & ~RSR.PHY),
  },
  {
    behaviour: "receive interrupt",
    broken: "PRX is not set",
    make: () => misread(0, "ISR", (value) => value & ~ISR.PRX),
  },
];

export const NE2000_MUTANTS: readonly Mutation[] = [...REGISTER_MUTANTS, ...REMOTE_MUTANTS, ...FRAME_MUTANTS];
