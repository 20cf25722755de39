/** Measurements of the VPIO paper (OSR 43(3), 2009) that ours are set beside. */
import type { CardKind } from "../devices/device.ts";
import type { Mode } from "../scenario/scenario.ts";

/** Exits per packet of a guest that mostly sends, and of one that mostly receives. */
export interface PaperExits {
  readonly send: number;
  readonly receive: number;
}

/** Read off figures 7 and 8, about ±2%. One guest, TCP between real machines, acknowledgements and all. */
const EXITS_PER_PACKET = {
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
} as const satisfies Readonly<Record<CardKind, Readonly<Record<Mode, PaperExits>>>>;

/** The cards that the authors had. */
export type PaperCard = keyof typeof EXITS_PER_PACKET;
const isPaperCard = (kind: CardKind): kind is PaperCard => Object.hasOwn(EXITS_PER_PACKET, kind);

/** Undefined of any other card. */
export function paperExits(kind: PaperCard, mode: Mode): PaperExits;
export function paperExits(kind: CardKind, mode: Mode): PaperExits | undefined;
export function paperExits(kind: CardKind, mode: Mode): PaperExits | undefined {
  return isPaperCard(kind) ? EXITS_PER_PACKET[kind][mode] : undefined;
}
