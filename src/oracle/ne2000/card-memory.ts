/** Which bytes of the NE2000's packet RAM cannot be compared, and why. */
import { RAM } from "../../devices/ne2000/registers.ts";
import type { MaskName } from "./rules.ts";

const KNOWN = 0;
const UNKNOWN = 1;
const CRC = 2;

export class CardMemoryWatch {
  readonly #state = new Uint8Array(RAM.bytes).fill(UNKNOWN);

  /** Bytes that both cards have from the same source. */
  wrote(address: number): void {
    if (address >= RAM.start && address < RAM.start + RAM.bytes) this.#state[address - RAM.start] = KNOWN;
  }

  /** A byte of a CRC, which one card stores and the other does not. */
  wroteCrc(address: number): void {
    if (address >= RAM.start && address < RAM.start + RAM.bytes) this.#state[address - RAM.start] = CRC;
  }

  /** The mask over the byte at `address`, if there is one. */
  maskOf(address: number): MaskName | undefined {
    const state = this.#state[address - RAM.start];
    if (state === UNKNOWN) return "ramUnknown";
    return state === CRC ? "crcBytes" : undefined;
  }
}
