/**
 * What can happen to a card, as data: a failing sequence is a list of these, and replays by itself. Offsets count from
 * the start of the card's I/O window and may lie outside it; addresses are those of the program's own memory
 * (host-physical with a bare card, guest-physical with a shared one).
 */
import type { Width } from "../hardware/cpu.ts";

/**
 * Where a frame goes: to the card that is attacked, to everybody, to some group, to the guest beside it, or to whoever
 * the noise in its first bytes says.
 */
export type Destination = "card" | "broadcast" | "multicast" | "neighbour" | "noise";

export type FuzzOp =
  | { readonly kind: "in"; readonly offset: number; readonly width: Width }
  | { readonly kind: "out"; readonly offset: number; readonly width: Width; readonly value: number }
  | {
      readonly kind: "ins" | "outs";
      readonly offset: number;
      readonly width: Width;
      readonly count: number;
      readonly address: number;
    }
  /** The program writes noise into its own memory. */
  | { readonly kind: "scribble"; readonly address: number; readonly bytes: number; readonly seed: number }
  /** A frame comes in from the wire: 0 to 65,536 bytes. */
  | { readonly kind: "frame"; readonly bytes: number; readonly to: Destination; readonly seed: number }
  /** The frame at the PHY has left. */
  | { readonly kind: "transmitted" }
  /** The card's timer is called, whether it is due or not. */
  | { readonly kind: "timer" }
  | { readonly kind: "pass"; readonly ns: number }
  /** RST# on the bus; a bare card only. */
  | { readonly kind: "reset" }
  /** The VMM attends to the card's interrupt line; a shared card only. */
  | { readonly kind: "service" }
  /** The card goes to the neighbour and comes back; a shared card only. */
  | { readonly kind: "handOff"; readonly seed: number };

export type FuzzOpKind = FuzzOp["kind"];

/** One operation as a literal of TypeScript, to be pasted into a test. */
export function literalOf(op: FuzzOp): string {
  const fields = Object.entries(op).map(([name, value]) => {
    if (typeof value === "string") return `${name}: "${value}"`;
    return `${name}: ${HEXADECIMAL.has(name) && value > 9 ? `0x${value.toString(16)}` : value}`;
  });
  return `{ ${fields.join(", ")} }`;
}

const HEXADECIMAL: ReadonlySet<string> = new Set(["offset", "value", "address"]);
