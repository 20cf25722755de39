/**
 * Where a remote DMA goes in the card's memory (DP8390D section 9.0): it follows the ring from PSTOP to
 * PSTART.
 */
import { PAGE_BYTES, PROM, RAM } from "./registers.ts";

/** What RSAR and RBCR hold. */
export interface Transfer {
  readonly address: number;
  readonly bytes: number;
}

/** What else a transfer goes by. */
export interface Geometry {
  /** Pages. */
  readonly start: number;
  readonly stop: number;
  /** DCR.WTS: words on even addresses. */
  readonly words: boolean;
}

/** The pieces of memory that a transfer goes through, in order. */
function pieces({ address, bytes }: Transfer, { start, stop, words }: Geometry): readonly Transfer[] {
  const found: Transfer[] = [];
  const turn = stop * PAGE_BYTES;
  let at = words ? address & ~1 : address;
  for (let left = words ? bytes + (bytes & 1) : bytes; left > 0; ) {
    const room = (turn > at ? turn : 0x1_0000) - at;
    const piece = { address: at, bytes: Math.min(left, room) };
    found.push(piece);
    left -= piece.bytes;
    at = (at + piece.bytes) & 0xffff;
    if (at === turn) at = start * PAGE_BYTES;
  }
  return found;
}

const within = ({ address, bytes }: Transfer, memory: { readonly start: number; readonly bytes: number }) =>
  address >= memory.start && address + bytes <= memory.start + memory.bytes;

export const staysInRam = (transfer: Transfer, geometry: Geometry): boolean =>
  pieces(transfer, geometry).every((piece) => within(piece, RAM));

export const staysInProm = (transfer: Transfer, geometry: Geometry): boolean =>
  pieces(transfer, geometry).every((piece) => within(piece, PROM));

/**
 * RBCR of a transfer that has been stopped when CRDA was `reached`: the card does not tell. One that has been
 * round the ring more than once counts as on its first round.
 */
export function bytesLeft(transfer: Transfer, geometry: Geometry, reached: number): number {
  const at = geometry.words ? reached & ~1 : reached;
  let moved = 0;
  for (const { address, bytes } of pieces(transfer, geometry)) {
    if (at >= address && at < address + bytes) return Math.max(0, transfer.bytes - moved - (at - address));
    moved += bytes;
  }
  return 0;
}
