/**
 * What a search needs of the thing it searches. It can only be moved forward: neither silicon nor model can
 * be copied, so a state is found again by doing again what led to it.
 */

/** The properties, and what each says. */
export const PROPERTIES = {
  reusable:
    "reusable means: nothing is being sent or queued, no remote DMA is under way, nothing is half-programmed",
  drained: "once the drain step has disarmed the receiver nothing lands in the old owner's memory",
  checked: "no DMA starts without a checking function having seen its address and length",
  transparent: "all that the guest can tell of its card is what a card of its own could have told it",
  released: "a card at rest with nothing half-programmed is reusable",
  refused: "an access to what is no register of the card is refused",
} as const;
export type PropertyName = keyof typeof PROPERTIES;

/** A property is broken. */
export interface Breach {
  readonly property: PropertyName;
  readonly what: string;
  /** What it is about, in the same words for all ways to it; where breaches of a property are told apart. */
  readonly about?: string;
}

/** One step of a way, and what the model took the card for after it. */
export interface TakenStep {
  readonly what: string;
  readonly state: string;
}

/** Actions are numbers; what they mean is the subject's. */
export interface Subject {
  /** What can happen now. */
  enabled(): readonly number[];
  /** Does it; answers what it has broken. */
  take(action: number): Breach | undefined;
  /**
   * Ways in which the action just taken could have gone otherwise, because something else happened in the
   * middle of it.
   */
  readonly variants: readonly number[];
  /**
   * What the action just taken, or the look, came to: one step, or two when something else happened in the
   * middle.
   */
  readonly taken: readonly TakenStep[];
  /** Equal for two subjects that do the same from here on. */
  key(): string;
  /**
   * Others have been at work in the memory that they all share, one at a time; now it is this one's turn
   * again.
   */
  wake(): void;
  /** Looks at all that can be looked at, and may spoil the subject for everything else. */
  probe(): Breach | undefined;
}
