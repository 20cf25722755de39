/**
 * The 93C46 serial EEPROM beside the card: 64 words of 16 bits behind three lines in and one out. A VMM gives
 * each guest one of its own, with the guest's address in it.
 */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { CR9346 } from "./registers.ts";

export const EEPROM_WORDS = 64;
/** Word 0 of an EEPROM that the card accepts (section 7). */
export const EEPROM_ID = 0x8129;
/** The first of the three words with the MAC address, low byte first. */
export const EEPROM_MAC_WORD = 7;

/**
 * Where in a command the EEPROM is: commands are a start bit, two bits of opcode, six of address, 16 of data.
 */
type Phase = "start" | "command" | "read" | "data" | "done";

/** What waits for the end of a command (the fall of EECS) to be programmed. */
interface Pending {
  readonly first: number;
  readonly last: number;
  readonly value: number;
}

/** The content of a card's EEPROM as it leaves the factory, with `mac` (6 bytes) as its address. */
export function factoryWords(mac: Uint8Array): Uint16Array {
  const words = new Uint16Array(EEPROM_WORDS);
  words.set([EEPROM_ID, 0x10ec, 0x8139]);
  for (let i = 0; i < 3; i++) {
    words[EEPROM_MAC_WORD + i] = (mac[2 * i] as number) | ((mac[2 * i + 1] as number) << 8);
  }
  return words;
}

export class Eeprom93c46 implements Inspectable {
  readonly #words: Uint16Array;
  #lines = 0;
  #phase: Phase = "start";
  #shift = 0;
  #bits = 0;
  #address = 0;
  #out = 0;
  #writeEnabled = false;
  #writesAll = false;
  #pending: Pending | undefined;

  /** `content`: a MAC address (6 bytes), or all 64 words. */
  constructor(content: Uint8Array | Uint16Array) {
    this.#words = content instanceof Uint16Array ? content.slice(0, EEPROM_WORDS) : factoryWords(content);
  }

  inspect(): Innards {
    return {
      words: this.#words,
      lines: this.#lines,
      phase: this.#phase,
      shift: this.#shift,
      bits: this.#bits,
      address: this.#address,
      out: this.#out,
      writeEnabled: this.#writeEnabled,
      writesAll: this.#writesAll,
      pending: this.#pending,
    };
  }

  /** The word at `address` (0 .. 63). */
  word(address: number): number {
    return this.#words[address & (EEPROM_WORDS - 1)] as number;
  }

  setWord(address: number, value: number): void {
    this.#words[address & (EEPROM_WORDS - 1)] = value;
  }

  /** Drives EECS, EESK and EEDI as the bits of 9346CR in `cr` say. */
  write(cr: number): void {
    const before = this.#lines;
    this.#lines = cr & (CR9346.EECS | CR9346.EESK | CR9346.EEDI);
    if ((cr & CR9346.EECS) === 0) {
      if (before & CR9346.EECS) this.#deselect();
      return;
    }
    if ((before & CR9346.EECS) === 0) this.#out = 1;
    if ((before & CR9346.EESK) === 0 && cr & CR9346.EESK) this.#clock((cr & CR9346.EEDI) === 0 ? 0 : 1);
  }

  /** The lines as they are: bits 3 .. 1 as last written, EEDO in bit 0. */
  read(): number {
    return this.#lines | this.#out;
  }

  /**
   * The end of a command: what it was to program is programmed at once, and the EEPROM is ready when selected
   * again.
   */
  #deselect(): void {
    if (this.#pending !== undefined && this.#writeEnabled) {
      this.#words.fill(this.#pending.value, this.#pending.first, this.#pending.last + 1);
    }
    this.#pending = undefined;
    this.#phase = "start";
    this.#out = 0;
  }

  /** A rising edge of EESK. */
  #clock(bit: number): void {
    switch (this.#phase) {
      case "start":
        if (bit) this.#enter("command");
        return;
      case "command":
        this.#shift = (this.#shift << 1) | bit;
        if (++this.#bits === 8) this.#decode(this.#shift >>> 6, this.#shift & 0x3f);
        return;
      case "read":
        this.#out = (this.#shift >>> (15 - this.#bits)) & 1;
        if (++this.#bits === 16) this.#beginRead(this.#address + 1);
        return;
      case "data":
        this.#shift = (this.#shift << 1) | bit;
        if (++this.#bits === 16) this.#endData();
        return;
      case "done":
        return;
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#shift = 0;
    this.#bits = 0;
  }

  #decode(opcode: number, address: number): void {
    this.#address = address;
    this.#enter("done");
    switch (opcode) {
      case 0b10:
        this.#beginRead(address);
        this.#out = 0;
        return;
      case 0b01:
        this.#writesAll = false;
        this.#enter("data");
        return;
      case 0b11:
        this.#pending = { first: address, last: address, value: 0xffff };
        return;
      default:
        this.#decodeExtended(address >>> 4);
    }
  }

  /** Opcode 00: the two high bits of the address tell EWDS, WRAL, ERAL and EWEN apart. */
  #decodeExtended(which: number): void {
    switch (which) {
      case 0b00:
        this.#writeEnabled = false;
        return;
      case 0b01:
        this.#writesAll = true;
        this.#enter("data");
        return;
      case 0b10:
        this.#pending = { first: 0, last: EEPROM_WORDS - 1, value: 0xffff };
        return;
      default:
        this.#writeEnabled = true;
    }
  }

  /** Words follow each other for as long as the clock runs. */
  #beginRead(address: number): void {
    this.#enter("read");
    this.#address = address & (EEPROM_WORDS - 1);
    this.#shift = this.word(this.#address);
  }

  #endData(): void {
    const value = this.#shift & 0xffff;
    this.#pending = this.#writesAll
      ? { first: 0, last: EEPROM_WORDS - 1, value }
      : { first: this.#address, last: this.#address, value };
    this.#enter("done");
  }
}
