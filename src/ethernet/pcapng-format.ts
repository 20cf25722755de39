/**
 * The layout of pcapng (draft-ietf-opsawg-pcapng, sections 3 and 4), for the reader and the writer: blocks of
 * 32-bit words, each with its length at both ends.
 */

export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

/** Type and length before the body, length again behind it. */
export const FRAMING_BYTES = { head: 8, tail: 4 } as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const MAJOR_VERSION = 1;

/** Offsets of the fixed fields in each body; `bytes` is where the options, or the frame, begin. */
export const SECTION = { byteOrderMagic: 0, majorVersion: 4, sectionLength: 8, bytes: 16 } as const;
export const INTERFACE = { linkType: 0, snapLength: 4, bytes: 8 } as const;
export const SIMPLE = { originalBytes: 0, bytes: 4 } as const;
export const ENHANCED = {
  interface: 0,
  timestampHigh: 4,
  timestampLow: 8,
  capturedBytes: 12,
  originalBytes: 16,
  bytes: 20,
} as const;

/** Codes from 2 on mean something else in each type of block. */
export const OPTION = {
  end: 0,
  comment: 1,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceSpeed: 8,
  interfaceResolution: 9,
  interfaceFcsLength: 13,
  interfaceOffset: 14,
  packetFlags: 2,
} as const;

/** Code and length before an option's value. */
export const OPTION_HEADER_BYTES = 4;

/** `length` rounded up to whole 32-bit words. */
export const padded = (length: number): number => (length + 3) & ~3;
