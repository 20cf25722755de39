/** A card that does as the test says: it notes what is written, and reads as what was last written there. */
import type { Width } from "../../src/hardware/cpu.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../../src/hardware/silicon.ts";

export class ScriptedCard implements Silicon {
  readonly portBytes = 256;
  readonly slot: Slot;
  readonly writes: { readonly offset: number; readonly width: Width; readonly value: number }[] = [];
  readonly received: Uint8Array[] = [];
  outcome: ReceiveOutcome = "stored";
  transmittedCount = 0;
  timerCount = 0;
  /** Runs when the card is written to. */
  onWrite: (offset: number, value: number) => void = () => {};
  readonly #values = new Map<number, number>();

  constructor(slot: Slot) {
    this.slot = slot;
  }

  readPort(offset: number): number {
    return this.#values.get(offset) ?? 0;
  }
  writePort(offset: number, width: Width, value: number): void {
    this.writes.push({ offset, width, value });
    this.#values.set(offset, value);
    this.onWrite(offset, value);
  }
  receive(frame: Uint8Array): ReceiveOutcome {
    this.received.push(frame.slice());
    return this.outcome;
  }
  transmitted(): void {
    this.transmittedCount++;
  }
  timer(): void {
    this.timerCount++;
  }
  reset(): void {}
}
