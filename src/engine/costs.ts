/**
 * What things cost in virtual time on the seeded engine. The moves of all actors come one after the other, as on a host
 * with one processor, and each takes the time of the dearest thing it does.
 *
 * The scenario language's defaults are the paper's figures (Fig. 4) on a processor of 2 GHz:
 *
 * | figure  | cycles | what the paper measured                                                                     |
 * |---------|--------|---------------------------------------------------------------------------------------------|
 * | exit    |  1,218 | a VM exit on hardware                                                                       |
 * | model   |    100 | an update of the device model, on hardware                                                  |
 * | io      |    530 | an unhooked port operation (QEMU: there is no figure for hardware)                          |
 * | restore |    530 | a device context switch takes 33,582 cycles: 63 port operations, for about as many registers |
 *
 * `step` is vpio's own: 200 cycles for a message between actors, or for a program's way to its next operation.
 */
import { roleOf } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import type { Costs } from "../scenario/scenario.ts";
import type { Move } from "./scheduler.ts";

/** Nanoseconds that a move takes; `message`: what it delivers. */
export function moveNs(costs: Costs, move: Move, message: Message | undefined): number {
  if (move.kind !== "deliver" || message === undefined) return costs.stepNs;
  switch (message.type) {
    case "exit":
    case "irq":
      return costs.exitNs + costs.modelNs;
    case "io":
      return (roleOf(move.from) === "arbiter" ? costs.restoreNs : costs.ioNs) * Math.max(1, message.count);
    default:
      return costs.stepNs;
  }
}
