/** What a card answered to a program of steps: everything a guest, or somebody on its wire, could observe. */

/** A frame that left the card (without FCS). */
export interface SentFrame {
  /** The step that made it leave. */
  readonly at: number;
  readonly frame: Uint8Array;
}

export interface Trace {
  /** By step: the value of an `in`, 0 for other steps. */
  readonly values: number[];
  /** By step: the level of the interrupt line after it. */
  readonly interrupts: boolean[];
  /** By step: what a `load` read. */
  readonly loads: Map<number, Uint8Array>;
  /** In the order in which they left. */
  readonly sent: SentFrame[];
}

export const newTrace = (): Trace => ({ values: [], interrupts: [], loads: new Map(), sent: [] });
