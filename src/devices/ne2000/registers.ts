/**
 * The registers of the RTL8029AS: the four pages of the DP8390 core, chosen by CR.PS, each register one byte;
 * behind them the data port and the reset port of the NE2000. Sources: National Semiconductor DP8390D (July
 * 1995), section 10, and Realtek RTL8029AS (LS009.0), register table.
 */
import type { Direction } from "../hooked-list.ts";

/** Bytes of the card's I/O window. */
export const WINDOW_BYTES = 0x20;
/** 0x10 .. 0x17: each access moves data between the processor and the card's memory (remote DMA). */
export const DATA_PORT = 0x10;
/** 0x18 .. 0x1f: reading resets the card. */
export const RESET_PORT = 0x18;
/** The one of them that drivers read: some cards, QEMU's among them, decode no other. */
export const RESET_PULSE = 0x1f;

/** Bytes of a page, the unit of transmit buffers and of the receive ring. */
export const PAGE_BYTES = 256;
/** The card's own address space: the station address PROM, and the packet RAM. */
export const PROM = { start: 0x0000, bytes: 0x20 } as const;
export const RAM = { start: 0x4000, bytes: 0x4000 } as const;

/** Command. */
export const CR = {
  /** Software reset: the card is off-line, without receiver and transmitter. */
  STP: 0x01,
  /** Reads back what was written; on the RTL8029AS it controls nothing. */
  STA: 0x02,
  /** Transmit; stays set until the frame has left. */
  TXP: 0x04,
  /**
   * The remote DMA command: READ, WRITE, SEND (a packet out of the ring), or ABORT (whatever the other two
   * bits are).
   */
  RD: 0x38,
  READ: 0x08,
  WRITE: 0x10,
  SEND: 0x18,
  ABORT: 0x20,
  /** The register page. */
  PS: 0xc0,
  PAGE_0: 0x00,
  PAGE_1: 0x40,
  PAGE_2: 0x80,
  PAGE_3: 0xc0,
} as const;

/** Interrupt status: writing 1 clears a bit, but RST. IMR has the same bits, without RST. */
export const ISR = {
  /** A frame is in the ring. */
  PRX: 0x01,
  /** A frame has left. */
  PTX: 0x02,
  /** A frame was received damaged, or missed. */
  RXE: 0x04,
  /** A transmission was aborted. */
  TXE: 0x08,
  /** The receive ring is full. */
  OVW: 0x10,
  /** The highest bit of a tally counter was set. */
  CNT: 0x20,
  /** Remote DMA has ended. */
  RDC: 0x40,
  /**
   * The card is in the reset state, or its ring has overflowed. Raises no interrupt, is not cleared by
   * writing.
   */
  RST: 0x80,
} as const;

/** Data configuration. */
export const DCR = {
  /** Remote DMA in words. */
  WTS: 0x01,
  /** Byte order of words; not on the RTL8029AS. */
  BOS: 0x02,
  /** 32-bit DMA addresses; not on the RTL8029AS. */
  LAS: 0x04,
  /** Normal operation; clear for loopback. */
  LS: 0x08,
  /** Auto-initialise remote: the send-packet command is executed. */
  AR: 0x10,
  /** FIFO threshold. */
  FT: 0x60,
  FT_8_BYTES: 0x40,
} as const;

/** Transmit configuration. */
export const TCR = {
  /** Appends no CRC. */
  CRC: 0x01,
  /** Loopback mode: 0 is normal operation. */
  LB: 0x06,
  LB_NIC: 0x02,
  LB_ENDEC: 0x04,
  LB_EXTERNAL: 0x06,
  /** Lets certain multicast frames switch the transmitter off and on. */
  ATD: 0x08,
  /** Collision offset. */
  OFST: 0x10,
} as const;

/** Transmit status. Bit 1 is always 1, bit 5 (FIFO underrun of the DP8390) always 0. */
export const TSR = {
  PTX: 0x01,
  ALWAYS: 0x02,
  COL: 0x04,
  ABT: 0x08,
  CRS: 0x10,
  CDH: 0x40,
  OWC: 0x80,
} as const;

/** Receive configuration. */
export const RCR = {
  /** Saves frames with errors. */
  SEP: 0x01,
  /** Accepts runts: frames shorter than 64 bytes with their CRC. */
  AR: 0x02,
  AB: 0x04,
  AM: 0x08,
  /** Accepts every physical address (and no more multicast than AB and AM do). */
  PRO: 0x10,
  /** Monitor mode: checks and counts, stores nothing. */
  MON: 0x20,
} as const;

/** Receive status; also the first byte of a ring entry. */
export const RSR = {
  PRX: 0x01,
  CRC: 0x02,
  FAE: 0x04,
  FO: 0x08,
  /** Missed: no room in the ring, or monitor mode. */
  MPA: 0x10,
  /** A multicast or broadcast address. */
  PHY: 0x20,
  DIS: 0x40,
  DFR: 0x80,
} as const;

/** EEPROM command, page 3: both EEM bits open the CONFIG registers for writing. */
export const EECR = {
  EEM: 0xc0,
  CONFIG_WRITE: 0xc0,
  EECS: 0x08,
  EESK: 0x04,
  EEDI: 0x02,
  EEDO: 0x01,
} as const;

/** W1C: reads a status, writing 1 clears a bit. */
export type RegisterAccess = "RO" | "WO" | "RW" | "W1C";

export interface Register {
  readonly name: string;
  /** Pages on which it is found with this access; some are written on page 0 and read on page 2. */
  readonly pages: readonly number[];
  readonly offset: number;
  readonly access: RegisterAccess;
  /** After power-on; where the datasheet leaves it open, 0. */
  readonly reset: number;
  /** Bits that a write can change; all eight unless told. */
  readonly writable?: number;
  /** Bits that are always 1. */
  readonly ones?: number;
  readonly source: string;
}

const DP8390D = "DP8390D 10.3";
const DP8390D_READBACK = "DP8390D 10.1, page 2";
const RTL8029AS = "RTL8029AS, register table";

export const REGISTERS = [
  { name: "CR", pages: [0, 1, 2, 3], offset: 0x00, access: "RW", reset: 0x21, source: DP8390D },

  { name: "CLDA0", pages: [0], offset: 0x01, access: "RO", reset: 0, source: DP8390D },
  { name: "CLDA1", pages: [0], offset: 0x02, access: "RO", reset: 0, source: DP8390D },
  { name: "BNRY", pages: [0], offset: 0x03, access: "RW", reset: 0, source: DP8390D },
  { name: "TSR", pages: [0], offset: 0x04, access: "RO", reset: 0x02, source: DP8390D },
  { name: "NCR", pages: [0], offset: 0x05, access: "RO", reset: 0, source: DP8390D },
  { name: "FIFO", pages: [0], offset: 0x06, access: "RO", reset: 0, source: DP8390D },
  { name: "ISR", pages: [0], offset: 0x07, access: "W1C", reset: 0x80, source: DP8390D },
  { name: "CRDA0", pages: [0], offset: 0x08, access: "RO", reset: 0, source: DP8390D },
  { name: "CRDA1", pages: [0], offset: 0x09, access: "RO", reset: 0, source: DP8390D },
  { name: "8029ID0", pages: [0], offset: 0x0a, access: "RO", reset: 0x50, source: RTL8029AS },
  { name: "8029ID1", pages: [0], offset: 0x0b, access: "RO", reset: 0x43, source: RTL8029AS },
  { name: "RSR", pages: [0], offset: 0x0c, access: "RO", reset: 0, source: DP8390D },
  { name: "CNTR0", pages: [0], offset: 0x0d, access: "RO", reset: 0, source: DP8390D },
  { name: "CNTR1", pages: [0], offset: 0x0e, access: "RO", reset: 0, source: DP8390D },
  { name: "CNTR2", pages: [0], offset: 0x0f, access: "RO", reset: 0, source: DP8390D },

  { name: "PSTART", pages: [0], offset: 0x01, access: "WO", reset: 0, source: DP8390D },
  { name: "PSTOP", pages: [0], offset: 0x02, access: "WO", reset: 0, source: DP8390D },
  { name: "TPSR", pages: [0], offset: 0x04, access: "WO", reset: 0, source: DP8390D },
  { name: "TBCR0", pages: [0], offset: 0x05, access: "WO", reset: 0, source: DP8390D },
  { name: "TBCR1", pages: [0], offset: 0x06, access: "WO", reset: 0, source: DP8390D },
  { name: "RSAR0", pages: [0], offset: 0x08, access: "WO", reset: 0, source: DP8390D },
  { name: "RSAR1", pages: [0], offset: 0x09, access: "WO", reset: 0, source: DP8390D },
  { name: "RBCR0", pages: [0], offset: 0x0a, access: "WO", reset: 0, source: DP8390D },
  { name: "RBCR1", pages: [0], offset: 0x0b, access: "WO", reset: 0, source: DP8390D },
  { name: "RCR", pages: [0], offset: 0x0c, access: "WO", reset: 0xc0, ones: 0xc0, source: DP8390D },
  { name: "TCR", pages: [0], offset: 0x0d, access: "WO", reset: 0xe0, ones: 0xe0, source: DP8390D },
  {
    name: "DCR",
    pages: [0],
    offset: 0x0e,
    access: "WO",
    reset: 0x84,
    writable: 0x7d,
    ones: 0x80,
    source: DP8390D,
  },
  { name: "IMR", pages: [0], offset: 0x0f, access: "WO", reset: 0, writable: 0x7f, source: DP8390D },

  { name: "PAR0", pages: [1], offset: 0x01, access: "RW", reset: 0, source: DP8390D },
  { name: "PAR1", pages: [1], offset: 0x02, access: "RW", reset: 0, source: DP8390D },
  { name: "PAR2", pages: [1], offset: 0x03, access: "RW", reset: 0, source: DP8390D },
  { name: "PAR3", pages: [1], offset: 0x04, access: "RW", reset: 0, source: DP8390D },
  { name: "PAR4", pages: [1], offset: 0x05, access: "RW", reset: 0, source: DP8390D },
  { name: "PAR5", pages: [1], offset: 0x06, access: "RW", reset: 0, source: DP8390D },
  { name: "CURR", pages: [1], offset: 0x07, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR0", pages: [1], offset: 0x08, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR1", pages: [1], offset: 0x09, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR2", pages: [1], offset: 0x0a, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR3", pages: [1], offset: 0x0b, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR4", pages: [1], offset: 0x0c, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR5", pages: [1], offset: 0x0d, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR6", pages: [1], offset: 0x0e, access: "RW", reset: 0, source: DP8390D },
  { name: "MAR7", pages: [1], offset: 0x0f, access: "RW", reset: 0, source: DP8390D },

  { name: "PSTART", pages: [2], offset: 0x01, access: "RO", reset: 0, source: DP8390D_READBACK },
  { name: "PSTOP", pages: [2], offset: 0x02, access: "RO", reset: 0, source: DP8390D_READBACK },
  { name: "TPSR", pages: [2], offset: 0x04, access: "RO", reset: 0, source: DP8390D_READBACK },
  { name: "RCR", pages: [2], offset: 0x0c, access: "RO", reset: 0xc0, source: DP8390D_READBACK },
  { name: "TCR", pages: [2], offset: 0x0d, access: "RO", reset: 0xe0, source: DP8390D_READBACK },
  { name: "DCR", pages: [2], offset: 0x0e, access: "RO", reset: 0x84, source: DP8390D_READBACK },
  { name: "IMR", pages: [2], offset: 0x0f, access: "RO", reset: 0, source: DP8390D_READBACK },

  { name: "9346CR", pages: [3], offset: 0x01, access: "RW", reset: 0, writable: 0xce, source: RTL8029AS },
  { name: "CONFIG0", pages: [3], offset: 0x03, access: "RO", reset: 0, source: RTL8029AS },
  { name: "CONFIG2", pages: [3], offset: 0x05, access: "RW", reset: 0x40, writable: 0xe0, source: RTL8029AS },
  { name: "CONFIG3", pages: [3], offset: 0x06, access: "RW", reset: 0x40, writable: 0x46, source: RTL8029AS },
  { name: "HLTCLK", pages: [3], offset: 0x09, access: "WO", reset: 0, source: RTL8029AS },
  { name: "8029ASID0", pages: [3], offset: 0x0e, access: "RO", reset: 0x29, source: RTL8029AS },
  { name: "8029ASID1", pages: [3], offset: 0x0f, access: "RO", reset: 0x80, source: RTL8029AS },
] as const satisfies readonly Register[];

export type RegisterName = (typeof REGISTERS)[number]["name"];
/** A row of the table with its name as one of the known ones. */
export type NamedRegister = Register & { readonly name: RegisterName };

const ROWS: readonly NamedRegister[] = REGISTERS;

export const PAR: readonly RegisterName[] = ["PAR0", "PAR1", "PAR2", "PAR3", "PAR4", "PAR5"];
export const MAR: readonly RegisterName[] = ["MAR0", "MAR1", "MAR2", "MAR3", "MAR4", "MAR5", "MAR6", "MAR7"];

/** Offset of each register on its pages. */
export const OFFSET = Object.fromEntries(ROWS.map(({ name, offset }) => [name, offset])) as Readonly<
  Record<RegisterName, number>
>;

const REGISTERS_A_PAGE = DATA_PORT;

function decoder(refused: RegisterAccess): readonly (NamedRegister | undefined)[] {
  const rows: (NamedRegister | undefined)[] = new Array(4 * REGISTERS_A_PAGE).fill(undefined);
  for (const row of ROWS) {
    if (row.access === refused) continue;
    for (const page of row.pages) rows[page * REGISTERS_A_PAGE + row.offset] = row;
  }
  return rows;
}

const READ = decoder("WO");
const WRITE = decoder("RO");

/**
 * The register behind `offset` (0 .. 15) on `page` (0 .. 3), by the direction of the access; undefined where
 * none is.
 */
export function registerAt(page: number, offset: number, direction: Direction): NamedRegister | undefined {
  return (direction === "read" ? READ : WRITE)[page * REGISTERS_A_PAGE + offset];
}

/** The page that a value of CR chooses. */
export const pageOf = (command: number): number => (command & CR.PS) >>> 6;
