/**
 * Host memory: one SharedArrayBuffer with a slab for each guest and one for the VMM. Guest-physical to host-physical is
 * an offset. There is no IOMMU: a card reads and writes whatever host address it was programmed with.
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

/** The whole memory of the host as the cards see it. */
export class HostMemory {
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer | ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
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
    for (let i = 0; i < into.length; i++) into[i] = this.#bytes[(start + i) >>> 0] ?? 0xff;
  }

  /** Writes `from` at `address`; what lies outside the memory is lost. Addresses wrap at 2^32. */
  write(address: number, from: Uint8Array): void {
    const start = address >>> 0;
    if (start + from.length <= this.#bytes.length) {
      this.#bytes.set(from, start);
      return;
    }
    for (let i = 0; i < from.length; i++) {
      const at = (start + i) >>> 0;
      if (at < this.#bytes.length) this.#bytes[at] = from[i] as number;
    }
  }

  /** The bytes of one slab. */
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
