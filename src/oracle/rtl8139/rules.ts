/** Where QEMU 7.2's rtl8139 departs from the data sheet "RTL8139C(L)", revision 1.4. */
import type { Fence, Mask } from "../rules.ts";

const ALL = 0xffff_ffff;

export const MASKS = {
  crPowerOn: {
    register: "CR",
    bits: 0x10,
    when: "from power-on or autoload to the first write to CR",
    reason: "QEMU shows RST until then; a reset is over in 10 ms at most",
    section: "6.4",
  },
  keptBySoftReset: {
    register: "RCR, TSAD0-3, CONFIG4, MULINT, MPC, 9346CR",
    bits: ALL,
    when: "from a reset (CR.RST, autoload) until written",
    reason: "QEMU keeps them; a reset sets all registers but IDR and MAR to their defaults",
    section: "6.4",
  },
  idrReloaded: {
    register: "IDR0-5",
    bits: 0xff,
    when: "from a soft reset until written",
    reason: "QEMU loads them from the EEPROM again; only autoload does that",
    section: "6.4, 6.9",
  },
  marKeptByAutoload: {
    register: "MAR0-7",
    bits: 0xff,
    when: "from autoload (9346CR mode 01) until written",
    reason: "QEMU keeps them over every reset",
    section: "6.9",
  },
  ringStart: {
    register: "CBR, CAPR, CR.BUFE",
    bits: ALL,
    when: "the receiver was enabled or RCR written, and not yet the other of the two",
    reason: "the ring starts again when RE is set; in QEMU when RCR is written",
    section: "6.4, 6.8",
  },
  caprModulo: {
    register: "CAPR",
    bits: 0xe000,
    when: "bits above the ring's size, when what was written lies beyond the ring",
    reason: "QEMU reads back the offset modulo the ring; the register has 16 bits",
    section: "6",
  },
  pun: {
    register: "ISR.PUN",
    bits: 0x0020,
    when: "CAPR was written while the ring was empty",
    reason: "QEMU never reports the underrun",
    section: "6.6",
  },
  aapStatus: {
    register: "status of a received frame: PAM, BAR, MAR",
    bits: 0xe0,
    when: "the frame came in with RCR.AAP set",
    reason: "QEMU leaves the kind of address out when AAP admits everything",
    section: "6.1",
  },
  imrReserved: {
    register: "IMR",
    bits: 0x0180,
    when: "always",
    reason: "reserved bits are writable in QEMU; no interrupt hangs on them",
    section: "6.5",
  },
  tcrVersion: {
    register: "TCR",
    bits: 0x7488_0000,
    when: "from a write with TE set to the next reset",
    reason: "HWVERID is read-only, bit 19 reserved; QEMU stores both",
    section: "6.7",
  },
  tctr: {
    register: "TCTR",
    bits: ALL,
    when: "always",
    reason: "QEMU counts the time of the machine it runs on",
    section: "6",
  },
  msrFlow: {
    register: "MSR",
    bits: 0xc0,
    when: "once written, until the next reset",
    reason: "TXFCE and RXFCE are writable; in QEMU the register is constant",
    section: "6.12",
  },
  revision: {
    register: "RERID",
    bits: 0x30,
    when: "always",
    reason: "QEMU is an 8139C+ (revision 0x20) to its driver, ours an 8139C (0x10)",
    section: "6.16",
  },
  eedo: {
    register: "9346CR.EEDO",
    bits: 0x01,
    when: "in programming mode, but for the sixteen bits of a word that is read in one go",
    reason:
      "an idle 93C46 shows that it is ready, and reads on into the next word; QEMU's keeps its last bit",
    section: "6.9, 7",
  },
  cscr: {
    register: "CSCR",
    bits: 0x83ed,
    when: "always",
    reason: "constant in QEMU, and without Con_status although BMSR says that the link is up",
    section: "6.27",
  },
  bmcr: {
    register: "BMCR",
    bits: 0x3300,
    when: "once written, until the next reset",
    reason: "QEMU stores ANE and the self-clearing Restart Auto Negotiation, and neither speed nor duplex",
    section: "6.18",
  },
  bmsr: {
    register: "BMSR",
    bits: 0x00c0,
    when: "once written, until the next reset",
    reason: "reserved bits are writable in QEMU",
    section: "6.19",
  },
  anar: {
    register: "ANAR",
    bits: 0xffff,
    when: "once written, until the next reset",
    reason: "all bits are writable in QEMU, and BMCR.Reset leaves them alone",
    section: "6.20",
  },
  aner: {
    register: "ANER",
    bits: 0xffff,
    when: "once written, until the next reset",
    reason: "writable in QEMU",
    section: "6.22",
  },
  phyParameters: {
    register: "NWAYTR, PHY1_PARM, TW_PARM, PHY2_PARM",
    bits: ALL,
    when: "once written, until the next reset",
    reason: "QEMU does not have them",
    section: "6, 6.25",
  },
} as const satisfies Readonly<Record<string, Mask>>;

export const FENCES = {
  width: {
    step: "access of another than the register's own width, or to a reserved offset",
    reason: "QEMU ignores it, or (0xe0 and up) becomes an 8139C+; data sheet: byte lanes",
    section: "6",
  },
  resetWithOthers: {
    step: "CR written with RST and RE or TE",
    reason: "RE and TE stay set in QEMU",
    section: "6.4",
  },
  transmitterOnWithQueue: {
    step: "TE set, or transmitting allowed again, while the descriptor whose turn it is waits",
    reason: "QEMU sends it at the next write to a TSD, the card at once",
    section: "6.2",
  },
  outOfTurn: {
    step: "TSD of the descriptor whose turn it is, while the next one has been queued already",
    reason:
      "QEMU sends one descriptor for each write to a TSD and falls behind; the card sends all in their turn",
    section: "6.2",
  },
  longTransmit: {
    step: "TSD with a size over 1,792 bytes",
    reason: "QEMU sends up to 8,191; the data sheet's limit is 1,792",
    section: "6.2",
  },
  standsStill: {
    step: "TSD written, or a frame for an enabled receiver, while 9346CR is in programming mode",
    reason: "both sides of the card stand still then; in QEMU they go on",
    section: "6.9",
  },
  eepromWrite: {
    step: "a bit clocked into the EEPROM that would complete EWEN, or any after programming mode was left with EECS set",
    reason:
      "who changes the EEPROM changes what later programs begin with; QEMU's stays selected when the mode is left, and what it makes of further bits cannot be told",
    section: "6.9",
  },
  timer: {
    step: "TimerInt written with what could pass within a program",
    reason: "QEMU counts the time of the machine it runs on",
    section: "6",
  },
  underrunInterrupt: {
    step: "CAPR written to an empty ring with IMR.PUN set, or IMR.PUN set after that",
    reason: "QEMU never reports the underrun, so it does not interrupt",
    section: "6.6",
  },
  ringApart: {
    step: "CAPR written, or a frame for an enabled receiver, where `ringStart` or `keptBySoftReset` masks the ring",
    reason: "the cards would go on from different offsets",
    section: "6.4, 6.8",
  },
  unsettledUse: {
    step: "a transmission from a TSAD, a frame matched with an IDR, RCR or MAR, a CONFIG register guarded by a 9346CR, that a reset left different",
    reason: "see the masks for resets",
    section: "6.4",
  },
  outsideArena: {
    step: "a transmission from, or reception to, memory outside the programs' own",
    reason: "the two machines have different things there",
    section: "6",
  },
  maskedBytes: {
    step: "a transmission of bytes that are masked in memory",
    reason: "what differs in memory would differ on the wire",
    section: "6.1",
  },
  shortFrame: {
    step: "a frame of less than 60 bytes for an enabled receiver",
    reason: "QEMU pads it; the card takes it for a runt",
    section: "6.8",
  },
  longFrame: {
    step: "a frame of more than 4,092 bytes for an enabled receiver",
    reason: "QEMU takes what fits the ring",
    section: "6.8",
  },
  groupWithAap: {
    step: "a broadcast or multicast with AAP set that AB or AM and MAR do not admit",
    reason: "AAP admits physical addresses; in QEMU it admits everything",
    section: "6.8",
  },
  wireInLoopback: {
    step: "a frame from the wire for an enabled receiver in loopback",
    reason: "QEMU receives it",
    section: "6.7",
  },
  loopbackWithAap: {
    step: "a transmission in loopback with AAP set and the receiver enabled",
    reason: "as `aapStatus`, for frames of the card's own",
    section: "6.1, 6.7",
  },
  nearlyFull: {
    step: "a frame with less than 1,514 bytes free in the ring and RXOVW not enabled, or in loopback",
    reason: "QEMU then holds frames back outside the card, or loses them silently in loopback",
    section: "6.6",
  },
  heldBack: {
    step: "after an overflow: a frame, or CAPR written, before the receiver is disabled and CAPR written",
    reason: "QEMU holds the frame that did not fit and delivers it later; the card has lost it",
    section: "6.6",
  },
} as const satisfies Readonly<Record<string, Fence>>;

export type MaskName = keyof typeof MASKS;
export type FenceName = keyof typeof FENCES;
