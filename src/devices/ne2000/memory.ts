/**
 * The memory behind the DP8390: 64 KiB of addresses, of which an NE2000 fills the first 32 bytes with its
 * address PROM and 0x4000 .. 0x7fff with packet RAM. Elsewhere nothing answers: reads give 0xff, writes go
 * nowhere.
 */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { PAGE_BYTES, PROM, RAM } from "./registers.ts";

/** What tells a 16-bit NE2000 from others, in the last bytes of the PROM. */
export const NE2000_SIGNATURE = 0x57;
const SIGNATURE_AT = 28;

/**
 * The PROM is 8 bits wide on a 16-bit bus, so each byte is there twice: the MAC address in bytes 0 .. 11, the
 * signature in 28 .. 31.
 */
function programProm(mac: Uint8Array): Uint8Array {
  const prom = new Uint8Array(PROM.bytes);
  for (let i = 0; i < 2 * mac.length; i++) prom[i] = mac[i >> 1] as number;
  return prom.fill(NE2000_SIGNATURE, SIGNATURE_AT);
}

export class CardMemory implements Inspectable {
  readonly #prom: Uint8Array;
  readonly #ram = new Uint8Array(RAM.bytes);

  constructor(mac: Uint8Array) {
    this.#prom = programProm(mac);
  }

  inspect(): Innards {
    return { prom: this.#prom, ram: this.#ram };
  }

  /** `address`: 16 bits. */
  read(address: number): number {
    if (address >= RAM.start) return this.#ram[address - RAM.start] ?? 0xff;
    return this.#prom[address] ?? 0xff;
  }

  write(address: number, value: number): void {
    if (isRam(address)) this.#ram[address - RAM.start] = value;
  }

  /** The `bytes` of RAM from `address` on, all of which are there (`ramBytesFrom`): a live view. */
  ram(address: number, bytes: number): Uint8Array {
    return this.#ram.subarray(address - RAM.start, address - RAM.start + bytes);
  }

  /** Writes within one page. */
  writeInPage(address: number, bytes: Uint8Array): void {
    if (isRam(address)) this.#ram.set(bytes, address - RAM.start);
  }

  /**
   * `length` (0 .. 65,535) bytes from the start of `page`, as the transmitter fetches them: it decodes only
   * the 14 address lines of the RAM, so it wraps at its end.
   */
  fetch(page: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const start = (page * PAGE_BYTES) % RAM.bytes;
    for (let done = 0; done < length; ) {
      const from = (start + done) % RAM.bytes;
      const chunk = this.#ram.subarray(from, from + length - done);
      bytes.set(chunk, done);
      done += chunk.length;
    }
    return bytes;
  }
}

/** Bytes of RAM from `address` to its end; 0 when there is none at `address`. */
export const ramBytesFrom = (address: number): number =>
  isRam(address) ? RAM.start + RAM.bytes - address : 0;

const isRam = (address: number): boolean => address >= RAM.start && address < RAM.start + RAM.bytes;
