/** The names of an RTL8139's ports. */
import type { RegisterMap } from "../register-map.ts";
import { REGISTERS } from "./registers.ts";

export const rtl8139Registers: RegisterMap = {
  registers: Object.entries(REGISTERS).map(([name, { offset, bytes }]) => ({
    name,
    bytes,
    places: [{ offset, pages: undefined, reads: true, writes: true }],
  })),
  paging: undefined,
};
