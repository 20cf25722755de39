/** The cards that the oracle knows: ours, QEMU's of the same kind, and what programs for them are made of. */
import type { Prng } from "../base/prng.ts";
import type { DriverEnvironment, NetDriver } from "../devices/driver.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import type { Author } from "./author.ts";
import { NE2000, NE2000_ISA } from "./ne2000/card.ts";
import { RTL8139 } from "./rtl8139/card.ts";
import type { Fences, Ground, Masks, Pilot } from "./rules.ts";

/** One kind of card. */
export interface OracleCard {
  readonly name: string;
  /** The address in its EEPROM or PROM. */
  readonly mac: Uint8Array;
  readonly qemu: {
    readonly device: string;
    /** Where an ISA card sits; a PCI card is put somewhere. */
    readonly isa?: { readonly ioBase: number; readonly irq: number };
  };
  readonly makeSilicon: (slot: Slot) => Silicon;
  readonly makeDriver: (environment: DriverEnvironment) => NetDriver;
  /** It reads and writes memory by itself. */
  readonly mastersBus: boolean;
  readonly makeGround: (pilot: Pilot) => Ground;
  readonly masks: Masks;
  readonly fences: Fences;
  /** Reads every register of a card that nothing has been done to. */
  readonly powerOn: (author: Author) => void;
  /** Brings a card that anything may have been done to into one state. */
  readonly prologue: (author: Author) => void;
  /** Looks at everything, and leaves the card deaf. */
  readonly epilogue: (author: Author) => void;
  /** About `steps` steps without sense: any register, any value. */
  readonly raw: (author: Author, prng: Prng, steps: number) => void;
  /** About `steps` steps as a driver would do them. */
  readonly driverLike: (author: Author, prng: Prng, steps: number) => void;
}

export const ORACLE_CARDS = {
  rtl8139: RTL8139,
  ne2000: NE2000,
  "ne2000-isa": NE2000_ISA,
} as const satisfies Readonly<Record<string, OracleCard>>;
