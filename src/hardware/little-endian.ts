/** Units of a string operation in memory: the lowest byte first, as the processor moves them. */
import type { Width } from "./cpu.ts";

export function littleEndian(bytes: Uint8Array, at: number, width: Width): number {
  let value = 0;
  for (let lane = 0; lane < width; lane++) value |= (bytes[at + lane] ?? 0) << (8 * lane);
  return value >>> 0;
}

export function putLittleEndian(bytes: Uint8Array, at: number, width: Width, value: number): void {
  for (let lane = 0; lane < width; lane++) bytes[at + lane] = value >>> (8 * lane);
}
