/**
 * WebAssembly modules whose memory is shared between threads. v86's are built for a memory of one thread: the flags of
 * that memory are rewritten here, in the module that defines it and in those that import it.
 */
import { invariant } from "../base/errors.ts";

export const WASM_PAGE_BYTES = 65_536;
/** What a 32-bit memory can have at most. */
const PAGES_MAX = 65_536;

const HEADER_BYTES = 8;
const SECTION = { imports: 2, memory: 5 } as const;
const IMPORT = { func: 0, table: 1, memory: 2, global: 3 } as const;
/** Flags of limits: there is a maximum; the memory is shared. */
const HAS_MAXIMUM = 1;
const SHARED = 2;

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads a module from `at` on. */
class Reader {
  readonly bytes: Bytes;
  at: number;

  constructor(bytes: Bytes, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    invariant(byte !== undefined, "a WebAssembly module ends in the middle of a section");
    return byte;
  }

  /** LEB128, unsigned. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Flags, a minimum, and a maximum when the flags say so. */
  limits(): { readonly minimum: number; readonly maximum: number | undefined } {
    const flags = this.byte();
    const minimum = this.number();
    return { minimum, maximum: flags & HAS_MAXIMUM ? this.number() : undefined };
  }
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}

const sharedLimits = (minimum: number, maximum: number): number[] => [
  HAS_MAXIMUM | SHARED,
  ...leb128(minimum),
  ...leb128(maximum),
];

/** Limits of a memory in a section: where they are in the module, and what they shall be. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly limits: readonly number[];
}

/** The module `bytes`, which defines its memory: that is shared now, and can grow to `maximumPages`. */
export function withSharedMemory(bytes: Bytes, maximumPages: number): Bytes {
  return changeSection(bytes, SECTION.memory, (reader) => {
    invariant(reader.number() === 1, "a WebAssembly module defines one memory");
    const from = reader.at;
    const { minimum } = reader.limits();
    return { from, to: reader.at, limits: sharedLimits(minimum, maximumPages) };
  });
}

/** The module `bytes`, which imports its memory: it expects a shared one now, of whatever maximum. */
export function withSharedImport(bytes: Bytes): Bytes {
  return changeSection(bytes, SECTION.imports, (reader) => {
    for (let left = reader.number(); left > 0; left--) {
      for (const _name of ["module", "field"]) {
        const length = reader.number();
        reader.at += length;
      }
      const kind = reader.byte();
      const from = reader.at;
      if (kind === IMPORT.memory) {
        const { minimum } = reader.limits();
        return { from, to: reader.at, limits: sharedLimits(minimum, PAGES_MAX) };
      }
      skipImport(reader, kind);
    }
    return undefined;
  });
}

function skipImport(reader: Reader, kind: number): void {
  if (kind === IMPORT.func) reader.number();
  else if (kind === IMPORT.global) reader.at += 2;
  else {
    invariant(kind === IMPORT.table, `a WebAssembly import of kind ${kind}`);
    reader.byte();
    reader.limits();
  }
}

/** Finds section `id` and puts what `find` found in it, and the new size of the section, in its place. */
function changeSection(bytes: Bytes, id: number, find: (reader: Reader) => Change | undefined): Bytes {
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const isWanted = reader.byte() === id;
    const sizeAt = reader.at;
    const size = reader.number();
    const start = reader.at;
    if (!isWanted) {
      reader.at = start + size;
      continue;
    }
    const change = find(reader);
    invariant(change !== undefined, "a WebAssembly module imports its memory");
    const grown = size + change.limits.length - (change.to - change.from);
    const head = [...leb128(grown), ...bytes.subarray(start, change.from), ...change.limits];
    const changed = new Uint8Array(sizeAt + head.length + bytes.length - change.to);
    changed.set(bytes.subarray(0, sizeAt));
    changed.set(head, sizeAt);
    changed.set(bytes.subarray(change.to), sizeAt + head.length);
    return changed;
  }
  invariant(false, `a WebAssembly module has a section ${id}`);
}
