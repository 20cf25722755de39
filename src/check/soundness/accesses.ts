/** Words for what a guest does to its card. */
import type { Access } from "../../devices/model.ts";
import type { Width } from "../../hardware/cpu.ts";
import type { Step } from "./specimen.ts";

export const write = (port: number, width: Width, value: number): Access => ({
  port,
  width,
  direction: "write",
  value: value >>> 0,
});
export const read = (port: number, width: Width): Access => ({ port, width, direction: "read", value: 0 });

export const access = (what: string, ...accesses: readonly Access[]): Step => ({
  kind: "access",
  what,
  accesses,
});

export const SENT: Step = { kind: "sent", what: "the frame at the PHY has left" };
export const SERVICE: Step = { kind: "service", what: "the VMM takes over the interrupt" };
export const HANDOVER: Step = { kind: "handover", what: "the VMM hands the card over and back" };
export const frame = (what: string, bytes: Uint8Array, missedMax: number): Step => ({
  kind: "frame",
  what,
  frame: bytes,
  missedMax,
});
