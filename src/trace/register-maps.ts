/** Where each card has its registers, as plain data for traces: from the cards' own tables. */
import * as Ne2000 from "../devices/ne2000/registers.ts";
import * as Rtl8139 from "../devices/rtl8139/registers.ts";
import type { CardKind } from "../scenario/scenario.ts";
import type { RegisterPlace, TraceCard, TraceRegister } from "./head.ts";

export const REGISTER_MAPS: Readonly<Record<CardKind, Pick<TraceCard, "registers" | "paging">>> = {
  rtl8139: {
    registers: Object.entries(Rtl8139.REGISTERS).map(([name, { offset, bytes }]): TraceRegister => {
      return { name, bytes, places: [{ offset, pages: undefined, reads: true, writes: true }] };
    }),
    paging: undefined,
  },
  ne2000: {
    registers: ne2000Registers(),
    paging: { offset: Ne2000.OFFSET.CR, shift: 6, mask: 3, resetFrom: Ne2000.RESET_PORT },
  },
};

/** Some are written on one page and read on another: they are one register. */
function ne2000Registers(): readonly TraceRegister[] {
  const places = new Map<string, RegisterPlace[]>();
  for (const { name, offset, pages, access } of Ne2000.REGISTERS) {
    const place = { offset, pages, reads: access !== "WO", writes: access !== "RO" };
    places.set(name, [...(places.get(name) ?? []), place]);
  }
  return [...places].map(([name, found]) => ({ name, bytes: 1, places: found }));
}
