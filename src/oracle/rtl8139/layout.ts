/** Which accesses to the RTL8139's window both cards understand, and where programs keep things in memory. */

import { REGISTERS, type RegisterName } from "../../devices/rtl8139/registers.ts";
import type { Width } from "../../hardware/cpu.ts";
import { ARENA_BYTES, MEMORY_BASE } from "../silicon-card.ts";

export interface Place {
  readonly name: string;
  readonly offset: number;
  readonly width: Width;
}

/** Registers that are accessed by bytes as well as in fours, of which IDR4 leaves two reserved. */
const BY_BYTES: readonly RegisterName[] = ["IDR0", "IDR4", "MAR0", "MAR4"];

/** Every access of a natural width. */
export const PLACES: readonly Place[] = (Object.keys(REGISTERS) as RegisterName[]).flatMap((name) => {
  const { offset, bytes } = REGISTERS[name];
  const whole: Place = { name, offset, width: bytes };
  if (!BY_BYTES.includes(name)) return [whole];
  const single = Array.from({ length: bytes }, (_, i): Place => {
    const first = name.startsWith("IDR") ? 0 : 8;
    return { name: `${name.slice(0, 3)}${offset + i - first}`, offset: offset + i, width: 1 };
  });
  return [{ ...whole, width: 4 }, ...single];
});

const key = (offset: number, width: number): number => offset * 8 + width;
const BY_ACCESS = new Map(PLACES.map((place) => [key(place.offset, place.width), place]));

export const placeAt = (offset: number, width: number): Place | undefined =>
  BY_ACCESS.get(key(offset, width));

/** The programs' memory: receive rings from the start, transmit buffers in the last 8 KiB. */
export const RING_AT = MEMORY_BASE;
export const BUFFERS_AT = MEMORY_BASE + ARENA_BYTES - 0x2000;
export const ARENA = { start: MEMORY_BASE, end: MEMORY_BASE + ARENA_BYTES, bytes: ARENA_BYTES } as const;
