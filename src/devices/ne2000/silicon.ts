/**
 * An NE2000 on PCI: the Realtek RTL8029AS, whose core is National Semiconductor's DP8390. It never masters
 * the bus; frames pass through 16 KiB of packet RAM on the card. README.md says what is implemented and what
 * is not.
 */
import { invariant } from "../../base/errors.ts";
import { MAC_BYTES } from "../../ethernet/mac.ts";
import { type Width, widthMask } from "../../hardware/cpu.ts";
import type { Inspectable } from "../../hardware/inspection.ts";
import { littleEndian, putLittleEndian } from "../../hardware/little-endian.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../hardware/silicon.ts";
import { Core } from "./core.ts";
import { Loopback } from "./loopback.ts";
import { CardMemory } from "./memory.ts";
import { Receiver } from "./receiver.ts";
import {
  CR,
  DATA_PORT,
  EECR,
  ISR,
  type NamedRegister,
  pageOf,
  RCR,
  RESET_PORT,
  type RegisterName,
  RSR,
  registerAt,
  WINDOW_BYTES,
} from "./registers.ts";
import { RemoteDma } from "./remote-dma.ts";
import { Transmitter } from "./transmitter.ts";

export interface Ne2000Options {
  /** The station address in the PROM: six bytes. */
  readonly mac: Uint8Array;
}

export class Ne2000 implements Silicon, Inspectable {
  readonly portBytes = WINDOW_BYTES;
  readonly #core: Core;
  readonly #memory: CardMemory;
  readonly #remote: RemoteDma;
  readonly #receiver: Receiver;
  readonly #loopback: Loopback;
  readonly #transmitter: Transmitter;

  constructor(slot: Slot, { mac }: Ne2000Options) {
    invariant(mac.length === MAC_BYTES, `a MAC address has ${MAC_BYTES} bytes, not ${mac.length}`);
    this.#memory = new CardMemory(mac);
    this.#core = new Core(slot);
    this.#remote = new RemoteDma(this.#core, this.#memory);
    this.#receiver = new Receiver(this.#core, this.#memory);
    this.#loopback = new Loopback(this.#core, this.#receiver);
    this.#transmitter = new Transmitter(this.#core, this.#memory, this.#loopback, slot);
  }

  inspect() {
    return {
      core: this.#core.inspect(),
      memory: this.#memory.inspect(),
      remote: this.#remote.inspect(),
      receiver: this.#receiver.inspect(),
      loopback: this.#loopback.inspect(),
      transmitter: this.#transmitter.inspect(),
    };
  }

  /**
   * Registers answer to bytes only: a wider access, or one outside the window, reads all ones and writes
   * nothing.
   */
  readPort(offset: number, width: Width): number {
    if (offset >= RESET_PORT && offset < WINDOW_BYTES) {
      this.#resetCard();
      return 0;
    }
    if (offset >= DATA_PORT && offset < RESET_PORT) return this.#remote.read(width);
    if (width !== 1 || offset < 0 || offset >= WINDOW_BYTES) return widthMask(width);
    const register = registerAt(this.#page, offset, "read");
    return register === undefined ? 0 : this.#readRegister(register.name);
  }

  writePort(offset: number, width: Width, value: number): void {
    if (offset >= DATA_PORT && offset < RESET_PORT) this.#remote.write(width, value);
    if (width !== 1 || offset < 0 || offset >= DATA_PORT) return;
    const register = registerAt(this.#page, offset, "write");
    if (register !== undefined) this.#writeRegister(register, value & 0xff);
  }

  readString(offset: number, width: Width, into: Uint8Array): void {
    if (offset >= DATA_PORT && offset < RESET_PORT) return this.#remote.readString(width, into);
    for (let at = 0; at < into.length; at += width)
      putLittleEndian(into, at, width, this.readPort(offset, width));
  }

  writeString(offset: number, width: Width, from: Uint8Array): void {
    if (offset >= DATA_PORT && offset < RESET_PORT) return this.#remote.writeString(width, from);
    for (let at = 0; at < from.length; at += width)
      this.writePort(offset, width, littleEndian(from, at, width));
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    return this.#receiver.receive(frame);
  }

  transmitted(): void {
    this.#transmitter.transmitted();
  }

  timer(): void {}

  /** The packet RAM keeps what it holds. */
  reset(): void {
    this.#core.powerOn();
    this.#remote.powerOn();
    this.#loopback.powerOn();
    this.#resetCard();
  }

  get #page(): number {
    return pageOf(this.#core.registers.CR);
  }

  #resetCard(): void {
    this.#transmitter.abandon();
    this.#receiver.stop();
    this.#core.reset();
    this.#remote.command();
  }

  #readRegister(name: RegisterName): number {
    const { registers } = this.#core;
    switch (name) {
      case "FIFO":
        return this.#loopback.readFifo();
      case "CRDA0":
        return this.#remote.address & 0xff;
      case "CRDA1":
        return this.#remote.address >>> 8;
      case "RSR":
        return registers.RSR | ((registers.RCR & RCR.MON) !== 0 ? RSR.DIS : 0);
      case "CNTR0":
      case "CNTR1":
      case "CNTR2": {
        const count = registers[name];
        registers[name] = 0;
        return count;
      }
      default:
        return registers[name];
    }
  }

  #writeRegister(register: NamedRegister, value: number): void {
    switch (register.name) {
      case "CR":
        return this.#command(value);
      case "ISR":
        return this.#core.lower(value & ~ISR.RST);
      case "BNRY":
        return this.#core.moveBoundary(value);
      case "RSAR0":
        return this.#remote.setAddressByte(0, value);
      case "RSAR1":
        return this.#remote.setAddressByte(1, value);
      case "RBCR0":
        return this.#remote.setCountByte(0, value);
      case "RBCR1":
        return this.#remote.setCountByte(1, value);
      case "IMR":
        this.#core.store(register, value);
        return this.#core.updateInterrupt();
      case "CONFIG2":
      case "CONFIG3":
        if ((this.#core.registers["9346CR"] & EECR.EEM) !== EECR.CONFIG_WRITE) return;
        return this.#core.store(register, value);
      default:
        return this.#core.store(register, value);
    }
  }

  /** A transmission under way goes on to its end, whatever is written. */
  #command(value: number): void {
    const { registers } = this.#core;
    const wasStopped = this.#core.stopped;
    registers.CR = (value & ~CR.TXP) | (registers.CR & CR.TXP);
    if (this.#core.stopped) this.#stop();
    else if (wasStopped) this.#core.lower(ISR.RST);
    this.#remote.command();
    const transmits = (value & CR.TXP) !== 0 && !this.#core.stopped && !this.#transmitter.busy;
    if (transmits) this.#transmitter.start();
  }

  /** The reset state is entered when the transmission under way is over. */
  #stop(): void {
    this.#receiver.stop();
    if (!this.#transmitter.busy) this.#core.raise(ISR.RST);
  }
}
