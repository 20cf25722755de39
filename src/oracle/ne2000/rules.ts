/**
 * Where QEMU 7.2's ne2k_pci and ne2k_isa depart from the DP8390D and the RTL8029AS. Sections are the DP8390D's unless
 * they are called otherwise.
 */
import type { Fence, Mask } from "../rules.ts";

export const MASKS = {
  crReset: {
    register: "CR",
    bits: 0xff,
    when: "from power-on or a read of the reset port to the next write to CR",
    reason: "the reset state is 0x21; QEMU starts with 0x00, and its reset port leaves CR alone",
    section: "11.0",
  },
  isrReset: {
    register: "ISR.RST",
    bits: 0x80,
    when: "while CR.STP is set",
    reason: "STP enters the reset state, which RST tells; in QEMU only the reset port sets it",
    section: "10.3 CR, ISR",
  },
  tsrOne: {
    register: "TSR",
    bits: 0x02,
    when: "always",
    reason: "bit 1 is always 1; QEMU shows the bits of its own states only",
    section: "10.3 TSR",
  },
  rsrMonitor: {
    register: "RSR.DIS",
    bits: 0x40,
    when: "RCR.MON is set",
    reason: "DIS follows monitor mode; QEMU does not have the bit",
    section: "10.3 RSR",
  },
  clda: {
    register: "CLDA0, CLDA1",
    bits: 0xff,
    when: "a frame has been received or sent",
    reason: "the local DMA's address; QEMU reads 0",
    section: "10.3",
  },
  page2: {
    register: "TPSR, RCR, TCR, DCR, IMR on page 2",
    bits: 0xff,
    when: "always",
    reason: "QEMU gives back PSTART and PSTOP only",
    section: "10.1",
  },
  page3: {
    register: "9346CR, CONFIG0, CONFIG2, CONFIG3, 8029ASID0, 8029ASID1",
    bits: 0xff,
    when: "always",
    reason: "not in QEMU, whose page 3 reads 0",
    section: "RTL8029AS, register table",
  },
  promResidue: {
    register: "data port, from PROM bytes 12 to 27",
    bits: 0xffff_ffff,
    when: "always (only the first program is sure that the reset port has not been read)",
    reason:
      "the PROM does not change by a reset; QEMU doubles its bytes again, with what the last time has left",
    section: "RTL8029AS",
  },
  ramUnknown: {
    register: "data port, from packet RAM",
    bits: 0xffff_ffff,
    when: "bytes not written since the program began",
    reason: "the RAM starts with anything",
    section: "11.0",
  },
  crcBytes: {
    register: "data port, from the ring",
    bits: 0xffff_ffff,
    when: "the four bytes behind a received frame",
    reason: "the CRC is stored there; QEMU stores nothing",
    section: "7.0",
  },
} as const satisfies Readonly<Record<string, Mask>>;

export const FENCES = {
  width: {
    step: "access of a register in words, to 0x11-0x17, or to 0x18-0x1e",
    reason: "QEMU decodes the data port at 0x10 and the reset port at 0x1f only",
    section: "RTL8029AS, register table",
  },
  resetWithInterrupts: {
    step: "the reset port read with bits in IMR",
    reason: "a reset clears IMR and with it the interrupt; QEMU's sets ISR.RST and no more",
    section: "11.0",
  },
  frameAfterReset: {
    step: "a frame between a read of the reset port, or power-on, and the next write to CR",
    reason: "the card is stopped then; in QEMU it goes on",
    section: "11.0",
  },
  command: {
    step: "CR written with a remote command other than read, write and abort, or with TXP and STP together",
    reason:
      "QEMU does not know send packet, takes 1xx for what its low bits say, and keeps TXP while stopped",
    section: "10.3 CR",
  },
  emptyTransfer: {
    step: "remote read or write begun with RBCR 0 on a stopped card",
    reason: "it is over at once and sets RDC; in QEMU only when the card runs",
    section: "9.0",
  },
  dataPort: {
    step: "the data port read without remote read, written without remote write, or with nothing left to move",
    reason: "QEMU looks at neither the command nor, when reading, the count",
    section: "9.0",
  },
  dataWidth: {
    step: "an access of the data port in another width than DCR.WTS says; a double word that is not two whole words of one memory",
    reason: "QEMU moves one unit, or four bytes at once",
    section: "9.0",
  },
  wordAcrossRing: {
    step: "a word at an odd address before PSTOP",
    reason: "QEMU compares the odd address with PSTOP",
    section: "9.0",
  },
  addressWrap: {
    step: "a remote transfer beyond 0xffff",
    reason: "QEMU's address counter has more than 16 bits",
    section: "9.0",
  },
  otherMemory: {
    step: "a remote transfer at 0x8000-0xbfff, or a remote write to the PROM",
    reason: "QEMU has 32 KiB of RAM, and its PROM can be written",
    section: "RTL8029AS",
  },
  pageBeyond: {
    step: "PSTART, PSTOP, BNRY or CURR written with more than 0x80",
    reason: "QEMU's registers refuse pages behind its RAM",
    section: "10.3",
  },
  transmit: {
    step: "TXP with a frame of no bytes, or one that is not within 0x4000-0x7fff",
    reason: "no bytes are an abort, and addresses wrap in the RAM; QEMU sends what it finds, or nothing",
    section: "8.0",
  },
  transmitMode: {
    step: "TXP in loopback or with TCR.CRC",
    reason: "QEMU does not look at TCR",
    section: "10.3 TCR, 12.0",
  },
  maskedBytes: {
    step: "a transmission of bytes that are masked in the RAM",
    reason: "what differs in the RAM would differ on the wire",
    section: "8.0",
  },
  receiveMode: {
    step: "a frame for a running card in loopback or monitor mode",
    reason: "QEMU looks at neither",
    section: "10.3 RCR, TCR",
  },
  frameLength: {
    step: "a frame of less than 60 or more than 1,514 bytes for a running card",
    reason: "QEMU pads the short ones, and stores the long ones over what the ring still holds",
    section: "7.0, 10.3 RCR.AR",
  },
  station: {
    step: "a frame to a physical address for a running card whose PAR is not what the PROM says, without PRO",
    reason: "QEMU compares with the PROM",
    section: "10.3 PAR",
  },
  groupWithPro: {
    step: "a broadcast or multicast with RCR.PRO set that AB or AM and MAR do not admit",
    reason: "PRO opens physical addresses; in QEMU everything",
    section: "10.3 RCR.PRO",
  },
  ringShape: {
    step: "a frame for a running card with PSTART, PSTOP, BNRY and CURR that are no ring in the RAM",
    reason: "nothing is defined then, and the cards do different things",
    section: "7.0",
  },
  ringFull: {
    step: "a frame for a running card with less than 1,518 bytes or than the frame needs free",
    reason: "QEMU drops any frame then and knows no overflow",
    section: "7.0",
  },
} as const satisfies Readonly<Record<string, Fence>>;

export type MaskName = keyof typeof MASKS;
export type FenceName = keyof typeof FENCES;
