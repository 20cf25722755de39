/** What is under attack: a bare card, or a card that a hostile guest shares with another one. */
import { type Width, widthMask } from "../hardware/cpu.ts";
import type { ReceiveOutcome, Silicon } from "../hardware/silicon.ts";
import type { FuzzOp } from "./operation.ts";
import { Broken, type SlotTally, type WatchedSlot, type WorkLimit } from "./watched-slot.ts";

/** What an attack came to, in all: a run in which these stay at zero proves little. */
export interface Tally extends SlotTally {
  received: Record<ReceiveOutcome, number>;
  /** Operations of a shared card's guest that were refused. */
  violations: number;
  handOffs: number;
  /** Handoffs for which the card had to be taken away. */
  takenAway: number;
}

/** The card that is attacked, or its hostile guest; and the guest beside it. */
export const MACS = {
  card: Uint8Array.of(0x52, 0x54, 0, 0, 0, 1),
  neighbour: Uint8Array.of(0x52, 0x54, 0, 0, 0, 2),
} as const;

export interface Target {
  readonly tally: Tally;
  /** Does one operation and checks what must hold after it. Throws when anything is broken. */
  apply(op: FuzzOp): void;
  /** The attack is over: the card must still work for the next one. */
  finish(): void;
}

export const newTally = (slot: SlotTally): Tally =>
  Object.assign(slot, {
    received: { stored: 0, filtered: 0, off: 0, overflow: 0, refused: 0 },
    violations: 0,
    handOffs: 0,
    takenAway: 0,
  });

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const key of ["dmaReads", "dmaWrites", "dmaBytes", "sentFrames", "interrupts"] as const) {
    sum[key] += more[key];
  }
  for (const key of ["violations", "handOffs", "takenAway"] as const) sum[key] += more[key];
  for (const key of ["stored", "filtered", "off", "overflow", "refused"] as const) {
    sum.received[key] += more.received[key];
  }
}

export const emptyTally = (): Tally =>
  newTally({ dmaReads: 0, dmaWrites: 0, dmaBytes: 0, sentFrames: 0, interrupts: 0 });

/** What a port read answers is an unsigned integer of its width. */
export function checkRead(value: number, width: Width, offset: number): void {
  const fits = Number.isInteger(value) && value >= 0 && value <= widthMask(width);
  if (!fits) throw new Broken(`a read of ${width} bytes at offset 0x${offset.toString(16)} answers ${value}`);
}

export function countOutcome(tally: Tally, outcome: ReceiveOutcome): void {
  if (tally.received[outcome] === undefined) throw new Broken(`a frame became "${outcome}"`);
  tally.received[outcome]++;
}

/** Calls of the card's timer in one stretch of time. */
const TIMER_CALLS = 4;

/** The clock jumps by `ns`; a timer that is due by then is called once, as late as that. */
export function passTime(slot: WatchedSlot, silicon: Silicon, ns: number, work: WorkLimit): void {
  slot.clockNs += ns;
  for (let i = 0; slot.wakeNs !== undefined && slot.wakeNs <= slot.clockNs; i++) {
    if (i === TIMER_CALLS) throw new Broken("the card asks to be called again and again");
    slot.begin(work);
    silicon.timer();
  }
}
