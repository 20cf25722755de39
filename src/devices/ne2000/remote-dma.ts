/**
 * Remote DMA (DP8390D section 9.0): moves data between the card's memory and the processor, which reads or
 * writes the data port. It works in the reset state as well.
 */
import { type Width, widthMask } from "../../hardware/cpu.ts";
import type { Inspectable } from "../../hardware/inspection.ts";
import { littleEndian, putLittleEndian } from "../../hardware/little-endian.ts";
import type { Core } from "./core.ts";
import { type CardMemory, ramBytesFrom } from "./memory.ts";
import { CR, DCR, ISR, PAGE_BYTES } from "./registers.ts";

export class RemoteDma implements Inspectable {
  readonly #core: Core;
  readonly #memory: CardMemory;
  /** Loaded by RSAR, read as CRDA. */
  #address = 0;
  /** Loaded by RBCR, counts down to 0. */
  #bytesLeft = 0;
  /** Where BNRY goes when the packet being sent has been read. */
  #boundaryAfterSend: number | undefined;

  constructor(core: Core, memory: CardMemory) {
    this.#core = core;
    this.#memory = memory;
  }

  inspect() {
    return {
      address: this.#address,
      bytesLeft: this.#bytesLeft,
      boundaryAfterSend: this.#boundaryAfterSend,
    };
  }

  get address(): number {
    return this.#address;
  }

  setAddressByte(index: 0 | 1, value: number): void {
    this.#address = replaceByte(this.#address, index, value);
  }

  setCountByte(index: 0 | 1, value: number): void {
    this.#bytesLeft = replaceByte(this.#bytesLeft, index, value);
  }

  powerOn(): void {
    this.#address = 0;
    this.#bytesLeft = 0;
    this.#boundaryAfterSend = undefined;
  }

  /** CR was written. A transfer of no bytes is over at once. */
  command(): void {
    if (this.#command === CR.SEND) this.#beginSend();
    else this.#boundaryAfterSend = undefined;
    if ((this.#reads || this.#writes) && this.#bytesLeft === 0) this.#complete();
  }

  /**
   * A read of the data port. One unit (a word when DCR.WTS is set, else a byte) for each access that is not
   * wider, as many as fit into one that is. All ones when no transfer to the processor is under way.
   */
  read(width: Width): number {
    const unit = this.#unitBytes;
    let value = 0;
    for (let done = 0; done < width; done += unit) value |= this.#readUnit(unit) << (8 * done);
    return (value & widthMask(width)) >>> 0;
  }

  /** A write to the data port; lost when no transfer to the card is under way. */
  write(width: Width, value: number): void {
    const unit = this.#unitBytes;
    for (let done = 0; done < width; done += unit) this.#writeUnit(unit, value >>> (8 * done));
  }

  /** So many reads of `width` bytes as `into` holds. */
  readString(width: Width, into: Uint8Array): void {
    for (let at = 0; at < into.length; ) {
      const run = this.#reads ? this.#runBytes(width, into.length - at) : 0;
      if (run > 0) {
        into.set(this.#memory.ram(this.#address, run), at);
        this.#skip(run);
        at += run;
      } else {
        putLittleEndian(into, at, width, this.read(width));
        at += width;
      }
    }
  }

  /** So many writes of `width` bytes as `from` holds. */
  writeString(width: Width, from: Uint8Array): void {
    for (let at = 0; at < from.length; ) {
      const run = this.#writes ? this.#runBytes(width, from.length - at) : 0;
      if (run > 0) {
        this.#memory.ram(this.#address, run).set(from.subarray(at, at + run));
        this.#skip(run);
        at += run;
      } else {
        this.write(width, littleEndian(from, at, width));
        at += width;
      }
    }
  }

  /**
   * Bytes, at most `most` and whole accesses of `width` bytes, that are moved from here on in RAM before anything
   * happens: the end of the transfer, the end of the ring, the end of the RAM. Those that it happens at are not counted.
   */
  #runBytes(width: Width, most: number): number {
    const unit = this.#unitBytes;
    const at = this.#address;
    if (width < unit || at !== this.#alignedAddress(unit)) return 0;
    const stop = this.#core.registers.PSTOP * PAGE_BYTES;
    const edges = [ramBytesFrom(at), this.#bytesLeft - 1, stop > at ? stop - at - 1 : most];
    const run = Math.min(most, ...edges);
    return run <= 0 ? 0 : run - (run % width);
  }

  #skip(bytes: number): void {
    this.#address += bytes;
    this.#bytesLeft -= bytes;
  }

  get #command(): number {
    const command = this.#core.registers.CR & CR.RD;
    return (command & CR.ABORT) !== 0 ? CR.ABORT : command;
  }

  get #reads(): boolean {
    return this.#command === CR.READ || this.#boundaryAfterSend !== undefined;
  }

  get #writes(): boolean {
    return this.#command === CR.WRITE;
  }

  get #unitBytes(): 1 | 2 {
    return (this.#core.registers.DCR & DCR.WTS) !== 0 ? 2 : 1;
  }

  /**
   * Send packet: the transfer initialises itself from the packet at BNRY. The count is the one in its header,
   * which includes the CRC and not the header: what is read is the header and the frame.
   */
  #beginSend(): void {
    const { registers } = this.#core;
    if ((registers.DCR & DCR.AR) === 0 || this.#boundaryAfterSend !== undefined) return;
    const header = registers.BNRY * PAGE_BYTES;
    this.#address = header;
    this.#boundaryAfterSend = this.#memory.read(header + 1);
    this.#bytesLeft = this.#memory.read(header + 2) | (this.#memory.read(header + 3) << 8);
  }

  #readUnit(unit: 1 | 2): number {
    if (!this.#reads || this.#bytesLeft === 0) return widthMask(unit);
    const at = this.#alignedAddress(unit);
    const value =
      unit === 1 ? this.#memory.read(at) : this.#memory.read(at) | (this.#memory.read(at + 1) << 8);
    this.#advance(unit);
    return value;
  }

  #writeUnit(unit: 1 | 2, value: number): void {
    if (!this.#writes || this.#bytesLeft === 0) return;
    const at = this.#alignedAddress(unit);
    this.#memory.write(at, value);
    if (unit === 2) this.#memory.write(at + 1, value >>> 8);
    this.#advance(unit);
  }

  /** Words are on even addresses: A0 is not looked at. */
  #alignedAddress(unit: 1 | 2): number {
    return this.#address & ~(unit - 1);
  }

  /**
   * The address counter follows the ring: from the page stop address it goes on at the page start address.
   */
  #advance(unit: 1 | 2): void {
    const { PSTART, PSTOP } = this.#core.registers;
    this.#address = (this.#address + unit) & 0xffff;
    if (this.#alignedAddress(unit) === PSTOP * PAGE_BYTES) this.#address = PSTART * PAGE_BYTES;
    this.#bytesLeft = Math.max(0, this.#bytesLeft - unit);
    if (this.#bytesLeft === 0) this.#complete();
  }

  #complete(): void {
    if (this.#boundaryAfterSend !== undefined) {
      this.#core.moveBoundary(this.#boundaryAfterSend);
      this.#boundaryAfterSend = undefined;
    }
    this.#core.raise(ISR.RDC);
  }
}

function replaceByte(word: number, index: 0 | 1, value: number): number {
  return index === 0 ? (word & 0xff00) | value : (word & 0x00ff) | (value << 8);
}
