/** RTL8139s with one thing broken, one for each class of behaviour. */
import {
  CR,
  CR9346,
  ISR,
  RCR,
  REGISTERS,
  ringBytes,
  TCR,
  TSD,
} from "../../../src/devices/rtl8139/registers.ts";
import type { Silicon } from "../../../src/hardware/silicon.ts";
import { type Breakage, type Mutation, misread, miswrite, secretly } from "./mutant.ts";

const at = (name: keyof typeof REGISTERS): number => REGISTERS[name].offset;
const get = (card: Silicon, name: keyof typeof REGISTERS): number =>
  card.readPort(at(name), REGISTERS[name].bytes);
const set = (card: Silicon, name: keyof typeof REGISTERS, value: number): void =>
  card.writePort(at(name), REGISTERS[name].bytes, value);

/** A register has another value while a frame arrives. */
const duringReceive = (
  name: keyof typeof REGISTERS,
  value: (frame: Uint8Array, before: number, card: Silicon) => number,
): Breakage => ({
  receive: (go, frame, card) => {
    const before = get(card, name);
    set(card, name, value(frame, before, card));
    const outcome = go(frame);
    set(card, name, before);
    return outcome;
  },
});

/** The first write of each frame to memory, which begins with its header. */
function headerBroken(change: (entry: Uint8Array) => void): Breakage {
  let first = false;
  return {
    receive: (go, frame) => {
      first = true;
      return go(frame);
    },
    dmaWrite: (go, address, bytes) => {
      const entry = bytes.slice();
      if (first && entry.length >= 4) change(entry);
      first = false;
      go(address, entry);
    },
  };
}

/** Something else is done instead of a soft reset. */
const brokenReset = (reset: (card: Silicon, go: () => void) => void): Breakage => ({
  write: (go, value, offset, _width, card) => {
    if (offset === at("CR") && value & CR.RST) reset(card, () => go(value));
    else go(value);
  },
});

const REGISTER_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "reset value",
    broken: "TSDn begins with OWN clear",
    make: () => ({ read: (go, offset) => (offset >= 0x10 && offset < 0x20 && go() === TSD.OWN ? 0 : go()) }),
  },
  {
    behaviour: "reset clears",
    broken: "a soft reset leaves IMR",
    make: () =>
      brokenReset((card, go) => {
        const imr = get(card, "IMR");
        go();
        set(card, "IMR", imr);
      }),
  },
  {
    behaviour: "reset keeps",
    broken: "a soft reset clears MAR",
    make: () =>
      brokenReset((card, go) => {
        go();
        set(card, "MAR4", 0);
      }),
  },
  {
    behaviour: "write one to clear",
    broken: "any write to ISR clears all of it",
    make: () => miswrite(at("ISR"), () => 0xffff),
  },
  {
    behaviour: "write clears",
    broken: "a write to MPC changes nothing",
    make: () => miswrite(at("MPC"), () => undefined),
  },
  {
    behaviour: "read-only register",
    broken: "BMSR says that the link is down",
    make: () => misread(at("BMSR"), (value) => value & ~0x0004),
  },
  {
    behaviour: "reserved bits",
    broken: "RCR bit 6 reads back as written",
    make: () => secretly(at("RCR"), (value) => value, 0x40),
  },
  {
    behaviour: "byte lanes",
    broken: "a byte written to MAR3 reaches MAR4 as well",
    make: () => ({
      write: (go, value, offset, width, card) => {
        go(value);
        if (offset === at("MAR0") + 3 && width === 1) card.writePort(offset + 1, 1, value);
      },
    }),
  },
  {
    behaviour: "lock",
    broken: "CONFIG1 is writable whatever 9346CR says",
    make: () => ({
      write: (go, value, offset, _width, card) => {
        const mode = get(card, "CR9346");
        if (offset === at("CONFIG1")) set(card, "CR9346", CR9346.EEM_CONFIG);
        go(value);
        if (offset === at("CONFIG1")) set(card, "CR9346", mode & CR9346.EEM);
      },
    }),
  },
  {
    behaviour: "condition of a write",
    broken: "TCR is writable with the transmitter off",
    make: () => ({
      write: (go, value, offset, _width, card) => {
        const command = get(card, "CR");
        if (offset === at("TCR")) set(card, "CR", command | CR.TE);
        go(value);
        if (offset === at("TCR")) set(card, "CR", command);
      },
    }),
  },
  {
    behaviour: "autoload",
    broken: "9346CR mode 01 does nothing",
    make: () => miswrite(at("CR9346"), (value) => (value >>> 6 === 1 ? 0 : value)),
  },
  {
    behaviour: "EEPROM data",
    broken: "EEDO is stuck at 0",
    make: () => misread(at("CR9346"), (value) => value & ~CR9346.EEDO),
  },
];

const TRANSMIT_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "descriptor status",
    broken: "OWN stays clear when a frame has left",
    make: () => ({
      read: (go, offset) => {
        const value = go();
        return offset >= 0x10 && offset < 0x20 && value & TSD.TOK ? value & ~TSD.OWN : value;
      },
    }),
  },
  {
    behaviour: "status of all descriptors",
    broken: "TSAD has TOK of descriptors 0 and 1 swapped",
    make: () =>
      misread(at("TSAD"), (value) => (value & ~0x3000) | ((value & 0x1000) << 1) | ((value & 0x2000) >> 1)),
  },
  {
    behaviour: "transmit interrupt",
    broken: "TOK is not set in ISR",
    make: () => misread(at("ISR"), (value) => value & ~ISR.TOK),
  },
  {
    behaviour: "transmit address",
    broken: "the low bits of TSAD are not looked at",
    make: () => ({ dmaRead: (go, address) => go((address & ~3) >>> 0) }),
  },
  {
    behaviour: "transmit length",
    broken: "frames leave with an even number of bytes",
    make: () => ({
      transmit: (go, frame) =>
        go(Uint8Array.from({ length: frame.length + (frame.length & 1) }, (_, i) => frame[i] ?? 0)),
    }),
  },
  {
    behaviour: "transmit padding",
    broken: "short frames are padded to 60 bytes",
    make: () => ({
      transmit: (go, frame) =>
        go(Uint8Array.from({ length: Math.max(60, frame.length) }, (_, i) => frame[i] ?? 0)),
    }),
  },
  {
    behaviour: "descriptor order",
    broken: "descriptors 2 and 3 are exchanged",
    make: () => ({
      write: (go, value, offset, width, card) => {
        const isTsd = offset >= 0x10 && offset < 0x20 && (offset & 8) !== 0;
        if (isTsd) card.writePort(offset ^ 4, width, value);
        else go(value);
      },
    }),
  },
  {
    behaviour: "loopback condition",
    broken: "one bit of LBK is enough",
    make: () => secretly(at("TCR"), (value) => (value & TCR.LBK ? value | TCR.LBK : value), 0),
  },
  {
    behaviour: "loopback data",
    broken: "frames in loopback do not reach the ring",
    make: () => ({
      dmaWrite: (go, address, bytes, card) => {
        if ((get(card, "TCR") & TCR.LBK) !== TCR.LBK) go(address, bytes);
      },
    }),
  },
];

const RECEIVE_MUTANTS: readonly Mutation[] = [
  {
    behaviour: "broadcast filter",
    broken: "broadcasts are admitted without AB",
    make: () => duringReceive("RCR", (frame, rcr) => (frame[0] === 0xff ? rcr | RCR.AB : rcr)),
  },
  {
    behaviour: "multicast filter",
    broken: "the highest bit of the hash is not looked at",
    make: () => duringReceive("MAR4", (_frame, _mar, card) => get(card, "MAR0")),
  },
  {
    behaviour: "own address filter",
    broken: "the last byte of IDR is not compared",
    make: () => duringReceive("IDR4", (frame, idr) => (idr & 0x00ff) | ((frame[5] ?? 0) << 8)),
  },
  {
    behaviour: "promiscuous filter",
    broken: "AAP does nothing",
    make: () => duringReceive("RCR", (_frame, rcr) => rcr & ~RCR.AAP),
  },
  {
    behaviour: "receiver enable",
    broken: "frames are received with RE off",
    make: () => duringReceive("CR", (_frame, command) => command | CR.RE),
  },
  {
    behaviour: "header status",
    broken: "MAR is not set for multicasts",
    make: () =>
      headerBroken((entry) => {
        entry[1] = (entry[1] as number) & 0x7f;
      }),
  },
  {
    behaviour: "header length",
    broken: "the length leaves the FCS out",
    make: () =>
      headerBroken((entry) => {
        entry[2] = (entry[2] as number) - 4;
      }),
  },
  {
    behaviour: "FCS",
    broken: "the FCS has its bytes in the other order",
    make: () => headerBroken((entry) => void entry.subarray(-4).reverse()),
  },
  {
    behaviour: "ring address",
    broken: "entries begin on multiples of eight",
    make: () => ({ dmaWrite: (go, address, bytes) => go(address & ~7, bytes) }),
  },
  {
    behaviour: "ring end with WRAP",
    broken: "WRAP is ignored: frames are split",
    make: () => ({
      dmaWrite: (go, address, bytes, card) => {
        const base = get(card, "RBSTART");
        const room = base + ringBytes(get(card, "RCR")) - address;
        go(address, bytes.subarray(0, room));
        if (room < bytes.length) go(base, bytes.subarray(Math.max(0, room)));
      },
    }),
  },
  {
    behaviour: "ring size",
    broken: "a ring of 16 KiB has 8",
    make: () =>
      secretly(
        at("RCR"),
        (value) => ((value & RCR.RBLEN) === 0x0800 ? value & ~RCR.RBLEN : value),
        RCR.RBLEN,
      ),
  },
  {
    behaviour: "buffer empty",
    broken: "BUFE is never set",
    make: () => misread(at("CR"), (value) => value & ~CR.BUFE),
  },
  {
    behaviour: "read pointer",
    broken: "CAPR is taken without the 16 that it lags behind",
    make: () => ({
      write: (go, value, offset) => go(offset === at("CAPR") ? value - 16 : value),
      read: (go, offset) => (offset === at("CAPR") ? (go() + 16) & 0xffff : go()),
    }),
  },
  {
    behaviour: "overflow",
    broken: "RXOVW is not set",
    make: () => misread(at("ISR"), (value) => value & ~ISR.RXOVW),
  },
  {
    behaviour: "missed frames",
    broken: "MPC does not count",
    make: () => misread(at("MPC"), () => 0),
  },
  {
    behaviour: "receive interrupt",
    broken: "ROK is set by the second frame only",
    make: () => {
      let frames = 0;
      return {
        receive: (go, frame, card) => {
          const before = get(card, "ISR");
          const outcome = go(frame);
          if (outcome === "stored" && frames++ % 2 === 0 && (before & ISR.ROK) === 0)
            set(card, "ISR", ISR.ROK);
          return outcome;
        },
      };
    },
  },
  {
    behaviour: "interrupt mask",
    broken: "INTA rises whatever IMR says",
    make: () => ({ interrupt: (_level, card) => get(card, "ISR") !== 0 }),
  },
  {
    behaviour: "interrupt level",
    broken: "INTA stays when ISR is cleared, until IMR is",
    make: () => {
      let level = false;
      return {
        interrupt: (now, card) => {
          level = now || (level && get(card, "IMR") !== 0);
          return level;
        },
      };
    },
  },
];

export const RTL8139_MUTANTS: readonly Mutation[] = [
  ...REGISTER_MUTANTS,
  ...TRANSMIT_MUTANTS,
  ...RECEIVE_MUTANTS,
];
