/**
 * The RTL8139C(L) as software sees it: one table of registers and the names of their bits. Sections are those
 * of the data sheet "RTL8139C(L)", Realtek, revision 1.4 (2002/01/10).
 */

/**
 * What a write does. RO: nothing. RW: stores the writable bits. W1C: clears the writable bits written as one.
 * WCLR: any write sets the register to zero.
 */
export type Access = "RO" | "RW" | "W1C" | "WCLR";

export interface RegisterSpec {
  /** From the start of the I/O (or memory) window. */
  readonly offset: number;
  /** The natural width. Other widths act on the bytes they cover. */
  readonly bytes: 1 | 2 | 4;
  readonly access: Access;
  /**
   * The value after power-on and after soft reset; IDR and MAR keep theirs over a soft reset, IDR starts from
   * the EEPROM.
   */
  readonly reset: number;
  /** Bits that a write can change, by itself or through an effect of the write. */
  readonly writable: number;
  readonly section: string;
  /** The register ignores writes unless this holds: 9346CR.EEM is 11 (configuration), or CR.TE is set. */
  readonly needs?: "EEM=11" | "TE";
  /** The register ignores writes that do not cover it whole. */
  readonly whole?: true;
}

type Extra = Pick<RegisterSpec, "needs" | "whole">;

function row(
  offset: number,
  bytes: 1 | 2 | 4,
  access: Access,
  reset: number,
  writable: number,
  section: string,
  extra: Extra = {},
): RegisterSpec {
  return { offset, bytes, access, reset, writable, section, ...extra };
}

const CONFIG: Extra = { needs: "EEM=11" };
const WHOLE: Extra = { whole: true };
const ALL = 0xffff_ffff;

/**
 * In order of their offsets. What lies between them is reserved: reads 0, ignores writes. IDR0 stands for
 * IDR0-3, IDR4 for IDR4-5, MAR0 and MAR4 for four bytes each; CR9346 is the data sheet's 9346CR; TSAD
 * (without a number) is the status of all transmit descriptors, TSAD0-3 are their addresses.
 */
export const REGISTERS = {
  IDR0: row(0x00, 4, "RW", 0, ALL, "6"),
  IDR4: row(0x04, 2, "RW", 0, 0xffff, "6"),
  MAR0: row(0x08, 4, "RW", 0, ALL, "6"),
  MAR4: row(0x0c, 4, "RW", 0, ALL, "6"),
  TSD0: row(0x10, 4, "RW", 0x2000, 0x003f_3fff, "6.2", WHOLE),
  TSD1: row(0x14, 4, "RW", 0x2000, 0x003f_3fff, "6.2", WHOLE),
  TSD2: row(0x18, 4, "RW", 0x2000, 0x003f_3fff, "6.2", WHOLE),
  TSD3: row(0x1c, 4, "RW", 0x2000, 0x003f_3fff, "6.2", WHOLE),
  TSAD0: row(0x20, 4, "RW", 0, ALL, "6"),
  TSAD1: row(0x24, 4, "RW", 0, ALL, "6"),
  TSAD2: row(0x28, 4, "RW", 0, ALL, "6"),
  TSAD3: row(0x2c, 4, "RW", 0, ALL, "6"),
  RBSTART: row(0x30, 4, "RW", 0, ALL, "6"),
  ERBCR: row(0x34, 2, "RO", 0, 0, "6"),
  ERSR: row(0x36, 1, "RO", 0, 0, "6.3"),
  CR: row(0x37, 1, "RW", 0, 0x0c, "6.4"),
  CAPR: row(0x38, 2, "RW", 0xfff0, 0xffff, "6"),
  CBR: row(0x3a, 2, "RO", 0, 0, "6"),
  IMR: row(0x3c, 2, "RW", 0, 0xe07f, "6.5"),
  ISR: row(0x3e, 2, "W1C", 0, 0xe07f, "6.6"),
  TCR: row(0x40, 4, "RW", 0x7480_0000, 0x0307_07f0, "6.7", { needs: "TE" }),
  RCR: row(0x44, 4, "RW", 0, 0x0f03_ffbf, "6.8"),
  TCTR: row(0x48, 4, "WCLR", 0, ALL, "6"),
  MPC: row(0x4c, 4, "WCLR", 0, 0x00ff_ffff, "6"),
  CR9346: row(0x50, 1, "RW", 0, 0xce, "6.9"),
  CONFIG0: row(0x51, 1, "RW", 0, 0x07, "6.10", CONFIG),
  CONFIG1: row(0x52, 1, "RW", 0x0c, 0xf3, "6.11", CONFIG),
  TimerInt: row(0x54, 4, "RW", 0, ALL, "6"),
  MSR: row(0x58, 1, "RW", 0xd0, 0xc0, "6.12"),
  CONFIG3: row(0x59, 1, "RW", 0x01, 0x70, "6.13", CONFIG),
  CONFIG4: row(0x5a, 1, "RW", 0, 0xf5, "6.14", CONFIG),
  MULINT: row(0x5c, 2, "RW", 0, 0x0fff, "6.15"),
  RERID: row(0x5e, 1, "RO", 0x10, 0, "6.16"),
  TSAD: row(0x60, 2, "RO", 0x000f, 0, "6.17"),
  BMCR: row(0x62, 2, "RW", 0x1000, 0x3100, "6.18", CONFIG),
  BMSR: row(0x64, 2, "RO", 0x782d, 0, "6.19"),
  ANAR: row(0x66, 2, "RW", 0x05e1, 0x25e0, "6.20"),
  ANLPAR: row(0x68, 2, "RO", 0x05e1, 0, "6.21"),
  ANER: row(0x6a, 2, "RO", 0x0001, 0, "6.22"),
  DIS: row(0x6c, 2, "RO", 0, 0, "6.23"),
  FCSC: row(0x6e, 2, "RO", 0, 0, "6.24"),
  NWAYTR: row(0x70, 2, "RW", 0, 0x0088, "6.25"),
  REC: row(0x72, 2, "RO", 0, 0, "6.26"),
  CSCR: row(0x74, 2, "RW", 0x0348, 0x83e5, "6.27"),
  PHY1_PARM: row(0x78, 4, "RW", 0, ALL, "6"),
  TW_PARM: row(0x7c, 4, "RW", 0, ALL, "6"),
  PHY2_PARM: row(0x80, 1, "RW", 0, 0xff, "6"),
  CONFIG5: row(0xd8, 1, "RW", 0, 0x7f, "6"),
} as const satisfies Readonly<Record<string, RegisterSpec>>;

export type RegisterName = keyof typeof REGISTERS;

/** Registers that a soft reset leaves alone (section 6.4). */
export const KEPT_BY_SOFT_RESET: readonly RegisterName[] = ["IDR0", "IDR4", "MAR0", "MAR4"];

/** Bytes of the I/O window. */
export const PORT_BYTES = 256;
/** Transmit descriptors; they are used round-robin from 0 after a reset. */
export const TX_DESCRIPTORS = 4;
/** The largest frame a transmit descriptor may ask for (section 6.2). TSD can express up to 8,191. */
export const TX_MAX_BYTES = 1792;
/**
 * Bytes of the header before each frame in the receive ring: status and length, 16 bits each, little-endian.
 */
export const RX_HEADER_BYTES = 4;
/** Bytes of the frame check sequence, counted in the length of a received frame. */
export const FCS_BYTES = 4;
/**
 * The longest frame, with FCS, that the receiver stores; so also the farthest it writes past a ring with
 * RCR.WRAP.
 */
export const RX_MAX_BYTES = 4096;
/** The shortest frame, with FCS, that is no runt; and the shortest runt that RCR.AR admits (section 6.8). */
export const RX_MIN_BYTES = 64;
export const RX_MIN_RUNT_BYTES = 8;
/** CAPR holds the driver's read offset less this. */
export const CAPR_LAG = 16;
/** TCTR counts the PCI clock: 33 ticks in 1,000 ns. */
export const TCTR_MHZ = 33;

/** TSDn: transmit status of descriptor n (section 6.2). */
export const TSD = {
  SIZE: 0x0000_1fff,
  OWN: 0x0000_2000,
  TUN: 0x0000_4000,
  TOK: 0x0000_8000,
  ERTXTH: 0x003f_0000,
  NCC: 0x0f00_0000,
  CDH: 0x1000_0000,
  OWC: 0x2000_0000,
  TABT: 0x4000_0000,
  CRS: 0x8000_0000,
} as const;

/** CR: command (section 6.4). */
export const CR = { BUFE: 0x01, TE: 0x04, RE: 0x08, RST: 0x10 } as const;

/** ISR and IMR: interrupt status and mask (sections 6.5, 6.6). */
export const ISR = {
  ROK: 0x0001,
  RER: 0x0002,
  TOK: 0x0004,
  TER: 0x0008,
  RXOVW: 0x0010,
  /** PUN/LinkChg: CAPR was written while the ring was empty, or the link has changed. */
  PUN: 0x0020,
  FOVW: 0x0040,
  LenChg: 0x2000,
  TimeOut: 0x4000,
  SERR: 0x8000,
} as const;

/** TCR: transmit configuration (section 6.7). */
export const TCR = {
  CLRABT: 0x0000_0001,
  TXRR: 0x0000_00f0,
  MXDMA: 0x0000_0700,
  CRC: 0x0001_0000,
  /** LBK1 and LBK0: both set for loopback. */
  LBK: 0x0006_0000,
  IFG: 0x0300_0000,
  HWVERID: 0x7c80_0000,
} as const;

/** RCR: receive configuration (section 6.8). */
export const RCR = {
  AAP: 0x0000_0001,
  APM: 0x0000_0002,
  AM: 0x0000_0004,
  AB: 0x0000_0008,
  AR: 0x0000_0010,
  AER: 0x0000_0020,
  WRAP: 0x0000_0080,
  MXDMA: 0x0000_0700,
  RBLEN: 0x0000_1800,
  RXFTH: 0x0000_e000,
  RER8: 0x0001_0000,
  MulERINT: 0x0002_0000,
  ERTH: 0x0f00_0000,
} as const;

/** The status half of the header before each received frame (section 6.1). */
export const RX_STATUS = {
  ROK: 0x0001,
  FAE: 0x0002,
  CRC: 0x0004,
  LONG: 0x0008,
  RUNT: 0x0010,
  ISE: 0x0020,
  BAR: 0x2000,
  PAM: 0x4000,
  MAR: 0x8000,
} as const;

/** 9346CR: EEPROM command (section 6.9): the operating mode, and the four lines of the EEPROM. */
export const CR9346 = {
  EEDO: 0x01,
  EEDI: 0x02,
  EESK: 0x04,
  EECS: 0x08,
  EEM: 0xc0,
  EEM_NORMAL: 0x00,
  EEM_AUTOLOAD: 0x40,
  EEM_PROGRAM: 0x80,
  EEM_CONFIG: 0xc0,
} as const;

/** BMCR: basic mode control of the PHY (section 6.18). */
export const BMCR = {
  Duplex: 0x0100,
  RestartAutoNegotiation: 0x0200,
  ANE: 0x1000,
  Spd_Set: 0x2000,
  Reset: 0x8000,
} as const;

/**
 * Bytes of the receive ring that a value of RCR selects: 8, 16, 32 or 64 KiB (16 more, never written, belong
 * to it).
 */
export const ringBytes = (rcr: number): number => 8192 << ((rcr & RCR.RBLEN) >>> 11);
