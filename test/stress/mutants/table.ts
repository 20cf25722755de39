/** Every mutant, by the property that it breaks. */
import { DMA_MUTANTS, NE2000_CONTEXT_MUTANTS, REUSABLE_MUTANTS, RTL8139_CONTEXT_MUTANTS } from "./devices.ts";
import type { Mutant } from "./mutant.ts";
import { INTERRUPT_MUTANTS, OPERATION_MUTANTS, OWNERSHIP_MUTANTS, PROGRESS_MUTANTS } from "./protocol.ts";
import { WIRE_MUTANTS } from "./wire.ts";

export const MUTANTS: readonly Mutant[] = [
  ...OWNERSHIP_MUTANTS,
  ...OPERATION_MUTANTS,
  ...REUSABLE_MUTANTS,
  ...DMA_MUTANTS,
  ...RTL8139_CONTEXT_MUTANTS,
  ...NE2000_CONTEXT_MUTANTS,
  ...WIRE_MUTANTS,
  ...INTERRUPT_MUTANTS,
  ...PROGRESS_MUTANTS,
];
