/** What can be told of an RTL8139 by looking at it. */
import type { Width } from "../../hardware/cpu.ts";
import type { Silicon } from "../../hardware/silicon.ts";
import type { Outside } from "../device.ts";
import { composeHooks } from "./hooks.ts";
import { CR, PORT_BYTES, REGISTERS, type RegisterName } from "./registers.ts";

/** TSAD: the OWN bits of all four descriptors. */
const ALL_OWNED = 0x000f;

/** Registers that change by themselves: with frames, with time. */
const RESTLESS: readonly string[] = [
  ...(["TSD0", "TSD1", "TSD2", "TSD3", "TSAD"] as const),
  ...(["ISR", "CBR", "TCTR", "MPC"] as const),
] satisfies readonly RegisterName[];

/** By offset: the bits of the byte there that stay as they were written. */
const STABLE: readonly number[] = (() => {
  const bits: number[] = new Array(PORT_BYTES).fill(0);
  for (const [name, { offset, bytes }] of Object.entries(REGISTERS))
    bits.fill(RESTLESS.includes(name) ? 0 : 0xff, offset, offset + bytes);
  bits[REGISTERS.CR.offset] = 0xff & ~CR.BUFE;
  return bits;
})();

function busyWith(silicon: Silicon): string | undefined {
  const queued = ALL_OWNED & ~silicon.readPort(REGISTERS.TSAD.offset, 2);
  if (queued !== 0) return `transmit descriptors under way (${queued.toString(2)})`;
  return silicon.readPort(REGISTERS.CR.offset, 1) & CR.RE ? "its receiver armed" : undefined;
}

function stableBits(_silicon: Silicon, offset: number, width: Width): number {
  let mask = 0;
  for (let lane = 0; lane < width; lane++) mask |= (STABLE[offset + lane] ?? 0) << (8 * lane);
  return mask >>> 0;
}

/** With everything hooked that ever is. */
const HOOKS = composeHooks([0, 0, 0, 0], true, true);

export const rtl8139Outside: Outside = {
  busyWith,
  stableBits,
  passing: Object.entries(REGISTERS).flatMap(([name, { offset, bytes }]) =>
    RESTLESS.includes(name) || HOOKS.covers(offset, bytes, "read") ? [] : [{ offset, bytes }],
  ),
};
