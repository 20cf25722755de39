/** Measurements of the VPIO paper (OSR 43(3), 2009) that ours are set beside. */
import type { CardKind, Mode } from "../scenario/scenario.ts";

/** Exits per packet of a guest that mostly sends, and of one that mostly receives. */
export interface PaperExits {
  readonly send: number;
  readonly receive: number;
}

/** Read off figures 7 and 8, about ±2%. One guest, TCP between real machines, acknowledgements and all. */
const EXITS_PER_PACKET: Readonly<Record<CardKind, Readonly<Record<Mode, PaperExits>>>> = {
  ne2000: {
    passthrough: { send: 0.7, receive: 0.7 },
    vpio: { send: 16.9, receive: 9.2 },
    vnic: { send: 26.0, receive: 27.8 },
  },
  rtl8139: {
    passthrough: { send: 1.3, receive: 1.4 },
    vpio: { send: 6.4, receive: 7.5 },
    vnic: { send: 15.7, receive: 14.9 },
  },
};

export const paperExits = (kind: CardKind, mode: Mode): PaperExits => EXITS_PER_PACKET[kind][mode];
