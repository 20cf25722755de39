/** Follows the commands that a program clocks into the 93C46: what it shows, and which of them would let it be changed. */
import { CR9346 } from "../../devices/rtl8139/registers.ts";

const READ = 0b10;
/** Opcode 00, then 11 and four bits that do not matter. */
const EWEN = 0b0011;
const COMMAND_BITS = 8;
const DATA_BITS = 16;

export class EepromWatch {
  /** The lines while it is selected, else 0. */
  #lines = 0;
  #started = false;
  #command = 0;
  #commandBits = 0;
  #dataBits = 0;
  /**
   * The mode was left with EECS set: the card has deselected the EEPROM, QEMU's is where it was, until EECS falls in
   * programming mode.
   */
  #apart = false;

  /** True when EEDO is a bit of a word that is being read. */
  get showsData(): boolean {
    const reads = this.#commandBits === COMMAND_BITS && this.#command >>> 6 === READ;
    return reads && this.#dataBits <= DATA_BITS && !this.#apart;
  }

  /** True when writing `value` to 9346CR would clock in the last bit of EWEN, or one of which that is not known. */
  mightEnableWrites(value: number): boolean {
    if (!this.#clocks(value)) return false;
    const isLast = this.#started && this.#commandBits === COMMAND_BITS - 1;
    return this.#apart || (isLast && this.#command >>> 3 === EWEN);
  }

  /** `value` has been written to 9346CR. */
  wrote(value: number): void {
    const clocks = this.#clocks(value);
    if (!isProgramming(value)) {
      this.leave();
      return;
    }
    if (!isSelected(value)) {
      this.#deselect();
      this.#apart = false;
      return;
    }
    this.#lines = value;
    if (clocks) this.#clock(value & CR9346.EEDI ? 1 : 0);
  }

  /** Programming mode is over, by a write or a reset. */
  leave(): void {
    if (this.#lines & CR9346.EECS) this.#apart = true;
    this.#deselect();
  }

  /** True when writing `value` to 9346CR clocks a bit in. */
  #clocks(value: number): boolean {
    return isSelected(value) && (value & CR9346.EESK) !== 0 && (this.#lines & CR9346.EESK) === 0;
  }

  #clock(bit: number): void {
    if (!this.#started) {
      this.#started = bit === 1;
    } else if (this.#commandBits < COMMAND_BITS) {
      this.#command = (this.#command << 1) | bit;
      this.#commandBits++;
    } else this.#dataBits++;
  }

  #deselect(): void {
    this.#lines = 0;
    this.#started = false;
    this.#command = 0;
    this.#commandBits = 0;
    this.#dataBits = 0;
  }
}

const isProgramming = (value: number): boolean => (value & CR9346.EEM) === CR9346.EEM_PROGRAM;
const isSelected = (value: number): boolean => isProgramming(value) && (value & CR9346.EECS) !== 0;
