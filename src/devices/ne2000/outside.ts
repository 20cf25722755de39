/** What can be told of an NE2000 by looking at it. */
import type { Width } from "../../hardware/cpu.ts";
import type { Silicon } from "../../hardware/silicon.ts";
import type { Outside } from "../device.ts";
import { CR, DATA_PORT, MAR, OFFSET, PAR, pageOf, type RegisterName, registerAt } from "./registers.ts";

/** Registers that only the processor changes. */
const STABLE: readonly RegisterName[] = [
  ...PAR,
  ...MAR,
  ...(["BNRY", "PSTART", "PSTOP", "TPSR", "RCR", "TCR", "DCR", "IMR", "8029ID0", "8029ID1"] as const),
  ...(["9346CR", "CONFIG0", "CONFIG2", "CONFIG3", "8029ASID0", "8029ASID1"] as const),
];

function busyWith(silicon: Silicon): string | undefined {
  const command = silicon.readPort(OFFSET.CR, 1);
  if (command & CR.TXP) return "a transmission under way";
  return command & CR.STP ? undefined : "its station started";
}

function stableBits(silicon: Silicon, offset: number, width: Width): number {
  if (offset >= DATA_PORT || width !== 1) return 0;
  if (offset === OFFSET.CR) return 0xff & ~CR.TXP;
  const register = registerAt(pageOf(silicon.readPort(OFFSET.CR, 1)), offset, "read");
  return register !== undefined && STABLE.includes(register.name) ? 0xff : 0;
}

/** `passing`: none, as what a port reads depends on the page. */
export const ne2000Outside: Outside = { busyWith, stableBits, passing: [] };
