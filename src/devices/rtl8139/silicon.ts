/**
 * The RTL8139C(L) network controller, without its C+ mode. README.md of this folder says what is left out.
 */
import type { Width } from "../../hardware/cpu.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../hardware/silicon.ts";
import { type Core, standsStill } from "./core.ts";
import { EEPROM_ID, EEPROM_MAC_WORD, Eeprom93c46 } from "./eeprom.ts";
import { Receiver } from "./receiver.ts";
import {
  merged,
  newRegisterValues,
  type RegisterValues,
  readLanes,
  resetRegisters,
  SPECS,
  writeLanes,
} from "./register-file.ts";
import {
  BMCR,
  CR,
  CR9346,
  ISR,
  KEPT_BY_SOFT_RESET,
  PORT_BYTES,
  REGISTERS,
  type RegisterName,
  TSD,
} from "./registers.ts";
import { Timer } from "./timer.ts";
import { Transmitter } from "./transmitter.ts";

export interface Rtl8139Options {
  /** 6 bytes: the address in the EEPROM. */
  readonly mac: Uint8Array;
}

export class Rtl8139 implements Silicon, Inspectable {
  readonly portBytes = PORT_BYTES;
  readonly #slot: Slot;
  readonly #registers: RegisterValues = newRegisterValues();
  readonly #eeprom: Eeprom93c46;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  readonly #timer: Timer;
  readonly #sample = (name: RegisterName): number => this.#read(name);
  readonly #store = (name: RegisterName, bits: number, lanes: number): void => this.#write(name, bits, lanes);

  constructor(slot: Slot, options: Rtl8139Options) {
    this.#slot = slot;
    this.#eeprom = new Eeprom93c46(options.mac);
    const core: Core = { slot, registers: this.#registers, raise: (bits) => this.#raise(bits) };
    this.#receiver = new Receiver(core);
    this.#transmitter = new Transmitter(core, (frame) => this.#receiver.receive(frame));
    this.#timer = new Timer(core);
    this.reset();
  }

  /** The receiver keeps nothing but registers. */
  inspect(): Innards {
    return {
      registers: this.#registers,
      eeprom: this.#eeprom.inspect(),
      transmitter: this.#transmitter.inspect(),
      timer: this.#timer.inspect(),
    };
  }

  readPort(offset: number, width: Width): number {
    return readLanes(offset, width, this.#sample);
  }

  writePort(offset: number, width: Width, value: number): void {
    writeLanes(offset, width, value, this.#store);
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    if (this.#transmitter.loopback || standsStill(this.#registers)) return "off";
    return this.#receiver.receive(frame);
  }

  transmitted(): void {
    this.#transmitter.transmitted();
  }

  timer(): void {
    this.#timer.expire();
  }

  reset(): void {
    resetRegisters(this.#registers, []);
    this.#loadAddress();
    this.#restart();
  }

  /** CR.RST (section 6.4): done by the time the write is over, so RST never reads as 1. */
  #softReset(): void {
    resetRegisters(this.#registers, KEPT_BY_SOFT_RESET);
    this.#restart();
  }

  #restart(): void {
    this.#eeprom.write(0);
    this.#transmitter.reset();
    this.#timer.restart();
    this.#updateInterrupt();
  }

  /** IDR comes from the EEPROM, provided that the EEPROM says it is one of this card's (section 7). */
  #loadAddress(): void {
    if (this.#eeprom.word(0) !== EEPROM_ID) return;
    const word = (i: number): number => this.#eeprom.word(EEPROM_MAC_WORD + i);
    this.#registers.IDR0 = (word(0) | (word(1) << 16)) >>> 0;
    this.#registers.IDR4 = word(2);
  }

  #raise(bits: number): void {
    this.#registers.ISR |= bits;
    this.#updateInterrupt();
  }

  #updateInterrupt(): void {
    this.#slot.setInterrupt((this.#registers.ISR & this.#registers.IMR) !== 0);
  }

  #read(name: RegisterName): number {
    const value = this.#registers[name];
    switch (name) {
      case "CR":
        return value | (this.#receiver.empty ? CR.BUFE : 0);
      case "TCTR":
        return this.#timer.count;
      case "TSAD":
        return this.#transmitter.statusOfAll;
      case "CR9346":
        return standsStill(this.#registers) ? (value & CR9346.EEM) | this.#eeprom.read() : value;
      default:
        return value;
    }
  }

  #accepts(name: RegisterName): boolean {
    const { needs } = SPECS[name];
    if (needs === undefined) return true;
    return needs === "TE"
      ? (this.#registers.CR & CR.TE) !== 0
      : (this.#registers.CR9346 & CR9346.EEM) === CR9346.EEM_CONFIG;
  }

  #write(name: RegisterName, bits: number, lanes: number): void {
    const before = this.#registers[name];
    const wasEmpty = this.#receiver.empty;
    if (this.#accepts(name)) this.#registers[name] = merged(name, before, bits, lanes);
    switch (name) {
      case "CR":
        this.#command(bits, before);
        return;
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        if (lanes === 0xffff_ffff) this.#queue(name);
        return;
      case "CAPR":
        if (wasEmpty) this.#raise(ISR.PUN);
        return;
      case "IMR":
      case "ISR":
        this.#updateInterrupt();
        return;
      case "TCR":
        this.#transmitter.pump();
        return;
      case "RCR":
        this.#receiver.reconfigure();
        return;
      case "TCTR":
        this.#timer.restart();
        return;
      case "TimerInt":
        this.#timer.arm();
        return;
      case "CR9346":
        this.#selectMode();
        return;
      case "BMCR":
        if (bits & BMCR.Reset) this.#resetPhy();
        return;
    }
  }

  #command(bits: number, before: number): void {
    if (bits & CR.RST) {
      this.#softReset();
      return;
    }
    if ((before & CR.RE) === 0 && bits & CR.RE) this.#receiver.enable();
    this.#transmitter.pump();
  }

  /**
   * The size has been written: the status bits go (section 6.2), and with OWN written as 0 the descriptor is
   * queued.
   */
  #queue(name: "TSD0" | "TSD1" | "TSD2" | "TSD3"): void {
    this.#registers[name] &= TSD.SIZE | TSD.OWN | TSD.ERTXTH;
    this.#transmitter.pump();
  }

  #selectMode(): void {
    const value = this.#registers.CR9346;
    switch (value & CR9346.EEM) {
      case CR9346.EEM_AUTOLOAD:
        this.reset();
        return;
      case CR9346.EEM_PROGRAM:
        this.#eeprom.write(value);
        return;
      default:
        this.#eeprom.write(0);
        this.#transmitter.pump();
    }
  }

  /** BMCR.Reset: the PHY's registers start again, and negotiation is complete at once. */
  #resetPhy(): void {
    this.#registers.BMCR = REGISTERS.BMCR.reset;
    this.#registers.ANAR = REGISTERS.ANAR.reset;
  }
}
