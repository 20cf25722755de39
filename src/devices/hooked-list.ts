/**
 * The hooked list: which ports of the card's window exit to the VMM, one bit per port and direction (set = exits).
 * It is what the I/O permission bitmap of the guest is loaded with (paper, section "Hooked requests").
 */

export type Direction = "read" | "write";

/** Ports in the window of a card. */
export const WINDOW_PORTS = 256;
const BYTES_PER_DIRECTION = WINDOW_PORTS / 8;
/** Bytes of a whole list: the bits of all reads, then of all writes. */
export const HOOKED_LIST_BYTES = 2 * BYTES_PER_DIRECTION;

export class HookedList {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(HOOKED_LIST_BYTES)) {
    this.bytes = bytes;
  }

  /** Every access exits: the list of a guest that does not hold the card. */
  static all(): HookedList {
    return new HookedList(new Uint8Array(HOOKED_LIST_BYTES).fill(0xff));
  }

  hook(port: number, direction: Direction): void {
    const at = byteOf(port, direction);
    this.bytes[at] = (this.bytes[at] ?? 0) | (1 << (port & 7));
  }

  unhook(port: number, direction: Direction): void {
    const at = byteOf(port, direction);
    this.bytes[at] = (this.bytes[at] ?? 0) & ~(1 << (port & 7));
  }

  /** True when any of the `width` ports from `port` exits; ports outside the window always do. */
  covers(port: number, width: number, direction: Direction): boolean {
    for (let i = 0; i < width; i++) {
      const one = port + i;
      if (one < 0 || one >= WINDOW_PORTS) return true;
      if (((this.bytes[byteOf(one, direction)] ?? 0) & (1 << (one & 7))) !== 0) return true;
    }
    return false;
  }

  equals(other: HookedList): boolean {
    return this.bytes.every((byte, i) => byte === other.bytes[i]);
  }

  copy(): HookedList {
    return new HookedList(this.bytes.slice());
  }
}

function byteOf(port: number, direction: Direction): number {
  return (direction === "read" ? 0 : BYTES_PER_DIRECTION) + (port >> 3);
}
