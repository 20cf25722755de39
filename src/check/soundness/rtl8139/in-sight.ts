/** What a checker can see of an RTL8139: its registers, none of which changes by being read, say all. */
import { CR, REGISTERS, type RegisterName, TX_DESCRIPTORS } from "../../../devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../devices/rtl8139/silicon.ts";
import type { Slot } from "../../../hardware/silicon.ts";
import type { CardInSight, Register } from "../specimen.ts";

export const VIEW: readonly Register[] = (Object.keys(REGISTERS) as RegisterName[]).map((name) => {
  const { offset: port, bytes } = REGISTERS[name];
  return { name, page: undefined, port, bytes };
});

export function insertRtl8139(slot: Slot, mac: Uint8Array): CardInSight {
  const silicon = new Rtl8139(slot, { mac });
  const value = (name: RegisterName): number =>
    silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);
  return {
    silicon,
    page: undefined,
    departed: false,
    get armed() {
      return (value("CR") & CR.RE) !== 0;
    },
    get missed() {
      return value("MPC");
    },
    busyWith: () => {
      const queued = ~value("TSAD") & 0xf;
      if (queued === 0) return [];
      const descriptors = Array.from({ length: TX_DESCRIPTORS }, (_, n) => n).filter(
        (n) => queued & (1 << n),
      );
      return [`descriptors ${descriptors.join(", ")} queued or being sent`];
    },
    stray: () => undefined,
    note: () => undefined,
    halfProgrammed: [],
    strayFrame: () => undefined,
    starts: () => false,
    view: () => VIEW,
  };
}
