/** What a reset has left different in the two cards, until it is written; and what a write leaves different until a reset. */
import type { MaskName } from "./rules.ts";

/** Registers that a reset leaves alone in QEMU: offset and bytes. */
const KEPT = [
  [0x20, 16], // TSAD0-3
  [0x44, 4], // RCR
  [0x4c, 4], // MPC
  [0x5a, 1], // CONFIG4
  [0x5c, 2], // MULINT
] as const;
const IDR = [0x00, 6] as const;
const MAR = [0x08, 8] as const;
const CR9346_AT = 0x50;

/** Masked from their first write to the next reset. */
const ONCE_WRITTEN: Readonly<Record<string, MaskName>> = {
  TCR: "tcrVersion",
  MSR: "msrFlow",
  BMCR: "bmcr",
  BMSR: "bmsr",
  ANAR: "anar",
  ANER: "aner",
  NWAYTR: "phyParameters",
  PHY1_PARM: "phyParameters",
  TW_PARM: "phyParameters",
  PHY2_PARM: "phyParameters",
};

export class ResetWatch {
  /** Bytes of the window, with the mask that covers them. */
  readonly #unsettled = new Map<number, MaskName>();
  readonly #written = new Set<string>();

  /** The mask over the byte at `offset`, if a reset has left it different. */
  unsettled(offset: number): MaskName | undefined {
    return this.#unsettled.get(offset);
  }

  /** The mask over the register, if a write has left it different. */
  strayed(name: string): MaskName | undefined {
    return this.#written.has(name) ? ONCE_WRITTEN[name] : undefined;
  }

  /** True when the two receivers may not want the same frames. */
  get filterUnsettled(): boolean {
    for (const mask of this.#unsettled.values()) {
      if (mask === "idrReloaded" || mask === "marKeptByAutoload") return true;
    }
    return this.#unsettled.has(0x44);
  }

  wrote(name: string, offset: number, width: number): void {
    this.#written.add(name);
    for (let i = 0; i < width; i++) this.#unsettled.delete(offset + i);
  }

  /** CR.RST; 9346CR was not 0 when `modeKept`. */
  softReset(modeKept: boolean): void {
    this.#reset();
    this.#leave(IDR, "idrReloaded");
    if (modeKept) this.#leave([CR9346_AT, 1], "keptBySoftReset");
  }

  autoload(): void {
    this.#reset();
    this.#leave(MAR, "marKeptByAutoload");
  }

  #reset(): void {
    this.#written.clear();
    for (const place of KEPT) this.#leave(place, "keptBySoftReset");
  }

  #leave([first, bytes]: readonly [number, number], mask: MaskName): void {
    for (let i = 0; i < bytes; i++) this.#unsettled.set(first + i, mask);
  }
}
