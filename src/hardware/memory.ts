/**
 * Host memory: one SharedArrayBuffer with a slab for each guest and one for the VMM, and a bank for each virtual machine
 * that makes its memory itself. Guest-physical to host-physical is an offset. There is no IOMMU: a card reads and writes
 * whatever host address it was programmed with.
 */
import { VpioError } from "../base/errors.ts";
import { type GuestPhysical, guestPhysical, type HostPhysical, hostPhysical } from "../base/ids.ts";

/** Bytes in each page of the memory map; slabs begin and end on one. */
export const PAGE_BYTES = 4096;

/** A range of host memory that belongs to one guest, or to the VMM. */
export interface Slab {
  /** Where the slab begins in host memory. */
  readonly host: HostPhysical;
  readonly bytes: number;
  /**
   * The guest-physical address of its first byte: 0 for a guest whose addresses the VMM rewrites; equal to `host` in
   * passthrough mode, where a card without IOMMU needs guest-physical and host-physical to be one.
   */
  readonly guest: GuestPhysical;
}

/** Lays slabs of these sizes out one after the other; `identity` maps them 1:1. */
export function layOut(sizesBytes: readonly number[], identity: boolean): readonly Slab[] {
  let next = 0;
  return sizesBytes.map((bytes) => {
    const host = hostPhysical(next);
    next += Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    return { host, bytes, guest: guestPhysical(identity ? host : 0) };
  });
}

/** The memory that a virtual machine has made itself: guest-physical 0 is at `offset` of the buffer. */
export interface OwnMemory {
  readonly buffer: SharedArrayBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Memory of the host that has a buffer of its own, because the virtual machine that it belongs to has made it. */
export interface Bank {
  /** Where it lies in host memory: behind the common buffer, on a page. */
  readonly host: HostPhysical;
  readonly bytes: Uint8Array;
  /** Told of what cards write, by address in the bank. */
  readonly noteWrite: (address: number, bytes: number) => void;
}

/** The whole memory of the host as the cards see it. */
export class HostMemory {
  readonly #bytes: Uint8Array;
  readonly #banks: readonly Bank[];

  constructor(buffer: SharedArrayBuffer | ArrayBuffer, banks: readonly Bank[] = []) {
    this.#bytes = new Uint8Array(buffer);
    this.#banks = banks;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  /** Fills `into` from `address`; what lies outside the memory reads as 0xff. Addresses wrap at 2^32, as on the bus. */
  read(address: number, into: Uint8Array): void {
    const start = address >>> 0;
    if (start + into.length <= this.#bytes.length) {
      into.set(this.#bytes.subarray(start, start + into.length));
      return;
    }
    const bank = this.#bankAt(start, into.length);
    if (bank !== undefined) {
      into.set(bank.bytes.subarray(start - bank.host, start - bank.host + into.length));
      return;
    }
    for (let i = 0; i < into.length; i++) into[i] = this.#readByte((start + i) >>> 0);
  }

  /** Writes `from` at `address`; what lies outside the memory is lost. Addresses wrap at 2^32. */
  write(address: number, from: Uint8Array): void {
    const start = address >>> 0;
    if (start + from.length <= this.#bytes.length) {
      this.#bytes.set(from, start);
      return;
    }
    const bank = this.#bankAt(start, from.length);
    if (bank !== undefined) {
      bank.bytes.set(from, start - bank.host);
      bank.noteWrite(start - bank.host, from.length);
      return;
    }
    for (let i = 0; i < from.length; i++) this.#writeByte((start + i) >>> 0, from[i] as number);
  }

  /** The bank that has all of this range. */
  #bankAt(start: number, length: number): Bank | undefined {
    for (const bank of this.#banks) {
      if (start >= bank.host && start + length <= bank.host + bank.bytes.length) return bank;
    }
    return undefined;
  }

  #readByte(at: number): number {
    const bank = this.#bankAt(at, 1);
    return (bank === undefined ? this.#bytes[at] : bank.bytes[at - bank.host]) ?? 0xff;
  }

  #writeByte(at: number, value: number): void {
    const bank = this.#bankAt(at, 1);
    if (bank !== undefined) {
      bank.bytes[at - bank.host] = value;
      bank.noteWrite(at - bank.host, 1);
    } else if (at < this.#bytes.length) this.#bytes[at] = value;
  }

  /** The bytes of one slab of the common buffer. */
  slab(slab: Slab): Uint8Array {
    return this.#bytes.subarray(slab.host, slab.host + slab.bytes);
  }
}

/**
 * One guest's memory as its own programs see it: little-endian, by guest-physical address. A program that leaves its
 * memory has a bug (or is hostile): it gets a PROGRAM error, as a processor would give it a machine check.
 */
export class GuestMemory {
  /** First guest-physical address. */
  readonly base: number;
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #allocated = 0;

  constructor(buffer: SharedArrayBuffer | ArrayBuffer, slab: Slab) {
    this.base = slab.guest;
    this.sizeBytes = slab.bytes;
    this.#bytes = new Uint8Array(buffer, slab.host, slab.bytes);
    this.#view = new DataView(buffer, slab.host, slab.bytes);
  }

  /** First address behind what `allocate` has handed out. */
  get brk(): number {
    return this.base + this.#allocated;
  }

  /** Takes `bytes` from the memory, for good; `align` is a power of two. Throws a PROGRAM error when it is used up. */
  allocate(bytes: number, align = 16): number {
    const start = Math.ceil(this.#allocated / align) * align;
    if (start + bytes > this.sizeBytes) {
      throw new VpioError(
        "PROGRAM",
        `the guest's memory is used up: ${bytes} bytes wanted, ${this.sizeBytes - start} left`,
      );
    }
    this.#allocated = start + bytes;
    return this.base + start;
  }

  /** The bytes at `address`: a live view, not a copy. */
  bytes(address: number, length: number): Uint8Array {
    const start = this.#offset(address, length);
    return this.#bytes.subarray(start, start + length);
  }

  u8(address: number): number {
    return this.#view.getUint8(this.#offset(address, 1));
  }

  u16(address: number): number {
    return this.#view.getUint16(this.#offset(address, 2), true);
  }

  u32(address: number): number {
    return this.#view.getUint32(this.#offset(address, 4), true);
  }

  write(address: number, from: Uint8Array): void {
    this.#bytes.set(from, this.#offset(address, from.length));
  }

  /** True when the `length` bytes at `address` all lie in this memory. */
  contains(address: number, length: number): boolean {
    return address >= this.base && length >= 0 && address + length <= this.base + this.sizeBytes;
  }

  #offset(address: number, length: number): number {
    if (!this.contains(address, length)) {
      throw new VpioError(
        "PROGRAM",
        `a program left its memory: ${length} bytes at 0x${address.toString(16)}`,
      );
    }
    return address - this.base;
  }
}
