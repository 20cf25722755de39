/**
 * A kernel's driver for the RTL8139: the address from the EEPROM, four bounce buffers to send, one ring to
 * receive.
 */
import { VpioError } from "../../base/errors.ts";
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import { MAC_BYTES } from "../../ethernet/mac.ts";
import { clock, critical, hlt, inb, inl, inw, outb, outl, outw, type Program } from "../../hardware/cpu.ts";
import { littleEndian } from "../../hardware/little-endian.ts";
import { type DriverCounters, type DriverEnvironment, type NetDriver, newCounters } from "../driver.ts";
import { EEPROM_ID, EEPROM_MAC_WORD } from "./eeprom.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  FCS_BYTES,
  ISR,
  RCR,
  REGISTERS,
  type RegisterName,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  RX_MIN_RUNT_BYTES,
  RX_STATUS,
  ringBytes,
  TCR,
  TSD,
  TX_DESCRIPTORS,
} from "./registers.ts";

export interface Rtl8139DriverOptions {
  /** Default 32. */
  readonly ringKib?: 8 | 16 | 32 | 64;
  /**
   * Let a frame run past the ring's end instead of splitting it (RCR.WRAP). Default true; a ring of 64 KiB
   * always splits.
   */
  readonly wrap?: boolean;
}

const TX_BUFFER_BYTES = 1536;
/** Bytes in the card's FIFO before a frame starts to leave, in units of 32, as TSD has it. */
const EARLY_TX_THRESHOLD = 8 << 16;
const MXDMA_1024 = 6 << 8;
const RXFTH_NONE = 7 << 13;
const IFG_STANDARD = 3 << 24;
const ALL_ONES = 0xffff_ffff;

const RESET_POLLS = 1000;
const RESET_POLL_NS = 10_000;
const ROUNDS_PER_INTERRUPT = 20;
/** The length of a frame whose data the card is still writing. */
const RX_EARLY_LENGTH = 0xfff0;

const RX_EVENTS = ISR.ROK | ISR.RER | ISR.RXOVW | ISR.FOVW;
const TX_EVENTS = ISR.TOK | ISR.TER;
const EVENTS = RX_EVENTS | TX_EVENTS | ISR.PUN | ISR.SERR;

interface Buffers {
  readonly ring: number;
  readonly transmit: readonly number[];
}

export class Rtl8139Driver implements NetDriver {
  readonly counters: DriverCounters = newCounters();
  readonly mac = new Uint8Array(MAC_BYTES);
  readonly #environment: DriverEnvironment;
  readonly #rcr: number;
  #buffers: Buffers = { ring: 0, transmit: [] };
  /** Offset in the ring of the next frame to read. */
  #readOffset = 0;
  /** Frames handed to the card, and frames it is done with; descriptor n is used for each n modulo 4. */
  #queued = 0;
  #completed = 0;

  constructor(environment: DriverEnvironment, options: Rtl8139DriverOptions = {}) {
    this.#environment = environment;
    const accepted = RCR.APM | RCR.AB | (environment.promiscuous ? RCR.AAP | RCR.AM : 0);
    const rblen = Math.log2((options.ringKib ?? 32) / 8) << 11;
    const wrap = (options.wrap ?? true) && options.ringKib !== 64 ? RCR.WRAP : 0;
    this.#rcr = RXFTH_NONE | rblen | MXDMA_1024 | wrap | accepted;
  }

  get transmitIdle(): boolean {
    return this.#queued === this.#completed;
  }

  *open(): Program<void> {
    if ((yield inl(this.#port("TCR"))) === ALL_ONES) {
      throw new VpioError("PROGRAM", `no RTL8139 answers at port 0x${this.#environment.ioBase.toString(16)}`);
    }
    yield* this.#reset();
    yield* this.#readAddress();
    this.#allocate();
    this.#readOffset = 0;
    this.#queued = 0;
    this.#completed = 0;
    yield* this.#start();
  }

  *close(): Program<void> {
    yield outb(this.#port("CR"), 0);
    yield outw(this.#port("IMR"), 0);
    yield outw(this.#port("ISR"), 0xffff);
    this.#completed = this.#queued;
  }

  *transmit(frame: Uint8Array): Program<boolean> {
    if (frame.length > MAX_FRAME_BYTES) {
      throw new VpioError("PROGRAM", `a frame of ${frame.length} bytes; at most ${MAX_FRAME_BYTES} fit`);
    }
    return yield* critical(this.#queue(frame));
  }

  *interrupt(): Program<void> {
    for (let round = 0; round < ROUNDS_PER_INTERRUPT; round++) {
      const status = yield inw(this.#port("ISR"));
      if (status === 0xffff || (status & EVENTS) === 0) return;
      yield outw(this.#port("ISR"), status);
      if (status & RX_EVENTS) yield* this.#receiveAll();
      if (status & (ISR.RXOVW | ISR.FOVW)) yield* this.#acknowledgeOverflow();
      if (status & TX_EVENTS) yield* this.#completeTransmits();
    }
  }

  /** The port of a register; `index` counts in registers of four bytes, for TSD and TSAD. */
  #port(name: RegisterName, index = 0): number {
    return this.#environment.ioBase + REGISTERS[name].offset + 4 * index;
  }

  *#reset(): Program<void> {
    yield outb(this.#port("CR"), CR.RST);
    for (let poll = 0; poll < RESET_POLLS; poll++) {
      if (((yield inb(this.#port("CR"))) & CR.RST) === 0) return;
      yield hlt((yield clock) + RESET_POLL_NS);
    }
    throw new VpioError("PROGRAM", "the RTL8139 does not come out of its reset");
  }

  /** From the EEPROM; from the ID registers when there is none that the card knows, or on request. */
  *#readAddress(): Program<void> {
    const fromRegisters = this.#environment.addressFrom === "registers";
    if (fromRegisters || (yield* this.#readEeprom(0)) !== EEPROM_ID) {
      for (let i = 0; i < MAC_BYTES; i++) this.mac[i] = yield inb(this.#port("IDR0") + i);
      return;
    }
    for (let i = 0; i < 3; i++) {
      const word = yield* this.#readEeprom(EEPROM_MAC_WORD + i);
      this.mac[2 * i] = word;
      this.mac[2 * i + 1] = word >>> 8;
    }
  }

  /**
   * Clocks a read command (start bit, 10, six bits of address) into the EEPROM and sixteen bits out of it.
   */
  *#readEeprom(address: number): Program<number> {
    const port = this.#port("CR9346");
    const selected = CR9346.EEM_PROGRAM | CR9346.EECS;
    const command = (0b110 << 6) | address;
    yield outb(port, CR9346.EEM_PROGRAM);
    yield outb(port, selected);
    for (let bit = 8; bit >= 0; bit--) {
      const data = (command >>> bit) & 1 ? CR9346.EEDI : 0;
      yield outb(port, selected | data);
      yield outb(port, selected | data | CR9346.EESK);
    }
    yield outb(port, selected);
    let word = 0;
    for (let bit = 0; bit < 16; bit++) {
      yield outb(port, selected | CR9346.EESK);
      word = (word << 1) | ((yield inb(port)) & CR9346.EEDO);
      yield outb(port, selected);
    }
    yield outb(port, CR9346.EEM_NORMAL);
    return word;
  }

  /** Memory is taken once, however often the card is opened. */
  #allocate(): void {
    if (this.#buffers.transmit.length > 0) return;
    const { memory } = this.#environment;
    const ring = memory.allocate(ringBytes(this.#rcr) + CAPR_LAG + RX_MAX_BYTES, 256);
    const transmit = Array.from({ length: TX_DESCRIPTORS }, () => memory.allocate(TX_BUFFER_BYTES));
    this.#buffers = { ring, transmit };
  }

  *#start(): Program<void> {
    const { mac } = this;
    const hash = this.#environment.promiscuous ? ALL_ONES : 0;
    yield outb(this.#port("CR9346"), CR9346.EEM_CONFIG);
    yield outl(this.#port("IDR0"), littleEndian(mac, 0, 4));
    yield outl(this.#port("IDR4"), littleEndian(mac, 4, 2));
    yield outl(this.#port("MAR0"), hash);
    yield outl(this.#port("MAR4"), hash);
    yield outl(this.#port("RBSTART"), this.#buffers.ring);
    yield outb(this.#port("CR"), CR.RE | CR.TE);
    yield outl(this.#port("RCR"), this.#rcr);
    yield outl(this.#port("TCR"), IFG_STANDARD | MXDMA_1024);
    yield outb(this.#port("CR9346"), CR9346.EEM_NORMAL);
    for (const [n, address] of this.#buffers.transmit.entries()) yield outl(this.#port("TSAD0", n), address);
    yield outl(this.#port("MPC"), 0);
    yield outw(this.#port("MULINT"), 0);
    yield outw(this.#port("ISR"), 0xffff);
    yield outw(this.#port("IMR"), EVENTS);
  }

  *#queue(frame: Uint8Array): Program<boolean> {
    if (this.#queued - this.#completed === TX_DESCRIPTORS) return false;
    const n = this.#queued % TX_DESCRIPTORS;
    const bytes = Math.max(frame.length, MIN_FRAME_BYTES);
    const buffer = this.#environment.memory.bytes(this.#buffers.transmit[n] as number, bytes);
    buffer.fill(0, frame.length);
    buffer.set(frame);
    yield outl(this.#port("TSD0", n), EARLY_TX_THRESHOLD | bytes);
    this.#queued++;
    return true;
  }

  /** The card finishes descriptors in the order in which they were queued. */
  *#completeTransmits(): Program<void> {
    while (this.#completed < this.#queued) {
      const status = yield inl(this.#port("TSD0", this.#completed % TX_DESCRIPTORS));
      if ((status & (TSD.TOK | TSD.TUN | TSD.TABT)) === 0) return;
      this.#completed++;
      if (status & TSD.TOK) {
        this.counters.sentFrames++;
        this.counters.sentBytes += status & TSD.SIZE;
        continue;
      }
      this.counters.transmitErrors++;
      if (status & TSD.TABT) yield outl(this.#port("TCR"), IFG_STANDARD | MXDMA_1024 | TCR.CLRABT);
    }
  }

  *#receiveAll(): Program<void> {
    const { memory, onReceive } = this.#environment;
    while (((yield inb(this.#port("CR"))) & CR.BUFE) === 0) {
      const header = memory.u32(this.#buffers.ring + this.#readOffset);
      const length = header >>> 16;
      if (length === RX_EARLY_LENGTH) return;
      if ((header & RX_STATUS.ROK) === 0 || length < RX_MIN_RUNT_BYTES || length > RX_MAX_BYTES) {
        this.counters.receiveErrors++;
        yield* this.#restartReceiver();
        return;
      }
      const frame = this.#copyFrame(length - FCS_BYTES);
      const entryBytes = Math.ceil((RX_HEADER_BYTES + length) / 4) * 4;
      this.#readOffset = (this.#readOffset + entryBytes) % ringBytes(this.#rcr);
      yield outw(this.#port("CAPR"), (this.#readOffset - CAPR_LAG) & 0xffff);
      this.counters.receivedFrames++;
      this.counters.receivedBytes += frame.length;
      onReceive(frame);
    }
  }

  #copyFrame(bytes: number): Uint8Array {
    const { memory } = this.#environment;
    const { ring } = this.#buffers;
    const start = this.#readOffset + RX_HEADER_BYTES;
    const room = this.#rcr & RCR.WRAP ? bytes : Math.max(0, Math.min(bytes, ringBytes(this.#rcr) - start));
    const frame = new Uint8Array(bytes);
    frame.set(memory.bytes(ring + start, room));
    if (room < bytes) frame.set(memory.bytes(ring, bytes - room), room);
    return frame;
  }

  /** The ring has been emptied: the overflow is over, and what the card set again meanwhile goes with it. */
  *#acknowledgeOverflow(): Program<void> {
    this.counters.overflows++;
    yield outw(this.#port("ISR"), ISR.RXOVW | ISR.FOVW);
  }

  /** The ring makes no sense: turning the receiver off and on empties it and puts both ends at its start. */
  *#restartReceiver(): Program<void> {
    yield outb(this.#port("CR"), CR.TE);
    yield outb(this.#port("CR"), CR.RE | CR.TE);
    yield outl(this.#port("RCR"), this.#rcr);
    this.#readOffset = 0;
  }
}
