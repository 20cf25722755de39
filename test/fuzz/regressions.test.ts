/**
 * Programs that broke emulated cards over the years, and what the fuzzer has found in ours. Each is tried on a bare card
 * and by a guest that shares one; `npm run fuzz` prints what it finds in this form.
 */
import { describe, expect, it } from "vitest";
import {
  CR as NE_CR,
  RCR as NE_RCR,
  type RegisterName as NeRegister,
  OFFSET,
} from "../../src/devices/ne2000/registers.ts";
import { CR, RCR, REGISTERS, type RegisterName, TCR } from "../../src/devices/rtl8139/registers.ts";
import { PROFILES, replay } from "../../src/fuzz/campaign.ts";
import type { FuzzOp } from "../../src/fuzz/operation.ts";

const LEVELS = ["silicon", "dmm"] as const;
/** Where no memory is, and where a card's own window could be. */
const WINDOW = 0xfeb0_0000;

const set = (name: RegisterName, value: number, n = 0): FuzzOp => {
  const { offset, bytes } = REGISTERS[name];
  return { kind: "out", offset: offset + 4 * n, width: bytes, value };
};
const neSet = (name: NeRegister, value: number): FuzzOp => ({
  kind: "out",
  offset: OFFSET[name],
  width: 1,
  value,
});
const frames = (...sizes: readonly number[]): readonly FuzzOp[] =>
  sizes.map((bytes) => ({ kind: "frame", bytes, to: "broadcast", seed: bytes }));
const LENGTHS = [0, 1, 14, 60, 64, 256, 1514, 4092, 4096, 16_384, 65_535, 65_536] as const;

const armed = (ring: number, rcr: number): readonly FuzzOp[] => [
  set("RBSTART", ring),
  set("RCR", rcr | RCR.AAP | RCR.APM | RCR.AM | RCR.AB),
  set("CR", CR.TE | CR.RE),
];
const sendFrom = (address: number, bytes: number): readonly FuzzOp[] =>
  [0, 1, 2, 3, 0, 1, 2, 3].flatMap((n) => [set("TSAD0", address, n), set("TSD0", bytes, n)]);

const RTL8139: Readonly<Record<string, readonly FuzzOp[]>> = {
  "loopback into the card's own window, eight times (CVE-2021-3416)": [
    ...armed(WINDOW, 0),
    set("TCR", TCR.LBK),
    ...sendFrom(0, 60),
  ],
  "transmit from the card's own window": [set("CR", CR.TE), ...sendFrom(WINDOW, 1514)],
  "TSD of 8,191 bytes": [set("CR", CR.TE), ...sendFrom(0, 8191)],
  "a buffer that ends behind the memory": [
    set("CR", CR.TE),
    ...sendFrom(0x1_4ff0, 1792),
    ...sendFrom(0x1_fff0, 1792),
  ],
  "a buffer that wraps 2^32": [set("CR", CR.TE), ...sendFrom(0xffff_fff0, 60)],
  "a ring outside the memory": [...armed(0xffff_f000, RCR.WRAP), ...frames(...LENGTHS)],
  "a ring whose slack ends behind the memory": [
    ...armed(0x1_5000 - 8192, RCR.WRAP),
    ...frames(4000, 4000),
    set("CAPR", 0x1f00),
    ...frames(4000, 4000),
  ],
  "CAPR that is not aligned": [
    ...armed(0, 0),
    ...[1, 2, 3, 0xffff].flatMap((capr) => [set("CAPR", capr), ...frames(...LENGTHS)]),
  ],
  "RBSTART moved under the receiver": [
    ...armed(0, 0),
    ...frames(60),
    set("RBSTART", WINDOW),
    ...frames(60),
    set("RBSTART", 3),
    ...frames(1514),
  ],
  "every ring size under the receiver": [0, 1, 2, 3].flatMap((n) => [
    ...armed(0, n << 11),
    ...frames(...LENGTHS),
  ]),
};

const ring = (start: number, stop: number, boundary: number, current: number): readonly FuzzOp[] => [
  neSet("CR", NE_CR.STP | NE_CR.ABORT),
  neSet("PSTART", start),
  neSet("PSTOP", stop),
  neSet("BNRY", boundary),
  neSet("RCR", NE_RCR.AB | NE_RCR.PRO | NE_RCR.AR),
  neSet("TCR", 0),
  neSet("CR", NE_CR.STP | NE_CR.ABORT | NE_CR.PAGE_1),
  neSet("CURR", current),
  neSet("CR", NE_CR.STA | NE_CR.ABORT),
  ...frames(...LENGTHS),
];
const remote = (address: number, command: number): readonly FuzzOp[] => [
  neSet("CR", NE_CR.STA | NE_CR.ABORT),
  neSet("RSAR0", address & 0xff),
  neSet("RSAR1", address >>> 8),
  neSet("RBCR0", 0xff),
  neSet("RBCR1", 0xff),
  neSet("CR", NE_CR.STA | command),
  { kind: command === NE_CR.READ ? "ins" : "outs", offset: 0x10, width: 4, count: 64, address: 0 },
];

const NE2000: Readonly<Record<string, readonly FuzzOp[]>> = {
  "PSTART = PSTOP": ring(0x50, 0x50, 0x50, 0x50),
  "PSTOP below PSTART": ring(0x60, 0x50, 0x60, 0x61),
  "a ring from page 0 to the packet RAM (CVE-2016-2841)": ring(0x00, 0x40, 0x00, 0x01),
  "CURR outside the ring (CVE-2015-5278)": ring(0x46, 0x60, 0x46, 0xf0),
  "PSTOP 0xff, CURR 0xbf (CVE-2015-5279)": ring(0x46, 0xff, 0x46, 0xbf),
  "double words at the ends of the RAM (CVE-2015-8743)": [0x7ffe, 0x7fff, 0xbffe, 0xffff].flatMap(
    (address) => [...remote(address, NE_CR.WRITE), ...remote(address, NE_CR.READ)],
  ),
  "TBCR 0xffff from the end of the RAM (CVE-2007-5729)": [0x7f, 0x80, 0xbf, 0xff].flatMap(
    (page): FuzzOp[] => [
      neSet("CR", NE_CR.STA | NE_CR.ABORT),
      neSet("TPSR", page),
      neSet("TBCR0", 0xff),
      neSet("TBCR1", 0xff),
      neSet("CR", NE_CR.STA | NE_CR.ABORT | NE_CR.TXP),
      { kind: "transmitted" },
    ],
  ),
};

describe.each(LEVELS)("%s", (level) => {
  it.each(Object.entries(RTL8139))("an RTL8139 survives %s", (_, sequence) => {
    expect(replay({ profile: PROFILES.rtl8139, level }, sequence)).toBeUndefined();
  });

  it.each(Object.entries(NE2000))("an NE2000 survives %s", (_, sequence) => {
    expect(replay({ profile: PROFILES.ne2000, level }, sequence)).toBeUndefined();
  });
});
