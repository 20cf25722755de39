/** What the parts of the card share. */
import type { Slot } from "../../hardware/silicon.ts";
import type { RegisterValues } from "./register-file.ts";
import { CR9346 } from "./registers.ts";

export interface Core {
  readonly slot: Slot;
  readonly registers: RegisterValues;
  /** Sets bits of ISR and brings INTA up to date. */
  raise(bits: number): void;
}

/** While the EEPROM is being programmed the network and the bus master stand still (section 6.9). */
export const standsStill = (registers: RegisterValues): boolean =>
  (registers.CR9346 & CR9346.EEM) === CR9346.EEM_PROGRAM;
