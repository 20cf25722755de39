/** The names of an NE2000's ports. Some are written on one page and read on another: they are one register. */
import type { MappedRegister, RegisterMap, RegisterPlace } from "../register-map.ts";
import { OFFSET, REGISTERS, RESET_PORT } from "./registers.ts";

function registers(): readonly MappedRegister[] {
  const places = new Map<string, RegisterPlace[]>();
  for (const { name, offset, pages, access } of REGISTERS) {
    const place = { offset, pages, reads: access !== "WO", writes: access !== "RO" };
    places.set(name, [...(places.get(name) ?? []), place]);
  }
  return [...places].map(([name, found]) => ({ name, bytes: 1, places: found }));
}

export const ne2000Registers: RegisterMap = {
  registers: registers(),
  paging: { offset: OFFSET.CR, shift: 6, mask: 3, resetFrom: RESET_PORT },
};
