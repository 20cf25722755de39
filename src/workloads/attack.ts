/** What an attack is, and the machine it is made from. */
import type { Mac } from "../ethernet/mac.ts";
import type { Program } from "../hardware/cpu.ts";
import type { GuestMemory } from "../hardware/memory.ts";

/**
 * dma-outside: DMA to and from addresses that are not the guest's. dma-over-end: DMA that begins where it may
 * and runs over the end. never-idle: the card always has something under way. touch-unheld: accesses to
 * another card's ports.
 */
export type CardAttack = "dma-outside" | "dma-over-end" | "never-idle";
export type AttackKind = CardAttack | "touch-unheld";

export interface HostileMachine {
  readonly card: "rtl8139" | "ne2000";
  /** First port of the card's I/O window. */
  readonly ioBase: number;
  readonly memory: GuestMemory;
  readonly mac: Mac;
  /** Ports of cards that the guest has no business with, for touch-unheld. */
  readonly otherPorts: readonly number[];
}

export interface Attack {
  /** Done once, before the first round. */
  setUp(): Program<void>;
  /** Answers how many forbidden operations it has tried. */
  round(): Program<number>;
}
