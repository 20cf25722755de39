/** What the fuzzer must know of a card: where to hit it, what it may cost, and how its whole state is read. */
import type { Prng } from "../base/prng.ts";
import type { Device } from "../devices/device.ts";
import type { Program, Width } from "../hardware/cpu.ts";
import type { Silicon } from "../hardware/silicon.ts";
import type { FuzzOp } from "./operation.ts";
import type { DmaRule, WorkLimit } from "./watched-slot.ts";

/** The memory that a hostile program has; its addresses begin at 0. */
export interface Space {
  readonly memoryBytes: number;
}

/** The cards that somebody has written a profile for. */
export type FuzzedCard = "rtl8139" | "ne2000";

export interface RegisterAccess {
  readonly offset: number;
  readonly width: Width;
}

export interface CardProfile {
  readonly card: FuzzedCard;
  readonly device: Device;
  /** Registers as the data sheet has them. */
  readonly registers: readonly RegisterAccess[];
  /** What one access to one register, one frame or one call of the card's timer may cost. */
  readonly work: WorkLimit;
  /** Port operations that the VMM needs at most to serve one access, one interrupt, or one handoff. */
  readonly vmmOperations: { readonly access: number; readonly handOff: number };
  /** A write that takes the card somewhere: a register that matters, with a value at one of its borders. */
  write(prng: Prng, space: Space): Extract<FuzzOp, { readonly kind: "out" }>;
  /** Several operations that together get the card to work: what single ones hardly ever do. */
  recipe(prng: Prng, space: Space): readonly FuzzOp[];
  /** What a bare card's DMA must keep to: what it was programmed with. */
  dmaRule(silicon: Silicon): DmaRule;
  /** All that a guest can find out about its card without changing it; packet RAM goes to memory at `staging`. */
  view(ioBase: number, staging: number): Program<readonly number[]>;
}

/** Bytes of memory that `view` may need. */
export const STAGING_BYTES = 0x4000;

/** Values at which registers break, for one of `bits` bits. */
export function borderValue(prng: Prng, bits: number, reset: number): number {
  const all = 2 ** bits;
  switch (prng.below(7)) {
    case 0:
      return 0;
    case 1:
      return all - 1;
    case 2:
      return 2 ** prng.below(bits);
    case 3:
      return all - 1 - 2 ** prng.below(bits);
    case 4:
      return reset;
    default:
      return prng.below(all);
  }
}

/** Addresses at the borders of a memory of `memoryBytes`, of the 32-bit space, and anywhere inside. */
export function borderAddress(prng: Prng, { memoryBytes }: Space): number {
  const near = prng.below(0x40) - 0x20;
  switch (prng.below(8)) {
    case 0:
      return (memoryBytes + near) >>> 0;
    case 1:
      return (memoryBytes - prng.below(0x3000)) >>> 0;
    case 2:
      return near >>> 0;
    case 3:
      return (0xffff_ffff - prng.below(0x3000)) >>> 0;
    case 4:
      return prng.u32();
    case 5:
      return memoryBytes * prng.below(8) + 4 * prng.below(0x400);
    default:
      return prng.below(memoryBytes);
  }
}

export const out = (
  offset: number,
  width: Width,
  value: number,
): Extract<FuzzOp, { readonly kind: "out" }> => ({ kind: "out", offset, width, value: value >>> 0 });
