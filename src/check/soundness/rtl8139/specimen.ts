/** The RTL8139 with its model, for the checker. */
import type { Access } from "../../../devices/model.ts";
import { rtl8139Model } from "../../../devices/rtl8139/model.ts";
import { REGISTERS } from "../../../devices/rtl8139/registers.ts";
import type { Specimen } from "../specimen.ts";
import { GUEST_BYTES, set } from "./accesses.ts";
import { isIllegal, RTL8139_CIRCUMSTANCES, RTL8139_HOOKS, surroundings, touches } from "./hooks.ts";
import { insertRtl8139, VIEW } from "./in-sight.ts";
import { RTL8139_WORLDS } from "./worlds.ts";

/** Another guest has had addresses of its own, and groups; a reset leaves these in the card. */
const STRANGER: readonly Access[] = [
  set("IDR0", 0x4433_2211),
  set("IDR4", 0x6655),
  set("MAR0", 0x0f0f_0f0f),
  set("MAR4", 0xf0f0_f0f0),
];

export const RTL8139: Specimen = {
  kind: "rtl8139",
  model: rtl8139Model,
  guestBytes: GUEST_BYTES,
  illegal: isIllegal,
  dmaOf: (port) =>
    port >= REGISTERS.TSD0.offset && port < REGISTERS.RBSTART.offset ? `transmit ${(port >> 2) & 3}` : "ring",
  insert: insertRtl8139,
  stranger: STRANGER,
  worlds: RTL8139_WORLDS,
  registers: VIEW.map(({ name, port, bytes }) => ({
    name,
    port,
    width: bytes === 4 ? 4 : bytes === 2 ? 2 : 1,
  })),
  hooks: RTL8139_HOOKS,
  circumstances: RTL8139_CIRCUMSTANCES,
  excuse: () => undefined,
  touches,
  surroundings,
};
