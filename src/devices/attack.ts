/** What an attack with a card is, and the machine that it is made from. */
import type { Mac } from "../ethernet/mac.ts";
import type { Program } from "../hardware/cpu.ts";
import type { GuestMemory } from "../hardware/memory.ts";

/**
 * dma-outside: DMA to and from addresses that are not the guest's. dma-over-end: DMA that begins where it may
 * and runs over the end. never-idle: the card always has something under way.
 */
export type CardAttack = "dma-outside" | "dma-over-end" | "never-idle";

export interface AttackMachine {
  /** First port of the card's I/O window. */
  readonly ioBase: number;
  readonly memory: GuestMemory;
  readonly mac: Mac;
}

export interface Attack {
  /** Done once, before the first round. */
  setUp(): Program<void>;
  /** Answers how many forbidden operations it has tried. */
  round(): Program<number>;
}

export type MakeAttack = (kind: CardAttack, machine: AttackMachine) => Attack;
