/** What guests do to an RTL8139, and what it is that they have before them. */
import type { Access } from "../../../devices/model.ts";
import { CR, ISR, RCR, REGISTERS, type RegisterName } from "../../../devices/rtl8139/registers.ts";
import { PAGE_BYTES } from "../../../hardware/memory.ts";
import { access, frame, write } from "../accesses.ts";
import type { Step } from "../specimen.ts";

export const GUEST_BYTES = 5 * PAGE_BYTES;
/** Where a ring of 8 KiB fits with all that may run on behind it, and where it does not. */
export const RING = PAGE_BYTES;
export const RING_TOO_FAR = 4 * PAGE_BYTES;
export const FRAME_BYTES = 60;
/** A frame of FRAME_BYTES does not fit there; the second one is nobody's. */
export const NEAR_END = GUEST_BYTES - FRAME_BYTES / 2;
export const OUTSIDE = GUEST_BYTES;
/** A frame that takes half the ring with its header and FCS: the second one overflows. */
export const HALF_RING = 4096;
/** So many frames are missed, in worlds in which frames are. */
const MISSED_MAX = 2;
export const BROADCAST = frame("a frame arrives", new Uint8Array(HALF_RING - 8).fill(0xff), MISSED_MAX);

export const set = (name: RegisterName, value: number): Access => {
  const { offset, bytes } = REGISTERS[name];
  return write(offset, bytes, value);
};
export const writes = (name: RegisterName, value: number, says: string): Step =>
  access(`the guest writes ${name}: ${says}`, set(name, value));
export const transmits = (name: "TSD0" | "TSD1" | "TSD2" | "TSD3"): Step =>
  access(`the guest writes ${name}`, set(name, FRAME_BYTES));
export const RESET = access("the guest resets the card", set("CR", CR.RST));

export const ALL = ISR.TOK | ISR.TER | ISR.ROK | ISR.RER | ISR.RXOVW | ISR.TimeOut;
export const RUNNING = CR.TE | CR.RE;
/** A driver has opened the card; or only to send. */
export const SENDING: readonly Access[] = [set("CR", CR.RST), set("IMR", ALL), set("CR", CR.TE)];
export const OPEN: readonly Access[] = [
  set("CR", CR.RST),
  set("RBSTART", RING),
  set("CR", RUNNING),
  set("RCR", RCR.AB),
  set("IMR", ALL),
];
