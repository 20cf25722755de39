/**
 * A card out of tree: D-Link's DFE-538TX, an RTL8139 under another PCI identity. Its chip says of itself that it is an
 * RTL8139D: guests read another version from the transmit configuration. All else is the RTL8139 that is built in.
 */
import { type Device, type ReceiveOutcome, rtl8139, type Silicon, type Slot, type Width } from "vpio/device";

/** The transmit configuration register; its bits 30 to 26 and 23 to 22 are the chip's version. */
const TCR = 0x40;
const VERSION = 0x7cc0_0000;
const RTL8139D = 0x7440_0000;

class Dfe538tx implements Silicon {
  readonly #chip: Silicon;

  constructor(slot: Slot, mac: Uint8Array) {
    this.#chip = rtl8139.makeSilicon(slot, mac);
  }

  get portBytes(): number {
    return this.#chip.portBytes;
  }

  /** Reads may be of some bytes of a register, and begin before it. */
  readPort(offset: number, width: Width): number {
    let value = this.#chip.readPort(offset, width);
    for (let lane = 0; lane < width; lane++) {
      const shift = 8 * (offset + lane - TCR);
      if (shift < 0 || shift > 24) continue;
      const own = (VERSION >>> shift) & 0xff;
      const shown = (RTL8139D >>> shift) & 0xff;
      value = (value & ~(own << (8 * lane))) | (shown << (8 * lane));
    }
    return value >>> 0;
  }

  writePort(offset: number, width: Width, value: number): void {
    this.#chip.writePort(offset, width, value);
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    return this.#chip.receive(frame);
  }

  transmitted(): void {
    this.#chip.transmitted();
  }

  timer(): void {
    this.#chip.timer();
  }

  reset(): void {
    this.#chip.reset();
  }
}

export default {
  ...rtl8139,
  pci: { vendor: 0x1186, device: 0x1300, revision: 0x10, ioBytes: 256 },
  makeSilicon: (slot, mac) => new Dfe538tx(slot, mac),
} satisfies Device;
