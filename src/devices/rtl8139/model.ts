/**
 * The device model of the RTL8139: what is hooked, what is checked, what is virtual. A guest's addresses are
 * guest-physical; the DMM rewrites the three registers that carry them (TSADn, RBSTART) and lets a DMA begin
 * (a write of TSDn, of CR with RE, of RCR or RBSTART while armed) only when all of it lies in the guest's
 * memory.
 */
import { inw, outl, readAll, type Sequence, type Width } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import type { Direction, HookedList } from "../hooked-list.ts";
import {
  type Access,
  APPROVED,
  denied,
  type InspectableModel,
  type ModelDefinition,
  type ModelHost,
  type Phase,
  type RegisterUnit,
  type Verdict,
} from "../model.ts";
import {
  type CardContext,
  portOf,
  powerOnContext,
  RTL8139_CONTEXT,
  readRegister,
  restoreCard,
  saveCard,
  writeRegister,
} from "./context.ts";
import { EEPROM_ID, EEPROM_MAC_WORD, Eeprom93c46 } from "./eeprom.ts";
import { GuestTimer } from "./guest-timer.ts";
import { composeHooks, nameAt, RESERVED_FROM, SPECS } from "./hooks.ts";
import {
  CR,
  CR9346,
  ISR,
  RCR,
  REGISTERS,
  type RegisterName,
  RX_MAX_BYTES,
  ringBytes,
  TSD,
  TX_DESCRIPTORS,
} from "./registers.ts";
import { rtl8139Automaton as automaton, type Rtl8139Event } from "./statechart.ts";

/** Interrupts that the DMM needs to follow transmits, whatever the guest masks. */
const FOLLOWED = ISR.TOK | ISR.TER;
const RESET_POLLS = 100;
const RING_64K = 0x1_0000;
/** Descriptor number when `name` is TSDn, or TSADn. */
const tsdIndex = (port: number): number => (port - REGISTERS.TSD0.offset) >> 2;
const tsadIndex = (port: number): number => (port - REGISTERS.TSAD0.offset) >> 2;

/** True for a write that the card ignores: of a part of a register that takes only whole writes. */
const ignored = (name: RegisterName, access: Access): boolean =>
  SPECS[name].whole === true && access.width < SPECS[name].bytes;

class Rtl8139Model implements InspectableModel {
  readonly #host: ModelHost;
  #state = automaton.initial.next;
  #hooks: HookedList | undefined;
  #card: CardContext;
  #eeprom: Eeprom93c46;
  #cr9346 = 0;
  #isr = 0;
  #imr = 0;
  #rcr = 0;
  #rbstart = 0;
  readonly #tsad = [0, 0, 0, 0];
  /** Size of each descriptor that the card has, or undefined. */
  readonly #queued: (number | undefined)[] = [undefined, undefined, undefined, undefined];
  /** The descriptor whose turn it is. */
  #turn = 0;
  /** TSD of each descriptor as the guest left it in an earlier ownership. */
  readonly #servedTsd: (number | undefined)[] = [undefined, undefined, undefined, undefined];
  #missedBefore = 0;
  readonly #timer: GuestTimer;
  /** CR as it was before the receiver was disarmed for a handoff. */
  #command = 0;

  constructor(host: ModelHost) {
    this.#host = host;
    this.#card = powerOnContext(host.mac);
    this.#eeprom = new Eeprom93c46(host.mac);
    this.#timer = new GuestTimer(host.ioBase);
  }

  get stateName(): string {
    return automaton.name(this.#state);
  }

  get phase(): Phase {
    if (automaton.hasTag(this.#state, "failed")) return "programming";
    if (!automaton.hasTag(this.#state, "transmitting")) return "reusable";
    // Descriptors are sent in turn: one that was written out of turn, without TE or while the EEPROM is being
    // programmed waits for the guest.
    const stopped = automaton.hasTag(this.#state, "stopped") || this.#programsEeprom;
    return stopped || this.#queued[this.#turn] === undefined ? "programming" : "completing";
  }

  get #programsEeprom(): boolean {
    return (this.#cr9346 & CR9346.EEM) === CR9346.EEM_PROGRAM;
  }

  get listening(): boolean {
    return automaton.hasTag(this.#state, "armed");
  }

  get interrupt(): boolean {
    return (this.#isr & this.#imr) !== 0;
  }

  get hooks(): HookedList {
    this.#hooks ??= composeHooks(this.#servedTsd, this.#missedBefore !== 0, this.#timer.moved);
    return this.#hooks;
  }

  inspect(): Innards {
    return {
      state: this.#state,
      hooks: this.#hooks?.bytes,
      card: this.#card,
      eeprom: this.#eeprom.inspect(),
      cr9346: this.#cr9346,
      isr: this.#isr,
      imr: this.#imr,
      rcr: this.#rcr,
      rbstart: this.#rbstart,
      tsad: this.#tsad,
      queued: this.#queued,
      turn: this.#turn,
      servedTsd: this.#servedTsd,
      missedBefore: this.#missedBefore,
      timer: this.#timer.inspect(),
      command: this.#command,
    };
  }

  checkModel(access: Access): Verdict {
    const name = nameAt(access.port);
    if (name === undefined) {
      return access.port < RESERVED_FROM ? APPROVED : denied("port", "no register of the RTL8139");
    }
    if (access.direction === "read" || ignored(name, access)) return APPROVED;
    switch (name) {
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        return this.#checkTransmit(tsdIndex(access.port), access.value);
      case "TSAD0":
      case "TSAD1":
      case "TSAD2":
      case "TSAD3":
        return this.#checkTransmitAddress(tsadIndex(access.port), access.value);
      case "CR":
        return access.value & CR.RE && !this.listening ? this.#checkRing(this.#rbstart, this.#rcr) : APPROVED;
      case "RCR":
        return this.listening ? this.#checkRing(this.#rbstart, access.value) : APPROVED;
      case "RBSTART":
        return this.listening ? this.#checkRing(access.value, this.#rcr) : APPROVED;
      default:
        return APPROVED;
    }
  }

  *perform(access: Access): Sequence<number> {
    const name = nameAt(access.port);
    if (name === undefined) return 0;
    if (access.direction === "read") {
      return (yield* this.#read(name, access.port)) >>> (8 * (access.port - SPECS[name].offset));
    }
    return ignored(name, access) ? 0 : yield* this.#write(name, access);
  }

  *updateFromCard(): Sequence<boolean> {
    const status = yield readRegister(this.#host.ioBase, "ISR");
    if (status === 0) return false;
    yield writeRegister(this.#host.ioBase, "ISR", status);
    this.#isr |= status;
    if (status & ISR.SERR) this.#follow("ERROR");
    if (status & FOLLOWED) yield* this.#followTransmits();
    return true;
  }

  injectError(refused: Access): void {
    const name = nameAt(refused.port);
    if (name?.startsWith("TSD")) {
      this.#serveTsd(tsdIndex(refused.port), (refused.value & TSD.SIZE) | TSD.OWN | TSD.TABT);
      this.#isr |= ISR.TER;
    } else {
      this.#isr |= ISR.SERR;
    }
  }

  *quiesce(): Sequence<void> {
    const { ioBase } = this.#host;
    this.#command = yield readRegister(ioBase, "CR");
    yield writeRegister(ioBase, "CR", this.#command & CR.TE);
    yield* this.updateFromCard();
  }

  *save(): Sequence<void> {
    const { ioBase } = this.#host;
    this.#card = yield* saveCard(ioBase, this.#command);
    const names = ["TSD0", "TSD1", "TSD2", "TSD3", "MPC", "TimerInt", "TCTR", "ISR"] as const;
    const values = yield* readAll(names.map((name) => readRegister(ioBase, name)));
    for (let n = 0; n < TX_DESCRIPTORS; n++) this.#servedTsd[n] ??= values[n];
    const [missed = 0, timerInt = 0, ticks = 0, status = 0] = values.slice(TX_DESCRIPTORS);
    this.#missedBefore += missed;
    this.#timer.keep(timerInt, ticks, status);
    this.#isr |= status;
    this.#hooks = undefined;
  }

  *restore(): Sequence<void> {
    const context = {
      rcr: this.#rcr,
      rbstart: this.#toHost(this.#rbstart),
      tsad: this.#tsad.map((address) => this.#toHost(address)),
      turn: this.#turn,
      imr: this.#imr | FOLLOWED,
      timerInt: this.#timer.cardTimerInt,
      mode: this.#cr9346 & CR9346.EEM,
    };
    yield* restoreCard(this.#host.ioBase, this.#card, context, this.#host.scratch);
  }

  #follow(event: Rtl8139Event): void {
    this.#state = automaton.step(this.#state, automaton.eventId(event)).next;
  }

  /**
   * Host-physical; an address outside the guest's memory never reaches the card, it gets 0 and is never used.
   */
  #toHost(address: number): number {
    return this.#host.toHost(address, 1) ?? 0;
  }

  #checkTransmit(n: number, value: number): Verdict {
    if (this.#queued[n] !== undefined) return denied("transition", `descriptor ${n} is still the card's`);
    if (value & TSD.OWN) return APPROVED;
    return this.#checkBuffer(this.#tsad[n] ?? 0, value & TSD.SIZE);
  }

  /** A descriptor that waits for its turn has not been read yet: its buffer must stay the guest's. */
  #checkTransmitAddress(n: number, address: number): Verdict {
    const queuedBytes = this.#queued[n];
    return queuedBytes === undefined ? APPROVED : this.#checkBuffer(address, queuedBytes);
  }

  #checkBuffer(address: number, bytes: number): Verdict {
    if (this.#host.toHost(address, Math.max(1, bytes)) !== undefined) return APPROVED;
    return denied("dma", `transmit buffer of ${bytes} bytes at 0x${address.toString(16)} is not the guest's`);
  }

  /** All that the receiver may write: the ring and, with WRAP, a frame that runs on (never at 64 KiB). */
  #checkRing(address: number, rcr: number): Verdict {
    const ring = ringBytes(rcr);
    const bytes = ring + (rcr & RCR.WRAP && ring < RING_64K ? RX_MAX_BYTES : 0);
    if (this.#host.toHost(address, bytes) !== undefined) return APPROVED;
    return denied("dma", `receive ring of ${bytes} bytes at 0x${address.toString(16)} is not the guest's`);
  }

  *#read(name: RegisterName, port: number): Sequence<number> {
    const { ioBase } = this.#host;
    switch (name) {
      case "IMR":
        return this.#imr;
      case "ISR":
        yield* this.updateFromCard();
        return this.#isr;
      case "RBSTART":
        return this.#rbstart;
      case "CR9346":
        return this.#programsEeprom ? CR9346.EEM_PROGRAM | this.#eeprom.read() : this.#cr9346;
      case "TSAD0":
      case "TSAD1":
      case "TSAD2":
      case "TSAD3":
        return this.#tsad[tsadIndex(port)] ?? 0;
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        return this.#servedTsd[tsdIndex(port)] ?? (yield readRegister(ioBase, name));
      case "TSAD":
        return this.#mergeServedStatus(yield readRegister(ioBase, "TSAD"));
      case "MPC":
        return ((yield readRegister(ioBase, "MPC")) + this.#missedBefore) & 0x00ff_ffff;
      case "TCTR":
        return yield* this.#timer.readCount();
      case "TimerInt":
        return yield* this.#timer.readTimerInt();
      default:
        return yield readRegister(ioBase, name);
    }
  }

  *#write(name: RegisterName, { port, value }: Access): Sequence<number> {
    const { ioBase } = this.#host;
    switch (name) {
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        return yield* this.#writeTsd(tsdIndex(port), value);
      case "TSAD0":
      case "TSAD1":
      case "TSAD2":
      case "TSAD3":
        this.#tsad[tsadIndex(port)] = value;
        return yield outl(ioBase + port, this.#toHost(value));
      case "RBSTART":
        this.#rbstart = value;
        return yield outl(ioBase + port, this.#toHost(value));
      case "CR":
        return yield* this.#writeCommand(value);
      case "IMR":
        this.#imr = value & REGISTERS.IMR.writable;
        return yield writeRegister(ioBase, "IMR", this.#imr | FOLLOWED);
      case "ISR":
        // What is followed must be seen before it is acknowledged. Other bits may be only in the card: one
        // that the guest masks has raised no interrupt.
        if (value & FOLLOWED) yield* this.updateFromCard();
        this.#isr &= ~value;
        return yield writeRegister(ioBase, "ISR", value & ~FOLLOWED);
      case "RCR":
        this.#rcr = value & REGISTERS.RCR.writable;
        return yield writeRegister(ioBase, "RCR", value);
      case "CR9346":
        return yield* this.#writeEepromCommand(value);
      case "MPC":
        this.#missedBefore = 0;
        break;
      case "TCTR":
        if (yield* this.#timer.restart()) this.#isr |= ISR.TimeOut;
        this.#hooks = undefined;
        return 0;
      case "TimerInt":
        return yield* this.#timer.writeTimerInt(value);
      default:
        break;
    }
    this.#hooks = undefined;
    return yield writeRegister(ioBase, name, value);
  }

  *#writeTsd(n: number, value: number): Sequence<number> {
    if ((value & TSD.OWN) === 0) {
      this.#queued[n] = value & TSD.SIZE;
      this.#follow("TRANSMIT");
    }
    this.#serveTsd(n, undefined);
    return yield outl(portOf(this.#host.ioBase, "TSD0", n), value);
  }

  *#writeCommand(value: number): Sequence<number> {
    const { ioBase } = this.#host;
    yield writeRegister(ioBase, "CR", value);
    if (value & CR.RST) {
      return yield* this.#startAgain();
    }
    if (this.listening !== ((value & CR.RE) !== 0))
      this.#follow(value & CR.RE ? "RECEIVE_ON" : "RECEIVE_OFF");
    this.#follow(value & CR.TE ? "TRANSMIT_ON" : "TRANSMIT_OFF");
    return 0;
  }

  /** The card has been reset: what the guest had in it is gone, as it would be without a VMM. */
  *#startAgain(): Sequence<number> {
    const { ioBase } = this.#host;
    this.#forget();
    // To the card an address of 0 is the host's.
    for (let n = 0; n < TX_DESCRIPTORS; n++) yield outl(portOf(ioBase, "TSAD0", n), this.#toHost(0));
    yield writeRegister(ioBase, "RBSTART", this.#toHost(0));
    return yield writeRegister(ioBase, "IMR", FOLLOWED);
  }

  #forget(): void {
    this.#follow("RESET");
    this.#isr = 0;
    this.#imr = 0;
    this.#rcr = 0;
    this.#rbstart = 0;
    this.#tsad.fill(0);
    this.#queued.fill(undefined);
    this.#servedTsd.fill(undefined);
    this.#turn = 0;
    this.#missedBefore = 0;
    this.#timer.forget();
    this.#cr9346 = 0;
    this.#eeprom.write(0);
    this.#hooks = undefined;
  }

  /**
   * The guest works on its own EEPROM; only the operating mode reaches the card, whose own stays unselected.
   */
  *#writeEepromCommand(value: number): Sequence<number> {
    const mode = value & CR9346.EEM;
    if (mode === CR9346.EEM_AUTOLOAD) return yield* this.#autoload();
    this.#cr9346 = value & REGISTERS.CR9346.writable;
    this.#eeprom.write(mode === CR9346.EEM_PROGRAM ? value : 0);
    return yield writeRegister(this.#host.ioBase, "CR9346", mode);
  }

  /** 9346CR.EEM = 01: a reset that also loads the address, from the guest's own EEPROM. */
  *#autoload(): Sequence<number> {
    const { ioBase } = this.#host;
    yield writeRegister(ioBase, "CR9346", CR9346.EEM_AUTOLOAD);
    yield* this.#startAgain();
    const known = this.#eeprom.word(0) === EEPROM_ID;
    const word = (i: number): number => (known ? this.#eeprom.word(EEPROM_MAC_WORD + i) : 0);
    yield writeRegister(ioBase, "IDR0", (word(0) | (word(1) << 16)) >>> 0);
    return yield writeRegister(ioBase, "IDR4", word(2));
  }

  /** Which descriptors are done: the card finishes them in turn. */
  *#followTransmits(): Sequence<void> {
    const all = yield inw(portOf(this.#host.ioBase, "TSAD"));
    while (this.#queued[this.#turn] !== undefined && all & (1 << this.#turn)) {
      this.#queued[this.#turn] = undefined;
      this.#turn = (this.#turn + 1) % TX_DESCRIPTORS;
      this.#follow("SENT");
    }
  }

  #serveTsd(n: number, value: number | undefined): void {
    if (this.#servedTsd[n] === value) return;
    this.#servedTsd[n] = value;
    this.#hooks = undefined;
  }

  #mergeServedStatus(card: number): number {
    let all = card;
    for (const [n, status] of this.#servedTsd.entries()) {
      if (status === undefined) continue;
      const bits =
        (status & TSD.OWN ? 0x0001 : 0) |
        (status & TSD.TABT ? 0x0010 : 0) |
        (status & TSD.TUN ? 0x0100 : 0) |
        (status & TSD.TOK ? 0x1000 : 0);
      all = (all & ~(0x1111 << n)) | (bits << n);
    }
    return all;
  }
}

function* resetCard(ioBase: number): Sequence<void> {
  // Off first: what waits for the end of EEPROM programming must not start then.
  yield writeRegister(ioBase, "CR", 0);
  yield writeRegister(ioBase, "CR9346", CR9346.EEM_NORMAL);
  yield writeRegister(ioBase, "CR", CR.RST);
  for (let poll = 0; poll < RESET_POLLS; poll++) {
    if (((yield readRegister(ioBase, "CR")) & CR.RST) === 0) return;
  }
}

export const rtl8139Model: ModelDefinition<InspectableModel> = {
  automaton,
  context: RTL8139_CONTEXT,
  registerAt(port: number, width: Width): RegisterUnit {
    const name = nameAt(port);
    if (name === undefined) return { port, width: 1, writeOneToClear: false };
    const { offset, bytes, access, whole } = SPECS[name];
    // An access to a part of such a register must not become one to all of it.
    if (whole && (port !== offset || width < bytes)) return { port, width: 1, writeOneToClear: false };
    return { port: offset, width: bytes, writeOneToClear: access === "W1C" };
  },
  registerName: (port: number, _direction: Direction): string => nameAt(port) ?? `0x${port.toString(16)}`,
  initModel: (host) => new Rtl8139Model(host),
  resetCard,
};
